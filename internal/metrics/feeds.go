package metrics

import (
	"context"
	"strconv"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/store"
)

// feeds are the metrics of feeders and relays. Topics are those of the
// configuration, so that their number does not depend on what is sent.
type feeds struct {
	delivered, failed, relayed, refused *family[*number]
}

// Feeds counts what feeders and relays do. It is called once.
func (m *Metrics) Feeds() feed.Meter {
	f := &feeds{
		delivered: m.messages,
		failed:    m.counters("feed_failures_total", "Deliveries of messages that were to be tried again, by reason.", "reason"),
		relayed:   m.counters("records_sent_total", "Records of the outbox that arrived.", "topic"),
		refused:   m.counters("records_refused_total", "Records of the outbox that did not arrive, each time.", "topic"),
	}
	return f
}

// Delivered implements feed.Meter.
func (f *feeds) Delivered(topic string, outcome store.Outcome, n int) {
	f.delivered.with(topic, outcome.String()).Add(int64(n))
}

// Fenced implements feed.Meter.
func (f *feeds) Fenced() { f.failed.with("fenced").Add(1) }

// Failed implements feed.Meter.
func (f *feeds) Failed() { f.failed.with("failed").Add(1) }

// Relayed implements feed.Meter.
func (f *feeds) Relayed(topic string, n int) { f.relayed.with(topic).Add(int64(n)) }

// Refused implements feed.Meter.
func (f *feeds) Refused(topic string, n int) { f.refused.with(topic).Add(int64(n)) }

// WatchLag shows how far a feeder is behind, which is asked whenever somebody
// looks. What it can't say within two seconds is left out.
func (m *Metrics) WatchLag(lag func(context.Context) ([]feed.Lag, error)) {
	h := head{prefix + "feed_lag", "Messages of a partition that are not delivered yet.", "gauge"}
	m.show(func(ctx context.Context, dst []byte) []byte {
		ctx, cancel := context.WithTimeout(ctx, loadWithin)
		defer cancel()
		list, err := lag(ctx)
		if err != nil || len(list) == 0 {
			return dst
		}
		dst = h.appendTo(dst)
		for _, l := range list {
			labels := labelled([]string{"topic", "partition"}, []string{l.Topic, strconv.Itoa(int(l.Partition))})
			dst = appendLine(dst, h.name, labels, float64(l.Behind))
		}
		return dst
	})
}

// WatchOutbox shows how much is to be sent, which is asked whenever somebody
// looks. What it can't say within two seconds is left out.
func (m *Metrics) WatchOutbox(pending func(context.Context) (store.Pending, error)) {
	depth := head{prefix + "outbox_records", "Records of tasks that are not sent yet, up to 100,000.", "gauge"}
	age := head{prefix + "outbox_age_seconds", "How long the oldest of them has waited.", "gauge"}
	m.show(func(ctx context.Context, dst []byte) []byte {
		ctx, cancel := context.WithTimeout(ctx, loadWithin)
		defer cancel()
		p, err := pending(ctx)
		if err != nil {
			return dst
		}
		waited := 0.0
		if p.Records > 0 {
			waited = max(0, m.clock.Now().Sub(p.Oldest.Time()).Seconds())
		}
		return age.alone(depth.alone(dst, float64(p.Records)), waited)
	})
}
