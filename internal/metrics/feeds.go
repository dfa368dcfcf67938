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
		delivered: m.counters("messages_total", "Messages that feeders delivered, by what became of them.", "topic", "outcome"),
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
