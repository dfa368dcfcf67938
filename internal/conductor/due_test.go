package conductor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// What waits for longer than it is kept is driven on when it is due and not with
// the next patrol, by whoever let go of it or by another.
func TestWhatNobodyDrivesIsTakenUpWhenItIsDue(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"first", "second"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Core = serving(r, "first", nil)
			id := r.leave("1")
			r.pass(time.Second)
			wake := r.clock.now.Add(time.Minute + 300*time.Millisecond)
			r.step(waits(id, 1, 1, wake))
			r.expect("submit 1/1/1")
			if by == "second" {
				r.Core = serving(r, by, nil)
			}
			r.pass(time.Minute)
			if got := r.NextDue(); got != model.InstantOf(wake) {
				t.Fatalf("there is something to do at %v, want %v", got.Time(), wake)
			}
			r.pass(299 * time.Millisecond)
			r.expect()
			r.pass(time.Millisecond)
			r.step() // its timer is due as soon as it is taken up
			r.expect(fmt.Sprintf("submit %d/1/2", id))
			if got, want := r.NextDue(), model.InstantOf(wake.Add(700*time.Millisecond)); got != want {
				t.Errorf("with nothing to do, it looks at %v, want %v", got.Time(), want.Time())
			}
		})
	}
}

// Where the store does not answer, a patrol is made again at once when it does.
func TestAPatrolThatFailsIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	r.leave("1")
	r.store.claim = refuse
	r.clock.now = r.clock.now.Add(time.Second)
	if err := r.Step(ctx, nil); err == nil {
		t.Fatal("the step tells of no failure")
	}
	r.store.claim = nil
	r.step()
	r.expect("submit 1/1/1")
}

// What is due and is not given, as others are about to take it, is left to the
// next patrol.
func TestWhatIsDueAndNotGivenIsNotAskedForAgainAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	r.leave("1")
	r.store.claim = func(func() error) error { return nil } // gives nothing
	r.Look()
	r.step()
	claims := r.store.claims
	if claims == 0 {
		t.Fatal("it does not ask for what is due")
	}
	if got, want := r.NextDue(), model.InstantOf(r.clock.now.Add(time.Second)); got != want {
		t.Errorf("there is something to do at %v, want %v", got.Time(), want.Time())
	}
	r.pass(time.Millisecond)
	if r.store.claims != claims {
		t.Error("it asks again at once")
	}
	r.store.claim = nil
	r.pass(time.Second)
	r.expect("submit 1/1/1")
}
