package conductor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// paid is an action that waits for payments.
func paid() *workflow.Node {
	n := listener(func(w *workflow.Wait) { w.Signals[0].Topic = "payments" })
	n.Name = "+paid"
	return n
}

// These tests are about attempts that a core is given with a message.

// order is a delivery of an order with a source.
func (r *rig) order(source string) store.Delivery {
	return store.Delivery{Now: r.now(), Messages: []store.Message{{
		Topic: "orders", Source: source, Keys: []store.MessageKey{{Param: "id", Value: "7"}}, Body: source,
	}}}
}

// bring delivers an order as who drives attempts does, and returns what it was given.
func (r *rig) bring(source string) []model.AttemptID {
	r.Helper()
	_, given, err := r.store.DeliverTo(ctx, r.order(source), r.Claimant())
	if err != nil {
		r.Fatal(err)
	}
	return given
}

func given(ids []model.AttemptID, err error) conductor.Stimulus {
	return do(func(c *conductor.Core) error { c.Given(ids, err); return nil })
}

func TestAnAttemptIsDrivenOnInTheStepAfterItsMessage(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil))
	claims := r.store.claims
	ids := r.bring("m1")
	r.same("given", ids, []model.AttemptID{id})
	r.step(given(ids, nil))
	r.expect("submit 1/1/1")
	r.same("claims", r.store.claims-claims, 0)
	r.step(succeed(id, 1, 1))
	r.same("state", r.stored(id, 1), model.Success)
}

func TestWhatWasGivenTwiceIsTakenUpOnce(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil))
	ids := r.bring("m1")
	r.step(given(append(ids, ids...), nil), given(ids, nil))
	r.step(given(ids, nil))
	r.expect("submit 1/1/1")
	r.step(succeed(id, 1, 1))
	r.same("state", r.stored(id, 1), model.Success)
}

// The store gave it, and the core never heard of that.
func TestAnAttemptOfADeliveryWhoseAnswerWasLostIsFound(t *testing.T) {
	t.Parallel()
	r, _ := listening(t, listener(nil))
	r.bring("m1")
	r.step(given(nil, errStore))
	r.expect()
	r.pass(10 * time.Second)
	r.expect("submit 1/1/1")
}

func TestWhatWasGivenAndIsOthersByNowIsLeft(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil))
	ids := r.bring("m1")
	owner := r.Claimant()
	if err := r.store.EndLease(ctx, owner.Owner, owner.Epoch); err != nil {
		t.Fatal(err)
	}
	other := r.another("other")
	if _, err := other.Claim(ctx, 1, id); err != nil {
		t.Fatal(err)
	}
	if err := other.Step(ctx, nil); err != nil {
		t.Fatal(err)
	}
	r.expect("submit 1/1/1")
	if err := r.Step(ctx, []conductor.Stimulus{given(ids, nil)}); err != nil && !errors.Is(err, conductor.ErrFenced) {
		t.Fatal(err)
	}
	r.expect()
}

func TestNoMoreIsGivenThanIsDrivenAtMost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", func(c *conductor.Config) { c.MaxDriven = 2 })
	for n := range 3 {
		s := start(fmt.Sprint(n), chain(t, listener(nil)))
		s.Params = params.Of("id", 7)
		if _, _, err := r.store.StartAttempt(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	r.pass(time.Second)
	r.pass(time.Second)
	ids := r.bring("m1")
	r.same("given", len(ids), 2)
	r.Given(ids, nil)
	r.same("room", r.Claimant().Most, 0)
	r.step()
	r.expect("submit 1/1/1", "submit 2/1/1")
	r.same("room", r.Claimant().Most, 0)
}

// The answer to the commit that lets go of an attempt is lost, and the attempt is
// given to the same core again before it looks how that went. What was committed must
// not be written once more: others may have driven the attempt meanwhile.
func TestAnAttemptThatIsGivenAgainWasLetGoOf(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil), paid())
	r.step(given(r.bring("m1"), nil))
	r.expect("submit 1/1/1")
	r.store.commit = lose
	if err := r.Step(ctx, []conductor.Stimulus{succeed(id, 1, 1)}); err == nil {
		t.Fatal("the step is said to be committed")
	}
	r.store.commit = nil
	r.same("owner", r.owner(id), "")
	written := len(r.store.batches)
	d := r.order("m2")
	d.Messages[0].Topic = "payments"
	_, ids, err := r.store.DeliverTo(ctx, d, r.Claimant())
	if err != nil {
		t.Fatal(err)
	}
	r.same("given", ids, []model.AttemptID{id})
	r.step(given(ids, nil))
	r.expect("submit 1/2/1")
	again := 0
	for _, b := range r.store.batches[written:] {
		for i := range b.Events {
			if b.Events[i].Kind == engine.TaskEnded && b.Events[i].Task == 1 {
				again++
			}
		}
	}
	r.same("how often the end was written again", again, 0)
	r.step(succeed(id, 2, 1))
	r.same("state", r.stored(id, 2), model.Success)
}

// The request of the commit was lost: it was not let go of, and the step is written.
func TestAStepThatWasNotWrittenIsWrittenThoughAMessageCame(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil), paid())
	r.step(given(r.bring("m1"), nil))
	r.expect("submit 1/1/1")
	r.store.commit = refuse
	if err := r.Step(ctx, []conductor.Stimulus{succeed(id, 1, 1)}); err == nil {
		t.Fatal("the step is said to be committed")
	}
	r.store.commit = nil
	r.same("given", len(r.bring("m2")), 0)
	r.step()
	r.same("owner", r.owner(id), "")
	r.same("state", r.stored(id, 1), model.Success)
}
