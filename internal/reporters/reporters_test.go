package reporters_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

// world is a store with attempts, and a crew that tells of them.
type world struct {
	*testing.T
	store *memory.Store
	log   *strings.Builder
	seq   map[model.AttemptID]int64
}

func newWorld(t *testing.T) *world {
	return &world{T: t, store: memory.New(), log: new(strings.Builder), seq: make(map[model.AttemptID]int64)}
}

// start makes an attempt of a workflow of a project.
func (w *world) start(project, name string) model.AttemptID {
	w.Helper()
	def := &workflow.Workflow{Name: name, Dialect: "dig", Root: &workflow.Node{Name: "+" + name}}
	if err := def.Finish(); err != nil {
		w.Fatal(err)
	}
	p, err := w.store.Push(context.Background(), store.Push{
		Project: project, Revision: store.Revision{Name: "r" + name, Archive: store.Archive{Type: store.InStore}},
		Workflows: []store.Workflow{{Name: name, Definition: def}},
	})
	if err != nil {
		w.Fatal(err)
	}
	a, _, err := w.store.StartAttempt(context.Background(), store.Start{
		Session: store.Session{Project: p.ID, Workflow: name, Key: "k", UUID: "u"}, Definition: def,
	})
	if err != nil {
		w.Fatal(err)
	}
	return a.ID
}

// happens commits an event of an attempt; it is told of to the crew, if there is one.
func (w *world) happens(c *reporters.Crew, id model.AttemptID, kind engine.EventKind, state model.State) {
	w.Helper()
	w.seq[id]++
	b := &store.Batch{Events: []engine.Event{{
		Attempt: id, Seq: w.seq[id], At: model.InstantOf(time.Now()), Kind: kind, State: state, Task: 1, Name: "+w+a",
	}}}
	if err := w.store.Commit(context.Background(), b); err != nil {
		w.Fatal(err)
	}
	if c != nil {
		c.Committed(b)
	}
}

func (w *world) crew(list ...reporters.Config) *reporters.Crew {
	w.Helper()
	c, err := reporters.New(reporters.Options{
		Store: w.store, Reporters: list, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// working runs a crew until the returned function is called, which waits for it.
func working(c *reporters.Crew) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { c.Run(ctx) })
	synctest.Wait()
	return func() {
		cancel()
		run.Wait()
	}
}

func (w *world) status(name string) reporters.Status {
	w.Helper()
	list, err := reporters.Statuses(context.Background(), w.store, time.Now())
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s reporters.Status) bool { return s.Name == name })
	if i < 0 {
		w.Fatalf("there is no %s among %v", name, list)
	}
	return list[i]
}

// pass lets time go by.
func pass(d time.Duration) { clock.Pause(context.Background(), clock.System{}, d) }

// listener keeps what it is told, and fails as it is told to.
type listener struct {
	heard []string
	fail  func(events []history.Event) error
}

func (l *listener) Report(_ context.Context, events []history.Event) error {
	if l.fail != nil {
		if err := l.fail(events); err != nil {
			return err
		}
	}
	for i := range events {
		l.heard = append(l.heard, fmt.Sprintf("%s/%d", events[i].AttemptID, events[i].Seq))
	}
	return nil
}

func (l *listener) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.heard, want) {
		t.Errorf("it heard %v, want %v", l.heard, want)
	}
}

func TestReportersAreToldWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b, c := w.start("shop", "daily"), w.start("shop", "weekly"), w.start("farm", "daily")
		w.happens(nil, a, engine.AttemptStarted, model.Open) // before there is any reporter
		failures, err := history.ParseTypes([]string{history.Failure})
		if err != nil {
			t.Fatal(err)
		}
		all, failed, shop, daily, one := new(listener), new(listener), new(listener), new(listener), new(listener)
		crew := w.crew(
			reporters.Config{Name: "all", Reporter: all}, reporters.Config{Name: "failed", Reporter: failed, Types: failures},
			reporters.Config{Name: "shop", Reporter: shop, Projects: []string{"shop"}},
			reporters.Config{Name: "daily", Reporter: daily, Workflows: []string{"daily"}},
			reporters.Config{Name: "one", Reporter: one, Workflows: []string{"farm/daily"}},
		)
		stop := working(crew)
		w.happens(crew, a, engine.TaskStarted, model.Running)
		w.happens(crew, b, engine.TaskEnded, model.Failed)
		w.happens(crew, c, engine.TaskEnded, model.Success)
		synctest.Wait()
		stop()
		all.want(t, "1/2", "2/1", "3/1")
		failed.want(t, "2/1")
		shop.want(t, "1/2", "2/1")
		daily.want(t, "1/2", "3/1")
		one.want(t, "3/1")
	})
}

func TestAReporterGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		l := new(listener)
		stop := working(w.crew(reporters.Config{Name: "all", Reporter: l}))
		w.happens(nil, id, engine.AttemptStarted, model.Open)
		pass(2 * time.Second) // as another process has committed it
		synctest.Wait()
		stop()
		w.happens(nil, id, engine.TaskStarted, model.Running)
		if lag := w.status("all").Lag; lag != 0 {
			t.Errorf("it lags %v", lag)
		}
		pass(time.Minute)
		if lag := w.status("all").Lag; lag != 60 {
			t.Errorf("it lags %v", lag)
		}
		stop = working(w.crew(reporters.Config{Name: "all", Reporter: l}))
		synctest.Wait()
		stop()
		l.want(t, "1/1", "1/2")
		if lag := w.status("all").Lag; lag != 0 {
			t.Errorf("it lags %v in the end", lag)
		}
	})
}

func TestAReporterThatFailsIsToldAgainAndHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		var mended atomic.Bool
		failing, fine := new(listener), new(listener)
		failing.fail = func([]history.Event) error {
			if mended.Load() {
				return nil
			}
			return errors.New("nobody is there")
		}
		crew := w.crew(reporters.Config{Name: "failing", Reporter: failing}, reporters.Config{Name: "fine", Reporter: fine})
		stop := working(crew)
		for range 3 {
			w.happens(crew, id, engine.TaskStarted, model.Running)
		}
		pass(4 * time.Second)
		synctest.Wait()
		fine.want(t, "1/1", "1/2", "1/3")
		failing.want(t)
		s := w.status("failing")
		if s.Failing < 3 || s.Error != "nobody is there" || s.FailedAt.IsZero() || s.Lag != 4 || s.Skipped != 0 {
			t.Errorf("it stands at %+v", s)
		}
		mended.Store(true)
		pass(10 * time.Second)
		synctest.Wait()
		stop()
		failing.want(t, "1/1", "1/2", "1/3")
		if s := w.status("failing"); s.Failing != 0 || s.Lag != 0 || s.Error == "" {
			t.Errorf("in the end it stands at %+v", s)
		}
	})
}

func TestAnEventThatCantBeToldIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		tries := 0
		l := new(listener)
		l.fail = func(events []history.Event) error {
			for i := range events {
				if events[i].Seq == 2 {
					tries++
					return errors.New("not this one")
				}
			}
			return nil
		}
		crew := w.crew(reporters.Config{Name: "picky", Reporter: l, Retries: 3})
		stop := working(crew)
		for range 3 {
			w.happens(nil, id, engine.TaskStarted, model.Running)
		}
		pass(time.Minute)
		synctest.Wait()
		stop()
		l.want(t, "1/1", "1/3")
		if tries != 4 { // with the others, and then three times again
			t.Errorf("it was tried %d times", tries)
		}
		if s := w.status("picky"); s.Skipped != 1 || s.Error != "not this one" || s.Lag != 0 {
			t.Errorf("it stands at %+v", s)
		}
		if !strings.Contains(w.log.String(), "was not told of an event") {
			t.Errorf("the log says %s", w.log)
		}
	})
}

func TestOneProcessTellsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		first, second := new(listener), new(listener)
		stopFirst := working(w.crew(reporters.Config{Name: "all", Reporter: first}))
		stopSecond := working(w.crew(reporters.Config{Name: "all", Reporter: second}))
		w.happens(nil, id, engine.TaskStarted, model.Running)
		pass(time.Minute)
		stopFirst()
		w.happens(nil, id, engine.TaskEnded, model.Success)
		pass(time.Minute)
		stopSecond()
		first.want(t, "1/1")
		second.want(t, "1/2")
	})
}

func TestAReporterThatMissedEventsGoesOnWithTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		gone, kept := w.start("shop", "daily"), w.start("shop", "weekly")
		l := new(listener)
		working(w.crew(reporters.Config{Name: "all", Reporter: l}))()
		w.happens(nil, gone, engine.AttemptStarted, model.Open)
		w.happens(nil, kept, engine.AttemptStarted, model.Open)
		if err := w.store.Commit(context.Background(), &store.Batch{Attempts: []engine.AttemptRow{{ID: gone, State: engine.AttemptSuccess, Ended: 1}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.DeleteAttempts(context.Background(), []model.AttemptID{gone}, 0); err != nil {
			t.Fatal(err)
		}
		stop := working(w.crew(reporters.Config{Name: "all", Reporter: l}))
		pass(time.Second)
		stop()
		l.want(t, "2/1")
		if s := w.status("all"); !strings.Contains(s.Error, "not kept any more") {
			t.Errorf("it stands at %+v", s)
		}
	})
}

// keep writes down how a reporter stands.
func (w *world) keep(name, text string) {
	w.Helper()
	if err := w.store.SetNote(context.Background(), "reporter/"+name, text); err != nil {
		w.Fatal(err)
	}
}

// A database that was restored elsewhere has a log of another order.
func TestAReporterOfALogThatWasMovedRepeatsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		w.happens(nil, id, engine.AttemptStarted, model.Open)
		w.keep("all", fmt.Sprintf(`{"cursor": %q, "seen": %q}`, store.Place{Number: 1000, Attempt: 1, Seq: 1, Lost: store.NoNumber}.Cursor(), time.Now().Format(time.RFC3339)))
		if s := w.status("all"); s.Lag != 0 {
			t.Errorf("it stands at %+v", s)
		}
		l := new(listener)
		stop := working(w.crew(reporters.Config{Name: "all", Reporter: l}))
		w.happens(nil, id, engine.TaskStarted, model.Running)
		pass(2 * time.Second)
		stop()
		l.want(t, "1/2")
		if s := w.status("all"); !strings.Contains(s.Error, "was moved") {
			t.Errorf("it stands at %+v", s)
		}
	})
}

func TestAReporterWhosePlaceCantBeReadHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		w.keep("broken", "{")
		w.keep("odd", `{"cursor": "nowhere"}`)
		broken, odd, fine := new(listener), new(listener), new(listener)
		stop := working(w.crew(
			reporters.Config{Name: "broken", Reporter: broken}, reporters.Config{Name: "odd", Reporter: odd}, reporters.Config{Name: "fine", Reporter: fine},
		))
		for range 3 {
			w.happens(nil, id, engine.TaskStarted, model.Running)
			pass(3 * time.Second)
		}
		fine.want(t, "1/1", "1/2", "1/3")
		for name, want := range map[string]string{"broken": "can't be read", "odd": "not a cursor", "fine": ""} {
			if s := w.status(name); !strings.Contains(s.Error, want) || (want == "") != (s.Error == "") {
				t.Errorf("%s stands at %+v", name, s)
			}
		}
		w.keep("broken", "")
		pass(2 * time.Minute)
		w.happens(nil, id, engine.TaskEnded, model.Success)
		pass(2 * time.Second)
		stop()
		broken.want(t, "1/4")
	})
}

func TestAReporterThatNothingMatchesDoesNotLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.start("shop", "daily")
		stop := working(w.crew(reporters.Config{Name: "farm", Reporter: new(listener), Projects: []string{"farm"}}))
		defer stop()
		w.happens(nil, id, engine.TaskStarted, model.Running)
		pass(10 * time.Second)
		if lag := w.status("farm").Lag; lag != 0 {
			t.Errorf("it lags %v", lag)
		}
	})
}

func TestReportersHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{""}, {"a", "a"}, {"a.b"}, {"a/b"}, {"a b"}} {
		var list []reporters.Config
		for _, name := range names {
			list = append(list, reporters.Config{Name: name, Reporter: new(listener)})
		}
		if _, err := reporters.New(reporters.Options{Store: memory.New(), Reporters: list}); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q: %v", names, err)
		}
	}
}

func TestAnEventIsTriedAgainAsOftenAsIsSaid(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]int{-1: 1, 1: 2, 4: 5} {
		for _, events := range []int{1, 3} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				id := w.start("shop", "daily")
				tries := make(map[int64]int)
				l := new(listener)
				l.fail = func(events []history.Event) error {
					for i := range events {
						tries[events[i].Seq]++
					}
					return errors.New("none")
				}
				stop := working(w.crew(reporters.Config{Name: "deaf", Reporter: l, Retries: retries}))
				for range events {
					w.happens(nil, id, engine.TaskStarted, model.Running)
				}
				pass(10 * time.Minute)
				stop()
				for seq := range int64(events) {
					if tries[seq+1] != want {
						t.Errorf("with %d retries, event %d of %d was told %d times, want %d", retries, seq+1, events, tries[seq+1], want)
					}
				}
			})
		}
	}
}

func TestAReporterThatNobodyHasIsListedNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		kept, gone := new(listener), new(listener)
		stop := working(w.crew(reporters.Config{Name: "kept", Reporter: kept}, reporters.Config{Name: "gone", Reporter: gone}))
		pass(time.Hour) // in which nothing happens
		w.status("kept")
		w.status("gone")
		stop()
		stop = working(w.crew(reporters.Config{Name: "kept", Reporter: kept}))
		pass(time.Hour)
		list, err := reporters.Statuses(context.Background(), w.store, time.Now())
		if err != nil || len(list) != 1 || list[0].Name != "kept" {
			t.Errorf("listed are %+v (%v)", list, err)
		}
		stop()
		id := w.start("shop", "daily")
		w.happens(nil, id, engine.TaskStarted, model.Running)
		stop = working(w.crew(reporters.Config{Name: "gone", Reporter: gone})) // it goes on where it was
		pass(2 * time.Second)
		stop()
		gone.want(t, "1/1")
		w.status("gone")
	})
}

func TestReportersAreToldOfTags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		with, without := w.start("shop", "daily"), w.start("shop", "weekly")
		if _, err := w.store.ChangeTags(context.Background(), with, model.Tags{"team": "a", "x": "1"}, nil); err != nil {
			t.Fatal(err)
		}
		l := new(listener)
		stop := working(w.crew(reporters.Config{Name: "team", Reporter: l, Tags: model.Tags{"team": "a"}}))
		w.happens(nil, without, engine.TaskStarted, model.Running)
		w.happens(nil, with, engine.TaskStarted, model.Running)
		pass(2 * time.Second)
		stop()
		l.want(t, fmt.Sprintf("%d/1", with))
	})
}
