package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/metrics"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/store"
)

// messages brings messages of Kafka to the tasks that wait for them, and what
// tasks send to Kafka and to webhooks.
type messages struct {
	log    *slog.Logger
	store  store.Store
	source kafka.FeederOptions          // without topics where none is read
	feeder atomic.Pointer[kafka.Feeder] // the one that reads now; nil if none does
	relays []*relay.Relay
	stop   context.CancelFunc
	loops  sync.WaitGroup
}

// refeedAfter is how long a feeder that has failed rests.
const refeedAfter = 5 * time.Second

// openMessages returns nil where neither Kafka nor a webhook is configured. It
// connects to nothing yet.
func openMessages(cfg *config.Config, s store.Store, m *metrics.Metrics, log *slog.Logger) (*messages, error) {
	out, err := webhook.ReadOut(cfg)
	if err != nil || len(out.Targets) == 0 && !kafka.Named(cfg) {
		return nil, err
	}
	open := &messages{log: log, store: s}
	meter := m.Feeds()
	if len(out.Targets) > 0 {
		err = open.addWebhooks(out, meter)
	}
	if err == nil && kafka.Named(cfg) {
		err = open.addKafka(cfg, out.Targets, m, meter)
	}
	return open, err
}

// addWebhooks has the records of topics with a webhook be sent there.
func (m *messages) addWebhooks(out webhook.Out, meter feed.Meter) error {
	r, err := webhook.NewRelay(webhook.RelayOptions{
		Targets: out.Targets, Topics: out.Topics, Instance: out.Instance, Log: m.log, Meter: meter, Clock: clock.System{},
	}, m.store)
	m.relays = append(m.relays, r)
	return err
}

// addKafka has topics be read, and the records of those without a webhook be sent.
func (m *messages) addKafka(cfg *config.Config, others map[string]webhook.Target, all *metrics.Metrics, meter feed.Meter) error {
	set, err := kafka.Read(cfg)
	if err != nil {
		return err
	}
	set.Log, set.Meter = m.log, meter
	m.source = kafka.FeederOptions{Connection: set.Connection, Group: set.Group, Session: set.Session, Topics: set.Sources}
	if len(set.Sources) > 0 {
		all.WatchLag(m.lag)
	}
	r, err := kafka.NewRelay(kafka.RelayOptions{
		Connection: set.Connection, Instance: set.Group, Topics: set.Topics,
		Mine: func(topic string) bool { _, ok := others[topic]; return !ok },
	}, m.store)
	m.relays = append(m.relays, r)
	return err
}

// committed has what was committed be sent soon.
func (m *messages) committed(b *store.Batch) {
	if len(b.Records) > 0 {
		for _, r := range m.relays {
			r.Wake()
		}
	}
}

// lag tells how far the feeder is behind.
func (m *messages) lag(ctx context.Context) ([]feed.Lag, error) {
	if f := m.feeder.Load(); f != nil {
		return f.Lag(ctx)
	}
	return nil, nil
}

// errNotRead is what is wrong while no messages are read from Kafka.
var errNotRead = errors.New("no messages are read for a moment, as it could not be reached: the log says more")

// reading says what keeps messages from being read.
func (m *messages) reading() error {
	if m.feeder.Load() == nil {
		return errNotRead
	}
	return nil
}

// start begins to read, for a sink, and to send.
func (m *messages) start(heart *pulse.Heart, sink feed.Sink) {
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	if len(m.source.Topics) > 0 {
		heart.Check("kafka feeder", m.reading)
	}
	for i, r := range m.relays {
		r.Watch(heart.Loop(fmt.Sprintf("relay %d", i+1), 0).Turn)
		m.loops.Go(func() { _ = r.Run(ctx) }) // it never fails
	}
	if len(m.source.Topics) > 0 {
		m.loops.Go(func() { m.read(ctx, sink) })
	}
}

// read reads until ctx is done, again and again where that fails.
func (m *messages) read(ctx context.Context, sink feed.Sink) {
	for ctx.Err() == nil {
		f, err := kafka.NewFeeder(m.source)
		if err == nil {
			m.feeder.Store(f)
			err = f.Run(ctx, sink)
			m.feeder.Store(nil)
		}
		if err == nil {
			continue
		}
		m.log.Error("no messages are read from Kafka for a moment", "error", err, "again", refeedAfter.String())
		clock.Pause(ctx, clock.System{}, refeedAfter)
	}
}

// close ends both.
func (m *messages) close() {
	if m != nil && m.stop != nil {
		m.stop()
		m.loops.Wait()
	}
}
