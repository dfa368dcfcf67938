package conductor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// serving returns a core as servers have it: it patrols, and lets go of what
// waits for longer than ten seconds.
func serving(r *rig, owner string, change func(*conductor.Config)) *conductor.Core {
	r.Helper()
	cfg := conductor.Config{
		Store: r.store, Runner: r.desk, Open: open, Owner: owner, Clock: r.clock,
		Patrol: time.Second, Unload: 10 * time.Second, LeaseFor: 1000 * time.Hour,
	}
	if change != nil {
		change(&cfg)
	}
	core := conductor.NewCore(cfg)
	if err := core.Step(ctx, nil); err != nil {
		r.Fatal(err)
	}
	return core
}

// pass lets time pass and steps the core.
func (r *rig) pass(d time.Duration) {
	r.Helper()
	r.clock.now = r.clock.now.Add(d)
	r.step()
}

// leave makes an attempt that nobody drives.
func (r *rig) leave(key string) model.AttemptID {
	r.Helper()
	def := chain(r, action("+a"), action("+b"))
	a, _, err := r.store.StartAttempt(ctx, start(key, def))
	if err != nil {
		r.Fatal(err)
	}
	return a.ID
}

func (r *rig) post(id model.AttemptID, c engine.Command) {
	r.Helper()
	if err := r.store.Post(ctx, []store.Post{{Attempt: id, Command: c}}); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) owner(id model.AttemptID) string {
	r.Helper()
	a, err := r.store.Attempt(ctx, id)
	if err != nil {
		r.Fatal(err)
	}
	return a.Owner
}

func waits(id model.AttemptID, task model.TaskID, try int32, until time.Time) conductor.Stimulus {
	return command(id, engine.Command{
		Kind: engine.WaitFor, Task: task, Try: try, Wait: &engine.Wait{Until: model.InstantOf(until)},
	})
}

func TestAPatrolTakesUpWhatNobodyDrives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.step()
	r.expect() // it has just looked
	r.pass(time.Second)
	r.expect(fmt.Sprintf("submit %d/1/1", id))
	if got := r.owner(id); got != "server" {
		t.Errorf("the owner is %q", got)
	}
}

func TestALookTakesUpAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.Look()
	r.step()
	r.expect(fmt.Sprintf("submit %d/1/1", id))
}

func TestAPatrolTakesUpNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", func(c *conductor.Config) { c.MaxDriven = 2 })
	for i := range 3 {
		r.leave(fmt.Sprint(i))
	}
	r.pass(time.Second)
	r.expect("submit 1/1/1", "submit 2/1/1")
	r.step(succeed(1, 1, 1))
	r.step(succeed(1, 2, 1))
	r.expect("submit 1/2/1")
	r.pass(time.Second)
	r.expect("submit 3/1/1")
}

func TestPostsAreAppliedOnce(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(func() error) error{"request lost": refuse, "reply lost": lose, "no fault": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Core = serving(r, "server", nil)
			id := r.leave("1")
			r.pass(time.Second)
			r.expect("submit 1/1/1")
			r.post(id, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
			r.post(id, engine.Command{Kind: engine.Kill})
			r.store.commit = hook
			r.clock.now = r.clock.now.Add(time.Second)
			if err := r.Step(ctx, nil); (err != nil) != (hook != nil) {
				t.Fatalf("Step: %v", err)
			}
			r.store.commit = nil
			r.pass(time.Second)
			r.expect("submit 1/2/1", "cancel 1/2/1")
			snap, err := r.store.Load(ctx, id)
			if err != nil || len(snap.Inbox) > 0 || !snap.Attempt.CancelAsked {
				t.Errorf("posts left: %v, cancel asked: %v, error %v", snap.Inbox, snap.Attempt.CancelAsked, err)
			}
		})
	}
}

// A post is read once more where the step can't be committed at once, because
// something else is taken up in it and can't be read.
func TestAPostThatIsReadTwiceIsAppliedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.pass(time.Second)
	second := r.leave("2")
	r.post(id, engine.Command{Kind: engine.Edit, Params: params.Of("n", 1)})
	r.store.read = func(id model.AttemptID) error {
		if id == second {
			return errStore
		}
		return nil
	}
	r.clock.now = r.clock.now.Add(time.Second)
	if err := r.Step(ctx, nil); !errors.Is(err, errStore) {
		t.Fatalf("Step: %v", err)
	}
	r.Look()
	r.step()
	events, err := r.store.Events(ctx, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	edits := 0
	for i := range events {
		if events[i].Kind == engine.ParamsEdited {
			edits++
		}
	}
	if edits != 1 {
		t.Errorf("the post was applied %d times", edits)
	}
}

func TestWhatWasPostedToAnAttemptComesWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.post(id, engine.Command{Kind: engine.Kill})
	r.pass(time.Second)
	r.expect() // it has not begun, and never does
	posts, err := r.store.Posted(ctx, "server", 1, 0, 9)
	if err != nil || len(posts) > 0 {
		t.Errorf("posts left: %v, error %v", posts, err)
	}
}

func TestAnAttemptThatOnlyWaitsIsLetGoOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.pass(time.Second)
	wake := r.clock.now.Add(time.Hour)
	r.step(waits(id, 1, 1, wake))
	a, err := r.store.Attempt(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"", model.InstantOf(wake)}, []any{a.Owner, a.Wake}); diff != "" {
		t.Fatalf("owner and wake (-want +got):\n%s", diff)
	}
	if !r.Idle() {
		t.Error("the core still drives it")
	}
	r.expect("submit 1/1/1")
	r.pass(59 * time.Minute)
	r.expect()
	r.pass(time.Minute)
	r.step() // its timer is due as soon as it is taken up
	r.expect("submit 1/1/2")
}

// A post that changes nothing does not keep an attempt from being let go of.
func TestAnAttemptThatIsPostedToInVainIsLetGoOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.pass(time.Second)
	r.step(waits(id, 1, 1, r.clock.now.Add(time.Hour)))
	r.post(id, engine.Command{Kind: engine.Wake, Task: 2})
	r.pass(time.Second)
	if got := r.owner(id); got != "" || !r.Idle() {
		t.Errorf("the owner is %q, idle %v", got, r.Idle())
	}
}

func TestAnAttemptThatDoesMoreThanWaitIsKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*rig, model.AttemptID){
		"another task runs": func(r *rig, id model.AttemptID) {
			r.step(command(id, engine.Command{Kind: engine.SkipTo, Task: 2}))
			r.step(waits(id, 1, 1, r.clock.now.Add(time.Hour)))
		},
		"it waits for a moment": func(r *rig, id model.AttemptID) {
			r.step(waits(id, 1, 1, r.clock.now.Add(10*time.Second)))
		},
		"somebody waits for its end": func(r *rig, id model.AttemptID) {
			r.Await(id, func(engine.AttemptRow, error) {})
			r.step(waits(id, 1, 1, r.clock.now.Add(time.Hour)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Core = serving(r, "server", nil)
			id := r.leave("1")
			r.pass(time.Second)
			test(r, id)
			if got := r.owner(id); got != "server" {
				t.Errorf("the owner is %q", got)
			}
		})
	}
}

// A release whose answer was lost is not written again: the attempt may be
// another's by then.
func TestAReleaseWhoseReplyWasLost(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(func() error) error{"request lost": refuse, "reply lost": lose} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Core = serving(r, "server", nil)
			id := r.leave("1")
			r.pass(time.Second)
			r.store.commit = hook
			err := r.Step(ctx, []conductor.Stimulus{waits(id, 1, 1, r.clock.now.Add(time.Hour))})
			if !errors.Is(err, errStore) {
				t.Fatalf("Step: %v", err)
			}
			r.store.commit = nil
			r.step()
			if got := r.owner(id); got != "" || !r.Idle() {
				t.Errorf("the owner is %q, idle %v", got, r.Idle())
			}
		})
	}
}

func TestWhatTakesTooLongIsKilled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*conductor.Config)
		task   string
	}{
		"attempt": {func(c *conductor.Config) { c.AttemptTTL = time.Hour }, ""},
		"task":    {func(c *conductor.Config) { c.TaskTTL = time.Hour }, "+w+a"},
	} {
		for _, waiting := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, waiting %v", name, waiting), func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				var notices []conductor.Timeout
				r.Core = serving(r, "server", func(c *conductor.Config) {
					test.change(c)
					c.TimedOut = func(n conductor.Timeout) { notices = append(notices, n) }
				})
				s := start("1", chain(t, action("+a"), action("+b")))
				s.Created = model.InstantOf(r.clock.now)
				a, _, err := r.store.StartAttempt(ctx, s)
				if err != nil {
					t.Fatal(err)
				}
				r.Look()
				r.step()
				if waiting {
					r.step(waits(a.ID, 1, 1, r.clock.now.Add(100*time.Hour)))
				}
				r.pass(time.Hour - time.Second)
				if len(notices) > 0 {
					t.Errorf("notices before the time: %v", notices)
				}
				r.pass(time.Second)
				r.pass(time.Second) // to take it up, then to end it
				if len(notices) != 1 || notices[0].Task != test.task || notices[0].Attempt.ID != a.ID {
					t.Errorf("notices %+v, want one about %q", notices, test.task)
				}
				got, err := r.store.Attempt(ctx, a.ID)
				if err != nil || !got.CancelAsked {
					t.Errorf("cancel asked: %v, error %v", got.CancelAsked, err)
				}
			})
		}
	}
}

// What counts is a task that has had a try, and that runs or is to run again.
func TestTheTimeOfATaskDoesNotCountBeforeItsFirstTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	change := func(c *conductor.Config) { c.TaskTTL = time.Hour }
	r.Core = serving(r, "server", change)
	waiting := action("+a")
	waiting.Wait = &workflow.Wait{For: 3 * time.Hour}
	id := r.begin("1", chain(t, waiting))
	r.Core = serving(r, "another", change)
	r.pass(2 * time.Hour)
	r.step()
	if a, err := r.store.Attempt(ctx, id); err != nil || a.CancelAsked {
		t.Errorf("cancel asked: %v, error %v", a.CancelAsked, err)
	}
}

func TestTheTimeOfATaskCountsWhereWhatItMadeFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", func(c *conductor.Config) { c.TaskTTL = time.Hour })
	making := action("+a")
	making.Retry = workflow.Retry{Limit: 1, Interval: 10 * time.Hour}
	id := r.begin("1", chain(t, making))
	made := &workflow.Node{Name: "+made", Operator: "act", Wait: &workflow.Wait{For: 2 * time.Hour}}
	if err := made.Finish(); err != nil {
		t.Fatal(err)
	}
	r.step(command(id, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1, Result: &engine.Result{Node: made}}))
	r.pass(2*time.Hour - time.Second)
	r.pass(time.Second)
	if a, err := r.store.Attempt(ctx, id); err != nil || a.CancelAsked {
		t.Fatalf("cancel asked: %v, error %v", a.CancelAsked, err)
	}
	r.step(command(id, engine.Command{Kind: engine.Fail, Task: 2, Try: 1, Failure: &engine.Failure{}}))
	r.pass(10 * time.Second)
	if a, err := r.store.Attempt(ctx, id); err != nil || !a.CancelAsked {
		t.Errorf("cancel asked: %v, error %v", a.CancelAsked, err)
	}
}

// An attempt that is late gets the tasks of its alarm once, whoever drives it
// and however long it waited.
func TestALateAttemptIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	due := r.clock.now.Add(time.Hour)
	hook := &workflow.Node{Name: "^sla^alert", Operator: "act"}
	if err := hook.Finish(); err != nil {
		t.Fatal(err)
	}
	watching := func(c *conductor.Config) {
		c.Alarm = func(store.Attempt, *workflow.Workflow) (model.Instant, []*workflow.Node) {
			return model.InstantOf(due), []*workflow.Node{hook}
		}
	}
	r.Core = serving(r, "server", watching)
	id := r.leave("1")
	r.pass(time.Second)
	r.step(waits(id, 1, 1, due.Add(time.Hour)))
	a, err := r.store.Attempt(ctx, id)
	if err != nil || a.Wake != model.InstantOf(due) {
		t.Fatalf("it is to be woken at %v, error %v, want %v", a.Wake.Time(), err, due)
	}
	r.expect("submit 1/1/1")
	r.clock.now = due
	r.step()
	r.step()
	r.expect("submit 1/3/1")
	r.step(succeed(id, 3, 1))
	r.Core = serving(r, "another", watching)
	r.clock.now = due.Add(time.Hour)
	r.step()
	r.step()
	r.expect("submit 1/1/2")
}
