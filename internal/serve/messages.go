package serve

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/metrics"
	"github.com/pawlhq/pawl/internal/store"
)

// messages brings messages of Kafka to the tasks that wait for them, and what
// tasks send to Kafka.
type messages struct {
	log    *slog.Logger
	store  store.Store
	source kafka.FeederOptions
	feeder atomic.Pointer[kafka.Feeder] // the one that reads now; nil if none does
	relay  *kafka.Relay
	stop   context.CancelFunc
	loops  sync.WaitGroup
}

// refeedAfter is how long a feeder that has failed rests.
const refeedAfter = 5 * time.Second

// openMessages returns nil where no Kafka is configured. It connects to nothing
// yet.
func openMessages(cfg *config.Config, s store.Store, m *metrics.Metrics, log *slog.Logger) (*messages, error) {
	if !kafka.Named(cfg) {
		return nil, nil
	}
	set, err := kafka.Read(cfg)
	if err != nil {
		return nil, err
	}
	set.Log, set.Meter = log, m.Feeds()
	open := &messages{
		log: log, store: s,
		source: kafka.FeederOptions{Connection: set.Connection, Group: set.Group, Topics: set.Sources},
	}
	if len(set.Sources) > 0 {
		m.WatchLag(open.lag)
	}
	open.relay, err = kafka.NewRelay(kafka.RelayOptions{Connection: set.Connection, Instance: set.Group, Topics: set.Topics}, s)
	return open, err
}

// committed has what was committed be sent soon.
func (m *messages) committed(b *store.Batch) {
	if len(b.Records) > 0 {
		m.relay.Wake()
	}
}

// lag tells how far the feeder is behind.
func (m *messages) lag(ctx context.Context) ([]feed.Lag, error) {
	if f := m.feeder.Load(); f != nil {
		return f.Lag(ctx)
	}
	return nil, nil
}

// start begins to read and to send.
func (m *messages) start() {
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.loops.Go(func() {
		if err := m.relay.Run(ctx); err != nil {
			m.log.Error("nothing is sent to Kafka any more", "error", err)
		}
	})
	if len(m.source.Topics) > 0 {
		m.loops.Go(func() { m.read(ctx) })
	}
}

// read reads until ctx is done, again and again where that fails.
func (m *messages) read(ctx context.Context) {
	for ctx.Err() == nil {
		f, err := kafka.NewFeeder(m.source)
		if err == nil {
			m.feeder.Store(f)
			err = f.Run(ctx, m.store)
			m.feeder.Store(nil)
		}
		if err == nil {
			continue
		}
		m.log.Error("no messages are read from Kafka for a moment", "error", err, "again", refeedAfter.String())
		select {
		case <-ctx.Done():
		case <-time.After(refeedAfter):
		}
	}
}

// close ends both.
func (m *messages) close() {
	if m != nil && m.stop != nil {
		m.stop()
		m.loops.Wait()
	}
}
