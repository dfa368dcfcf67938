package sim

import (
	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Only what may run is lost: a try that takes slots, and that the store has handed to
// nobody who had claimed them, has not begun, whoever drives its attempt by then.

// sharedSlots is called when the store has shared slots: what a process claimed in an epoch,
// and what it was told to hold.
func (c *checks) sharedSlots(epoch int64, claims []admission.Claim, held []model.TryID) {
	for i := range claims {
		c.claimedIn[claims[i].Try] = epoch
	}
	for _, id := range held {
		if c.claimedIn[id] == epoch {
			c.handed[id] = true
		}
	}
}

// lost checks an event that a process writes. Where somebody meddles, tries are said to
// be lost that never were.
func (c *checks) lost(p *process, e *engine.Event) {
	if e.Kind != engine.TryLost || c.sim.queue == nil || !c.sim.steady {
		return
	}
	a, driven := p.core.Attempt(e.Attempt)
	try := model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try}
	if driven && len(a.Task(e.Task).Node.Slots) > 0 && !c.handed[try] {
		c.sim.fail("promise 2: %s gives up try %v, which was handed to nobody", p.owner, try)
	}
}
