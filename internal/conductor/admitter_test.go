package conductor_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

func limits(t *testing.T, list ...admission.Limit) *admission.Limits {
	t.Helper()
	l, err := admission.NewLimits(list)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestStartsAskForTheirTurn(t *testing.T) {
	t.Parallel()
	two, called := 2, calls.ID{Attempt: 7, Task: 3}.Name()
	turn := workflow.Turn{Tags: model.Tags{"a": "1", "b": "1"}, Priority: 5, Weight: 3}
	queued, counting := conductor.Turns{Queue: true}, conductor.Turns{Queue: true, CountCalls: true}
	for name, tt := range map[string]struct {
		turns    conductor.Turns
		start    store.Start
		priority *int
		weight   int
		want     *store.Turn
	}{
		"at once":                {want: nil},
		"as defined":             {turns: queued, want: &store.Turn{Priority: 5, Weight: 3}},
		"as asked":               {turns: queued, priority: &two, weight: 1, want: &store.Turn{Priority: 2, Weight: 1}},
		"a call":                 {turns: queued, start: store.Start{Name: called}, want: nil},
		"a call that counts":     {turns: counting, start: store.Start{Name: called}, want: &store.Turn{Priority: 5, Weight: 3, Taken: true}},
		"the queue counts, then": {turns: counting, want: &store.Turn{Priority: 5, Weight: 3}},
	} {
		s := tt.start
		s.Definition, s.Tags, s.MaxRunning = &workflow.Workflow{Turn: turn}, model.Tags{"b": "2"}, 9
		tt.turns.Ask(&s, tt.priority, tt.weight)
		if diff := cmp.Diff(tt.want, s.Queue); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(model.Tags{"a": "1", "b": "2"}, s.Tags); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if bounded := s.MaxRunning != 0; bounded == tt.turns.Queue {
			t.Errorf("%s: at most %d run", name, s.MaxRunning)
		}
	}
	program := store.Start{Session: store.Session{Project: 1}, Definition: &workflow.Workflow{Dialect: workflow.Program}}
	if queued.Ask(&program, nil, 0); program.Queue != nil {
		t.Error("a run that only a program can drive waits for a server")
	}
}

// counted is a store that counts how often attempts are admitted.
type counted struct {
	store.Store
	rounds atomic.Int64
}

func (c *counted) Admit(ctx context.Context, tags []string, now model.Instant, by store.Chooser) ([]model.AttemptID, error) {
	c.rounds.Add(1)
	return c.Store.Admit(ctx, tags, now, by)
}

// An admitter is not woken by what it has admitted itself.
func TestEachRoundOfAnAdmitterHasAReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: memory.New()}
		ids := enqueued(t, s, 5)
		defer func() { _ = s.Close() }() // it never fails
		a := conductor.NewAdmitter(conductor.AdmitterConfig{
			Store: s, Clock: clock.System{}, Every: time.Hour, Limits: limits(t, admission.Limit{Name: "max-runs", Max: 2}),
		})
		loop, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.Run(loop, slog.New(slog.DiscardHandler)) }()
		defer func() { stop(); <-done }()
		for _, id := range ids[:3] {
			synctest.Wait()
			a.Ended(over(t, s, id))
		}
		synctest.Wait()
		if n := s.rounds.Load(); n != 4 {
			t.Errorf("%d rounds for a start and three ends", n)
		}
	})
}

// enqueued makes n attempts that wait in the queue.
func enqueued(t *testing.T, s store.Store, n int) (ids []model.AttemptID) {
	t.Helper()
	for i := range n {
		ids = append(ids, started(t, s, i))
	}
	return ids
}

func started(t *testing.T, s store.Store, key int) model.AttemptID {
	t.Helper()
	a, _, err := s.StartAttempt(ctx, store.Start{
		Session: store.Session{Project: 1, Workflow: "w", Key: fmt.Sprint(key)}, Params: params.Map{},
		Definition: chain(t, action("+a")), Queue: &store.Turn{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// over ends attempts.
func over(t *testing.T, s store.Store, ids ...model.AttemptID) *store.Batch {
	t.Helper()
	b := &store.Batch{}
	for _, id := range ids {
		b.Attempts = append(b.Attempts, engine.AttemptRow{ID: id, State: engine.AttemptSuccess, Started: 1, Ended: 2})
	}
	if err := s.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// waiting counts those that wait.
func waiting(t *testing.T, s store.Store) (n int) {
	t.Helper()
	list, _, err := s.ListAttempts(ctx, store.Filter{Running: true}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if list[i].Queued() {
			n++
		}
	}
	return n
}

// An attempt is admitted as soon as it is started and another has ended, and at the
// latest when the next look is due.
func TestAnAdmitterIsToldAndLooksNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		defer func() { _ = s.Close() }() // it never fails
		a := conductor.NewAdmitter(conductor.AdmitterConfig{
			Store: s, Clock: clock.System{}, Every: time.Hour, Limits: limits(t, admission.Limit{Name: "max-runs", Max: 2}),
		})
		loop, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.Run(loop, slog.New(slog.DiscardHandler)) }()
		defer func() { stop(); <-done }()
		see := func(what string, want int) {
			t.Helper()
			synctest.Wait()
			if n := waiting(t, s); n != want {
				t.Errorf("%s: %d wait, want %d", what, n, want)
			}
		}
		ids := enqueued(t, s, 5)
		see("when they are started", 3)
		a.Ended(&store.Batch{Attempts: []engine.AttemptRow{{}}})
		see("when one goes on", 3)
		a.Ended(over(t, s, ids[0]))
		see("when one has ended", 2)
		over(t, s, ids[1])
		see("when one has ended elsewhere", 2)
		<-time.After(time.Hour + time.Second)
		see("an hour later", 1)
	})
}

// asked is a store that counts how often it is asked for the queue.
type asked struct {
	store.Store
	times atomic.Int64
}

func (a *asked) QueueEmpty(ctx context.Context) (bool, error) {
	a.times.Add(1)
	return a.Store.QueueEmpty(ctx)
}

// Nothing that is written wakes an admitter that rests.
func TestAnAdmitterRestsWhileNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &asked{Store: memory.New()}
		defer func() { _ = s.Close() }() // it never fails
		var may atomic.Bool
		a := conductor.NewAdmitter(conductor.AdmitterConfig{
			Store: s, Limits: limits(t), Rest: time.Minute, May: func(context.Context) (bool, error) { return may.Load(), nil },
		})
		loop, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.Run(loop, slog.New(slog.DiscardHandler)) }()
		defer func() { stop(); <-done }()
		see := func(after time.Duration, times int64, left int) {
			t.Helper()
			<-time.After(after)
			synctest.Wait()
			if n := waiting(t, s); s.times.Load() != times || n != left {
				t.Errorf("it is asked %d times, and %d wait", s.times.Load(), n)
			}
		}
		see(time.Second, 1, 0)
		enqueued(t, s, 2)
		see(time.Second, 1, 2)
		see(time.Minute, 2, 2)
		may.Store(true)
		see(time.Minute, 4, 0) // once more, as its own work may have others follow
	})
}

// down is a store that can't be reached for the first times.
type down struct {
	store.Store
	times int
}

func (d *down) Admit(ctx context.Context, tags []string, now model.Instant, c store.Chooser) ([]model.AttemptID, error) {
	if d.times--; d.times >= 0 {
		return nil, model.Errorf(model.Unavailable, "the database is away")
	}
	return d.Store.Admit(ctx, tags, now, c)
}

func TestAnAdmitterGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &down{memory.New(), 3}
		defer func() { _ = s.Close() }() // it never fails
		enqueued(t, s, 1)
		a := conductor.NewAdmitter(conductor.AdmitterConfig{Store: s, Limits: limits(t)})
		loop, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.Run(loop, slog.New(slog.DiscardHandler)) }()
		<-time.After(time.Second)
		stop()
		<-done
		if n := waiting(t, s); n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

// What a schedule starts waits in the queue, too, and says what has started it.
func TestWhatAScheduleStartsWaitsInTheQueue(t *testing.T) {
	t.Parallel()
	x := newTimetable(t, params.Of("daily>", "00:00:00"))
	x.Scheduler = conductor.NewScheduler(conductor.SchedulerConfig{
		Store: x.store, Clock: x.clock, NewUUID: func() string { return "u" }, Turns: conductor.Turns{Queue: true},
	})
	x.run(2 * time.Hour)
	if n := waiting(t, x.store); n != 1 {
		t.Fatalf("%d wait", n)
	}
	tags, err := x.store.TagsOf(ctx, []model.AttemptID{1})
	if diff := cmp.Diff(map[model.AttemptID]model.Tags{1: {model.ScheduleTag: "1"}}, tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
