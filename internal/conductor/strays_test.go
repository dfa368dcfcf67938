package conductor_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// These tests are about attempts that the store counts as a conductor's and
// that it does not drive.

// Whoever is to be abandoned may be held back by another session: it must not
// begin, however little of the store's answers arrives.
func TestAnAttemptThatIsAbandonedNeverBegins(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]func(r *rig){
		"the claim's answer is lost": func(r *rig) { r.store.claim = lose },
		"it can't be read":           func(r *rig) { r.store.load = refuse },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			def := chain(t, action("+a"))
			r.begin("1", def)
			s := start("2", def)
			s.After = 1
			held, _, err := r.store.StartAttempt(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			r.expect("submit 1/1/1")
			lost(r)
			if err := r.Abandon(ctx, held.ID); !errors.Is(err, errStore) {
				t.Fatalf("Abandon: %v, want %v", err, errStore)
			}
			r.store.claim, r.store.load = nil, nil
			r.clock.now = r.NextDue().Time()
			r.step()
			r.expect()
			if a, err := r.store.Attempt(ctx, held.ID); err != nil || a.State != engine.AttemptKilled {
				t.Errorf("the attempt is %v, error %v, want killed", a.State, err)
			}
			events, err := r.store.Events(ctx, held.ID, 0, 0)
			if err != nil || len(events) != 1 {
				t.Errorf("events %v, error %v, want that it ended", events, err)
			}
		})
	}
}

// A kill waits with an attempt that is held back, and comes before its first task.
func TestAnAttemptThatIsKilledWhileItIsHeldBackNeverBegins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "next", nil)
	def := chain(t, action("+a"))
	id := r.begin("1", def)
	s := start("2", def)
	s.After = 1
	held, _, err := r.store.StartAttempt(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	r.expect("submit 1/1/1")
	r.post(held.ID, engine.Command{Kind: engine.Edit, Params: params.Of("x", 1)})
	r.post(held.ID, engine.Command{Kind: engine.Kill})
	r.step(succeed(id, 1, 1))
	r.pass(time.Second)
	r.step()
	r.expect()
	if a, err := r.store.Attempt(ctx, held.ID); err != nil || a.State != engine.AttemptKilled || a.Started != 0 {
		t.Errorf("the attempt is %+v, error %v, want killed", a.AttemptRow, err)
	}
}

// What was asked for in vain is forgotten: the attempt is driven on when it is
// given later.
func TestAnAttemptThatWasNotGivenToBeAbandonedMayBeDrivenLater(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, _, err := r.store.StartAttempt(ctx, start("1", chain(t, action("+a"))))
	if err != nil {
		t.Fatal(err)
	}
	r.store.claim = refuse
	if err := r.Abandon(ctx, a.ID); !errors.Is(err, errStore) {
		t.Fatalf("Abandon: %v, want %v", err, errStore)
	}
	r.store.claim = nil
	r.clock.now = r.NextDue().Time()
	r.step()
	r.step(do(func(c *conductor.Core) error {
		_, err := c.Claim(ctx, 1)
		return err
	}))
	r.expect("submit 1/1/1")
}

func TestAnAttemptIsAbandonedAtASecondTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, _, err := r.store.StartAttempt(ctx, start("1", chain(t, action("+a"))))
	if err != nil {
		t.Fatal(err)
	}
	r.store.claim = lose
	if err := r.Abandon(ctx, a.ID); !errors.Is(err, errStore) {
		t.Fatalf("Abandon: %v, want %v", err, errStore)
	}
	r.store.claim = nil
	r.step(do(func(c *conductor.Core) error { return c.Abandon(ctx, a.ID) }))
	if a, err := r.store.Attempt(ctx, a.ID); err != nil || a.State != engine.AttemptKilled {
		t.Errorf("the attempt is %v, error %v, want killed", a.State, err)
	}
}

var errBroken = model.Errorf(model.Internal, "the definition is broken")

// breaks makes an attempt unreadable.
func (r *rig) breaks(broken model.AttemptID) {
	r.store.read = func(id model.AttemptID) error {
		if id == broken {
			return errBroken
		}
		return nil
	}
}

func TestAnAttemptThatCannotBeReadIsToldOfOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var told []model.AttemptID
	r.Core = serving(r, "server", func(c *conductor.Config) {
		c.Unreadable = func(id model.AttemptID, err error) {
			if !errors.Is(err, errBroken) {
				t.Errorf("told of %v", err)
			}
			told = append(told, id)
		}
	})
	broken, sound := r.leave("1"), r.leave("2")
	r.breaks(broken)
	r.pass(time.Second)
	r.expect(fmt.Sprintf("submit %d/1/1", sound))
	reads := r.store.reads
	for range 600 {
		r.pass(time.Second)
	}
	if again := r.store.reads - reads; again < 9 || again > 11 {
		t.Errorf("it was read %d times in ten minutes", again)
	}
	if want := []model.AttemptID{broken}; !slices.Equal(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
	r.store.read = nil
	r.pass(time.Minute)
	r.expect(fmt.Sprintf("submit %d/1/1", broken))
}

// A store may be unable to read several together, for what is stored of one.
func TestAnAttemptThatFailsAWholePageKeepsBackNoOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var told []model.AttemptID
	r.Core = serving(r, "server", func(c *conductor.Config) {
		c.Unreadable = func(id model.AttemptID, _ error) { told = append(told, id) }
	})
	first, broken, last := r.leave("1"), r.leave("2"), r.leave("3")
	r.store.whole = func(ids []model.AttemptID) error {
		if slices.Contains(ids, broken) {
			return errBroken
		}
		return nil
	}
	r.pass(time.Second)
	r.expect(fmt.Sprintf("submit %d/1/1", first), fmt.Sprintf("submit %d/1/1", last))
	if want := []model.AttemptID{broken}; !slices.Equal(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
}

// Where the store does not answer, nobody is to blame, and all are read later.
func TestAPageThatIsNotAnsweredIsReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", func(c *conductor.Config) {
		c.Unreadable = func(id model.AttemptID, err error) { t.Errorf("told of attempt %d: %v", id, err) }
	})
	first, second := r.leave("1"), r.leave("2")
	r.store.load = refuse
	r.clock.now = r.clock.now.Add(time.Second)
	if err := r.Step(ctx, nil); !errors.Is(err, errStore) {
		t.Fatalf("Step: %v, want %v", err, errStore)
	}
	r.store.load = nil
	r.pass(3 * time.Second)
	r.expect(fmt.Sprintf("submit %d/1/1", second), fmt.Sprintf("submit %d/1/1", first)) // as in lists
}

func TestPostsToAnAttemptThatCannotBeReadKeepBackNoOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	broken, sound := r.leave("1"), r.leave("2")
	r.breaks(broken)
	r.pass(time.Second)
	var posts []store.Post
	for range 1_200 {
		posts = append(posts, store.Post{Attempt: broken, Command: engine.Command{Kind: engine.Wake}})
	}
	if err := r.store.Post(ctx, posts); err != nil {
		t.Fatal(err)
	}
	r.post(sound, engine.Command{Kind: engine.Kill})
	for range 3 {
		r.pass(time.Second)
	}
	r.expect(fmt.Sprintf("submit %d/1/1", sound), fmt.Sprintf("cancel %d/1/1", sound))
	r.post(sound, engine.Command{Kind: engine.TryCancelled, Task: 1, Try: 1})
	for range 3 {
		r.pass(time.Second)
	}
	if a, err := r.store.Attempt(ctx, sound); err != nil || a.State != engine.AttemptKilled {
		t.Errorf("the attempt is %v, error %v, want killed", a.State, err)
	}
}

// A clock that is set back puts off neither the renewal of the lease nor the
// patrol.
func TestAClockThatIsSetBackStopsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	elapsed := &stopwatch{r.clock.now}
	r.store.Store = memoryAt(elapsed)
	r.Core = serving(r, "server", func(c *conductor.Config) { c.LeaseFor = 10 * time.Second })
	r.clock.now = r.clock.now.Add(-time.Minute)
	id := r.leave("1")
	for range 20 {
		elapsed.now = elapsed.now.Add(time.Second)
		r.pass(time.Second)
	}
	r.expect(fmt.Sprintf("submit %d/1/1", id))
}

// Whoever drives a task counts its time from the same instant.
func TestTheTimeOfATaskCountsFromItsFirstTryAfterATakeoverToo(t *testing.T) {
	t.Parallel()
	for _, takeover := range []bool{false, true} {
		t.Run(fmt.Sprint("takeover ", takeover), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			limit := func(c *conductor.Config) { c.TaskTTL = time.Hour }
			r.Core = serving(r, "server", limit)
			waiting := action("+a")
			waiting.Wait = &workflow.Wait{For: 3 * time.Hour}
			id := r.begin("1", chain(t, waiting))
			r.pass(3 * time.Hour)
			r.step()
			r.expect("submit 1/1/1")
			if takeover {
				if err := r.store.EndLease(ctx, "server", 2); err != nil {
					t.Fatal(err)
				}
				r.Core = serving(r, "another", limit)
				r.Look()
				r.step()
				r.expect("submit 1/1/2")
			}
			r.pass(time.Hour - time.Second)
			if a, err := r.store.Attempt(ctx, id); err != nil || a.CancelAsked {
				t.Fatalf("cancel asked before its time: %v, error %v", a.CancelAsked, err)
			}
			r.pass(time.Second)
			if a, err := r.store.Attempt(ctx, id); err != nil || !a.CancelAsked {
				t.Errorf("cancel asked: %v, error %v", a.CancelAsked, err)
			}
		})
	}
}
