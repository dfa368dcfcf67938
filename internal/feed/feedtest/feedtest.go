// Package feedtest is the contract of feeders as tests. Every feeder whose source
// has partitions passes all of them.
package feedtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Source is a source with two partitions, 0 and 1, and nothing in it.
type Source interface {
	// Send adds messages to a partition, in order, and returns when they are there
	// for good.
	Send(t *testing.T, partition int, values ...string)
	// Feeder returns a feeder of the source, with JSON as the codec of messages,
	// deliveries of at most Batch messages, and the same name each time.
	Feeder(t *testing.T) feed.Feeder
}

// Batch is how many messages a delivery of a tested feeder may have.
const Batch = 20

// within is how long what should happen may take: the machine may be busy.
const within = 120 * time.Second

// Run tests a kind of feeder. For each test, open returns a source that nobody
// has used.
func Run(t *testing.T, open func(t *testing.T) Source) {
	RunInto(t, open, func(*testing.T) *Sink { return NewSink() })
}

// RunInto tests a kind of feeder with sinks of a kind.
func RunInto(t *testing.T, open func(t *testing.T) Source, sink func(t *testing.T) *Sink) {
	for _, tt := range []struct {
		name string
		run  func(f *fixture)
	}{
		{"each partition keeps its order", ordered},
		{"what was not stored before a crash is delivered after it", crashBefore},
		{"what was stored before a crash is not delivered again", crashAfter},
		{"a lost answer makes no duplicates", lostAnswer},
		{"a sink that is away is waited for", away},
		{"a slow sink is not overrun", slow},
		{"partitions are shared, and move", shared},
		{"who is overtaken delivers nothing twice", overtaken},
		{"what can't be read goes on as it came", unreadable},
		{"it ends while a delivery is under way", ends},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			tt.run(&fixture{T: t, ctx: ctx, Source: open(t), sink: sink(t)})
		})
	}
}

// fixture is a source and a sink with shorthands that end the test when they
// fail.
type fixture struct {
	*testing.T
	Source
	ctx  context.Context
	sink *Sink
}

// start runs a feeder, and returns what ends it and waits for that.
func (f *fixture) start() (stop func()) {
	f.Helper()
	feeder := f.Feeder(f.T)
	ctx, cancel := context.WithCancel(f.ctx)
	ended := make(chan error, 1)
	go func() { ended <- feeder.Run(ctx, f.sink) }() // stop waits for it
	stopped := false
	stop = func() {
		f.Helper()
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := <-ended; err != nil {
			f.Errorf("the feeder ended with %v", err)
		}
	}
	f.Cleanup(stop)
	return stop
}

func (f *fixture) await(n int) {
	f.Helper()
	if err := f.sink.Await(f.ctx, n); err != nil {
		f.Fatal(err)
	}
}

// send adds n messages to a partition, as JSON that tells them apart.
func (f *fixture) send(partition, from, n int) {
	f.Helper()
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf(`{"p":%d,"n":%d}`, partition, from+i)
	}
	f.Send(f.T, partition, values...)
}

// want checks that so many messages of each partition came, once and in order.
func (f *fixture) want(counts ...int) {
	f.Helper()
	next := make([]int64, len(counts))
	for _, m := range f.sink.Messages() {
		body, ok := m.Body.(params.Map)
		if !ok {
			f.Fatalf("a message has the body %v", m.Body)
		}
		p, _ := body.Int("p")
		n, _ := body.Int("n")
		if n != next[p] {
			f.Fatalf("message %d of partition %d came when %d should have", n, p, next[p])
		}
		next[p]++
	}
	for p, n := range counts {
		if next[p] != int64(n) {
			f.Errorf("%d messages of partition %d came, not %d", next[p], p, n)
		}
	}
}

var errAway = model.Errorf(model.Unavailable, "the sink is away")

func ordered(f *fixture) {
	f.send(0, 0, 50)
	f.start()
	for i := range 10 {
		f.send(0, 50+5*i, 5)
		f.send(1, 5*i, 5)
	}
	f.await(150)
	f.want(100, 50)
	if f.sink.Largest > Batch {
		f.Errorf("a delivery had %d messages", f.sink.Largest)
	}
}

// crash ends a feeder in a delivery, before or after it is written.
func (f *fixture) crash(before bool) {
	f.Helper()
	reached := make(chan struct{})
	hold := func(ctx context.Context, _ store.Delivery) error {
		close(reached)
		<-ctx.Done()
		return errors.New("no answer")
	}
	fault := Fault{After: hold}
	if before {
		fault = Fault{Before: hold}
	}
	f.sink.Next(fault)
	stop := f.start()
	select {
	case <-reached:
	case <-f.ctx.Done():
		f.Fatal("nothing was delivered")
	}
	stop()
}

func crashBefore(f *fixture) {
	f.send(0, 0, 30)
	f.crash(true)
	if got := f.sink.Messages(); len(got) > 0 {
		f.Fatalf("%d messages came", len(got))
	}
	f.start()
	f.await(30)
	f.want(30, 0)
}

func crashAfter(f *fixture) {
	f.send(0, 0, 30)
	f.crash(false)
	if len(f.sink.Messages()) == 0 {
		f.Fatal("no message came")
	}
	f.start()
	f.send(0, 30, 1)
	f.await(31)
	f.want(31, 0)
}

func lostAnswer(f *fixture) {
	f.send(0, 0, 30)
	f.sink.Next(Fault{After: func(context.Context, store.Delivery) error { return errAway }})
	f.start()
	f.send(0, 30, 1)
	f.await(31)
	f.want(31, 0)
}

func away(f *fixture) {
	f.send(0, 0, 30)
	for range 3 {
		f.sink.Next(Fault{Before: func(context.Context, store.Delivery) error { return errAway }})
	}
	f.start()
	f.await(30)
	f.want(30, 0)
}

func slow(f *fixture) {
	open := make(chan struct{})
	f.sink.Next(Fault{Before: func(context.Context, store.Delivery) error {
		<-open
		return nil
	}})
	f.start()
	f.send(0, 0, 200)
	f.send(1, 0, 200)
	if n := len(f.sink.Messages()); n > 0 {
		f.Errorf("%d messages came", n)
	}
	close(open)
	f.await(400)
	f.want(200, 200)
	if f.sink.Together > 1 || f.sink.Largest > Batch {
		f.Errorf("%d deliveries at once, of up to %d messages", f.sink.Together, f.sink.Largest)
	}
}

// shared has a second feeder come and go while messages are sent.
func shared(f *fixture) {
	f.start()
	sent := 0
	send := func(rounds int) {
		for range rounds {
			f.send(0, sent, 5)
			f.send(1, sent, 5)
			sent += 5
		}
	}
	send(4)
	f.await(2 * sent)
	stop := f.start()
	send(10)
	f.await(2 * sent)
	stop()
	send(4)
	f.await(2 * sent)
	f.want(sent, sent)
}

// overtaken has another feeder deliver first what a feeder is about to.
func overtaken(f *fixture) {
	f.send(0, 0, 10)
	f.send(1, 0, 10)
	f.sink.Next(Fault{Before: func(_ context.Context, d store.Delivery) error {
		_, err := f.sink.Write(d)
		return err
	}})
	f.start()
	f.await(20)
	f.send(0, 10, 10)
	f.send(1, 10, 10)
	f.await(40)
	f.want(20, 20)
	if f.sink.Conflicts < 1 {
		f.Error("there was no conflict")
	}
}

func unreadable(f *fixture) {
	f.Send(f.T, 0, `{"p":0,"n":0}`, "{\xffno", `{"p":0,"n":1}`)
	f.start()
	f.await(3)
	list := f.sink.Messages()
	dead := list[1]
	if dead.Unreadable == "" || strings.Contains(dead.Unreadable, "\n") || string(dead.Raw) != "{\xffno" || dead.Body != nil || len(dead.Keys) > 0 {
		f.Errorf("what can't be read came as %+v", dead)
	}
	f.sink.mu.Lock()
	f.sink.messages = []store.Message{list[0], list[2]}
	f.sink.mu.Unlock()
	f.want(2, 0)
	if diff := cmp.Diff("", list[0].Unreadable); diff != "" {
		f.Error(diff)
	}
}

func ends(f *fixture) {
	f.send(0, 0, 1)
	began := time.Now()
	f.crash(true)
	if took := time.Since(began); took > within/2 {
		f.Errorf("it took %v to end", took)
	}
}
