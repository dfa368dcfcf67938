package conductor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestClaimDrivesOnWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	waits := action("+b")
	waits.Wait = &workflow.Wait{For: time.Minute}
	running := r.begin("1", chain(t, action("+a")))
	waiting := r.begin("2", chain(t, action("+a"), waits))
	r.step(succeed(waiting, 1, 1))
	r.expect("submit 1/1/1", "submit 2/1/1")

	r.clock.now = r.clock.now.Add(11 * time.Second)
	r.Core = r.another("two")
	var ids []model.AttemptID
	r.step(do(func(c *conductor.Core) (err error) {
		ids, err = c.Claim(ctx, 10)
		return err
	}))
	if diff := cmp.Diff([]model.AttemptID{running, waiting}, ids); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ids, r.taken); diff != "" {
		t.Errorf("told of: %s", diff)
	}
	r.expect("submit 1/1/2") // the lost try is made again, as another one
	r.step(succeed(running, 1, 1))
	if got := r.stored(running, 1); got != model.Running {
		t.Errorf("a report of the lost try made the task %v", got)
	}
	r.step(succeed(running, 1, 2))
	if got := r.stored(running, 1); got != model.Success {
		t.Errorf("the task is %v", got)
	}
	for r.clock.now.Before(time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)) {
		r.clock.now = r.NextDue().Time()
		r.step()
	}
	r.expect("submit 2/2/1")
}

func TestClaimTakesOnlyWhatItIsAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := chain(t, action("+a"))
	r.begin("1", def)
	two := r.begin("2", def)
	r.clock.now = r.clock.now.Add(11 * time.Second)
	other := r.another("two")
	ids, err := other.Claim(ctx, 10, two)
	if diff := cmp.Diff([]model.AttemptID{two}, ids); diff != "" || err != nil {
		t.Errorf("error %v, ids:\n%s", err, diff)
	}
}

// The store may give attempts to a conductor without its hearing of it. Its
// lease stands, so nobody else would ever drive them.
func TestAttemptsThatACoreOwnsUnknowinglyAreFoundAgain(t *testing.T) {
	t.Parallel()
	def := chain(t, action("+a"))
	for _, loss := range []struct {
		name string
		run  func(t *testing.T, r *rig)
	}{
		{"the answer to a start was lost", func(t *testing.T, r *rig) {
			r.store.start = lose
			if _, _, err := r.Start(ctx, start("1", def)); !errors.Is(err, errStore) {
				t.Fatalf("Start: %v, want %v", err, errStore)
			}
			r.store.start = nil
		}},
		{"a claimed attempt could not be read", func(t *testing.T, r *rig) {
			if _, _, err := r.store.StartAttempt(ctx, start("1", def)); err != nil {
				t.Fatal(err)
			}
			r.store.load = refuse
			if ids, err := r.Claim(ctx, 10); !errors.Is(err, errStore) || len(ids) > 0 {
				t.Fatalf("Claim: %v, %v, want %v", ids, err, errStore)
			}
			r.clock.now = r.NextDue().Time()
			r.step() // it can't be read now either
			r.store.load = nil
		}},
	} {
		t.Run(loss.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			loss.run(t, r)
			r.expect()
			r.clock.now = r.NextDue().Time()
			r.step()
			r.expect("submit 1/1/1")
			r.clock.now = r.NextDue().Time()
			r.step()
			r.expect()
		})
	}
}

// A conductor may lose its lease between being given an attempt and reading it.
// What runs of the attempt then is another's.
func TestAnAttemptThatIsLostBeforeItIsReadIsNotTakenOver(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*rig, model.AttemptID) error{
		"to drive it": func(r *rig, id model.AttemptID) error {
			_, err := r.Claim(ctx, 1, id)
			return err
		},
		"to end it": func(r *rig, id model.AttemptID) error { return r.Abandon(ctx, id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			id := r.begin("1", chain(t, action("+a")))
			other := r.another("other")
			if err := r.store.EndLease(ctx, "one", 1); err != nil {
				t.Fatal(err)
			}
			r.Core = r.another("zombie")
			r.store.load = func(next func() error) error {
				r.store.load = nil
				if err := r.store.EndLease(ctx, "zombie", 3); err != nil {
					return err
				}
				if _, err := other.Claim(ctx, 1, id); err != nil {
					return err
				}
				r.taken = nil
				return next()
			}
			if err := take(r, id); model.CodeOf(err) != model.Conflict {
				t.Errorf("error %v, want a Conflict", err)
			}
			if len(r.taken) > 0 {
				t.Errorf("it took over %v", r.taken)
			}
			if _, here := r.Attempt(id); here {
				t.Error("it drives the attempt")
			}
		})
	}
}
