package conductor

import (
	"context"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// claimed is a store that keeps how many claims it is given at a time, and gives out
// nothing.
type claimed struct {
	store.Store
	counts []int
}

func (c *claimed) ShareSlots(_ context.Context, _ int64, claims []admission.Claim, _ map[string]int, _ model.Instant) ([]model.TryID, error) {
	c.counts = append(c.counts, len(claims))
	return nil, nil
}

func TestAStepClaimsSomeHundredSlots(t *testing.T) {
	t.Parallel()
	s := new(claimed)
	c := NewCore(Config{Store: s})
	c.renewAt = model.InstantOf(time.Unix(1, 0))
	for i := range model.TaskID(2*mostClaims + 1) {
		id := model.TryID{Attempt: 1, Task: i, Try: 1}
		c.slots.waiting[id] = &waitingTry{claim: admission.Claim{Try: id}}
	}
	c.slots.share = true
	for c.NextDue() == 0 {
		if err := c.shareSlots(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.counts) != 3 || s.counts[0] != mostClaims || s.counts[1] != mostClaims || s.counts[2] != 1 {
		t.Errorf("it claims %v at a time", s.counts)
	}
}

// The last item of a page is forgotten with its page: no row says that it has ended.
func TestSlotsOfForgottenTasksAreFree(t *testing.T) {
	t.Parallel()
	c := NewCore(Config{})
	kept, other := slotTask{1, 9}, slotTask{2, 5}
	for _, of := range []slotTask{{1, 5}, {1, 8}, kept, other} {
		c.slots.using[of] = 1
	}
	c.freed()
	if c.slots.share || len(c.slots.using) != 4 {
		t.Errorf("nothing has ended, and %v use slots", c.slots.using)
	}
	c.step.Dropped = []engine.Dropped{{Attempt: 1, From: 5, To: 9}}
	c.freed()
	if !c.slots.share || len(c.slots.using) != 2 || c.slots.using[kept] != 1 || c.slots.using[other] != 1 {
		t.Errorf("%v use slots; to be shared: %v", c.slots.using, c.slots.share)
	}
}
