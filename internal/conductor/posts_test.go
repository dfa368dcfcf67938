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
	"github.com/pawlhq/pawl/internal/store"
)

// garbled returns a rig that drives two attempts, to the first of which
// something is posted that can't be read, and what was told of.
func garbled(t *testing.T) (r *rig, broken, sound model.AttemptID, told *[]model.AttemptID) {
	t.Helper()
	r = newRig(t)
	told = new([]model.AttemptID)
	r.Core = serving(r, "server", func(c *conductor.Config) {
		c.Unreadable = func(id model.AttemptID, err error) {
			if !errors.Is(err, errBroken) {
				t.Errorf("told of %v", err)
			}
			*told = append(*told, id)
		}
	})
	broken, sound = r.leave("1"), r.leave("2")
	r.pass(time.Second)
	r.store.garbled = map[store.PostID]bool{1: true}
	r.post(broken, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
	r.expect(fmt.Sprintf("submit %d/1/1", broken), fmt.Sprintf("submit %d/1/1", sound))
	return r, broken, sound, told
}

func TestAPostThatCannotBeReadIsToldOfOnceAndKeepsBackNoOthers(t *testing.T) {
	t.Parallel()
	r, broken, sound, told := garbled(t)
	r.post(sound, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
	for range 10 {
		r.pass(time.Second)
	}
	r.expect(fmt.Sprintf("submit %d/2/1", sound))
	if want := []model.AttemptID{broken}; !slices.Equal(*told, want) {
		t.Errorf("told of %v, want %v", *told, want)
	}
}

// Posts to an attempt are applied in order, whenever they can be read.
func TestPostsWaitForOneBeforeThemThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, behind := range []int{0, 600} { // on the same page, and on the next
		t.Run(fmt.Sprint(behind, " between"), func(t *testing.T) {
			t.Parallel()
			r, broken, sound, _ := garbled(t)
			for range behind {
				r.post(sound, engine.Command{Kind: engine.Wake})
			}
			r.post(broken, engine.Command{Kind: engine.Kill})
			for range 3 {
				r.pass(time.Second)
			}
			r.expect()
			r.store.garbled = nil
			for range 3 {
				r.pass(time.Second)
			}
			r.expect(fmt.Sprintf("submit %d/2/1", broken), fmt.Sprintf("cancel %d/2/1", broken))
		})
	}
}

func TestPostsNoLongerWaitForOneThatIsGone(t *testing.T) {
	t.Parallel()
	r, broken, _, _ := garbled(t)
	r.post(broken, engine.Command{Kind: engine.Kill})
	r.pass(time.Second)
	r.expect()
	if err := r.store.Store.Commit(ctx, &store.Batch{Consumed: []store.PostID{1}}); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	r.expect(fmt.Sprintf("cancel %d/1/1", broken))
}

// It would be given back at once, and could not be read.
func TestAnAttemptWithAPostThatCannotBeReadIsNotLetGoOf(t *testing.T) {
	t.Parallel()
	r, broken, _, told := garbled(t)
	r.pass(time.Second)
	r.step(waits(broken, 1, 1, r.clock.now.Add(time.Hour)))
	r.pass(time.Second)
	if got := r.owner(broken); got != "server" {
		t.Errorf("the owner is %q", got)
	}
	if want := []model.AttemptID{broken}; !slices.Equal(*told, want) {
		t.Errorf("told of %v, want %v", *told, want)
	}
}

// To claim is to write, one conductor after the other: what was looked for
// between patrols are posts, most of the time.
func TestALookForPostsClaimsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.pass(time.Second)
	before := r.store.claims
	r.post(id, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
	r.Look()
	if next := r.NextDue(); next > model.InstantOf(r.clock.now) {
		t.Errorf("the look is put off until %v", next.Time())
	}
	r.step()
	r.expect("submit 1/1/1", "submit 1/2/1")
	if r.store.claims != before {
		t.Errorf("it claimed %d times", r.store.claims-before)
	}
}

// Looks must not put off the patrol that finds who has died.
func TestAPatrolIsInTimeHoweverManyLooksThereAre(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dead, err := r.store.Lease(ctx, "dead", 0, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s := start("1", chain(t, action("+a")))
	s.Owner, s.Epoch = "dead", dead
	if _, _, err := r.store.StartAttempt(ctx, s); err != nil {
		t.Fatal(err)
	}
	r.Core = serving(r, "server", nil)
	for range 60 {
		r.Look()
		r.pass(100 * time.Millisecond)
	}
	r.expect("submit 1/1/1")
}
