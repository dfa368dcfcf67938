// Package pawltest runs processes in tests: in memory, without goroutines and
// with a clock that only Advance moves. Whatever can go on has gone on when a call
// returns, in the same order each time, so that tests neither sleep nor poll.
//
//	func TestAnOrderIsPaid(t *testing.T) {
//		e := pawltest.New(t, orders)
//		run, err := orders.Start(t.Context(), e.Engine, "order-1", Order{ID: "order-1"})
//		...
//		e.Deliver(pawl.Message{Topic: "payments", Keys: map[string]any{"order_id": "order-1"}, Body: Payment{Full: true}})
//		e.Advance(time.Hour)
//		if got := e.Ran("orders", "order-1"); !slices.Equal(got, []string{"charge", "paid"}) {
//
// The functions of steps are called in the goroutine of the test, one at a time,
// and no time passes in them: one that waits for its context to be done waits for
// ever.
package pawltest

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// Engine is an engine for a test. It is not safe for concurrent use.
type Engine struct {
	*pawl.Engine
	cfg   pawl.Config
	t     testing.TB
	store *kept
	logs  *logs.Passing
	clock *host.Clock
	host  *host.Stepped
	sent  []pawl.Record
}

// Start is what the clock of an Engine shows at first.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// kept is a store that outlasts its engine.
type kept struct{ store.Store }

// Close implements store.Store.
func (kept) Close() error { return nil }

// New returns an engine for a test with processes.
func New(t testing.TB, processes ...pawl.Definition) *Engine {
	t.Helper()
	return NewWith(t, pawl.Config{}, processes...)
}

// NewWith is New with a configuration. Without a project it is "test", and without
// a log there is none. It is in memory whatever its database is, and what steps say is
// kept until the test ends.
func NewWith(t testing.TB, cfg pawl.Config, processes ...pawl.Definition) *Engine {
	t.Helper()
	cfg.Project = cmp.Or(cfg.Project, "test")
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := host.NewClock(Start)
	said := logs.NewPassing(c)
	t.Cleanup(func() { _ = said.Close() }) // which is only scratch
	e := &Engine{t: t, cfg: cfg, clock: c, store: &kept{memory.NewWith(c)}, logs: said}
	e.Restart(processes...)
	return e
}

// Restart goes on with other processes, as a new version of a program does that
// takes the place of another.
func (e *Engine) Restart(processes ...pawl.Definition) {
	e.t.Helper()
	if e.Engine != nil {
		if err := e.Close(); err != nil {
			e.t.Fatal(err)
		}
	}
	ctx := host.With(context.Background(), host.Under{Store: e.store, Logs: e.logs, Clock: e.clock, Drive: e.drive})
	of, err := pawl.Open(ctx, e.cfg, processes...)
	if err != nil {
		e.t.Fatal(err)
	}
	e.Engine = of
}

func (e *Engine) drive(ctx context.Context, cfg host.Config) (host.Host, error) {
	h, err := host.Step(ctx, cfg, e.clock)
	e.host = h
	return h, err
}

// Now returns what the clock shows.
func (e *Engine) Now() time.Time { return e.clock.Now() }

// Advance lets time pass. What is due meanwhile happens, each thing at its
// instant.
func (e *Engine) Advance(d time.Duration) {
	e.t.Helper()
	if err := e.host.Advance(context.Background(), d); err != nil {
		e.t.Fatal(err)
	}
}

// Deliver gives a message to the steps that listen to it.
func (e *Engine) Deliver(m pawl.Message) pawl.Delivery {
	e.t.Helper()
	d, err := e.Signal(context.Background(), m)
	if err != nil {
		e.t.Fatal(err)
	}
	return d
}

// Sent returns the records that were sent to a topic so far, in order. Their
// values are of type json.RawMessage.
func (e *Engine) Sent(topic pawl.Topic) []pawl.Record {
	e.t.Helper()
	list, err := e.store.Outbox(context.Background(), 0, store.MaxLimit)
	for err == nil && len(list) > 0 {
		var ids []store.OutboxID
		for _, r := range list {
			ids = append(ids, r.ID)
			e.sent = append(e.sent, recordOf(&r.Record))
		}
		if err = e.store.Sent(context.Background(), ids); err == nil {
			list, err = e.store.Outbox(context.Background(), 0, store.MaxLimit)
		}
	}
	if err != nil {
		e.t.Fatal(err)
	}
	var to []pawl.Record
	for _, r := range e.sent {
		if r.Topic == topic {
			to = append(to, r)
		}
	}
	return to
}

func recordOf(r *engine.Record) pawl.Record {
	of := pawl.Record{Topic: pawl.Topic(r.Topic), Key: r.Key, Value: json.RawMessage(params.AppendJSON(nil, r.Value))}
	for name, v := range r.Headers.All() {
		if of.Headers == nil {
			of.Headers = make(map[string]string)
		}
		of.Headers[name], _ = params.ToString(v)
	}
	return of
}

// Ran returns the paths of the steps of a run whose functions have been called, in
// the order of the calls: once for each.
func (e *Engine) Ran(process, key string) []string {
	e.t.Helper()
	ctx := context.Background()
	s, err := e.store.FindSession(ctx, 1, process, key)
	var events []engine.Event
	if err == nil {
		events, err = e.history(ctx, s.Last.ID)
	}
	if err != nil {
		e.t.Fatalf("run %q of %s: %v", key, process, err)
	}
	var list []string
	for i := range events {
		if events[i].Kind == engine.TaskStarted {
			list = append(list, host.Path(events[i].Name))
		}
	}
	return list
}

func (e *Engine) history(ctx context.Context, id model.AttemptID) (list []engine.Event, err error) {
	for after := int64(0); ; after = list[len(list)-1].Seq {
		page, err := e.store.Events(ctx, id, after, 0)
		if err != nil || len(page) == 0 {
			return list, err
		}
		list = append(list, page...)
	}
}
