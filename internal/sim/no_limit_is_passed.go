package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// No limit is passed: what is admitted and has not ended never takes more places than
// there are, nor what runs more slots; nothing begins that was not admitted, and what
// there is room for is admitted soon.

// queued reports whether an attempt waits to be admitted.
func (w *witness) queued() bool { return w.turn != nil && !w.admitted && !w.row.State.Done() }

// admitted is called when the store has admitted attempts.
func (c *checks) admitted(ids []model.AttemptID) {
	for _, id := range ids {
		if w := c.attempts[id]; !w.queued() || !w.freed {
			c.sim.fail("queue: a%d is admitted, and does not wait", id)
		}
		c.attempts[id].admitted = true
	}
	for _, id := range ids {
		if !c.fits(c.attempts[id], 0) {
			c.sim.fail("queue: with a%d more is admitted than there is room for", id)
		}
	}
}

// fits reports whether the limits of an attempt bear that so much more is under way.
func (c *checks) fits(w *witness, more int) bool {
	all, team := more, more
	for _, other := range c.order {
		if other.turn == nil || !other.admitted || other.row.State.Done() {
			continue
		}
		all += other.turn.Weight
		if other.turn.Tags["team"] == w.turn.Tags["team"] {
			team += other.turn.Weight
		}
	}
	limits := c.sim.queue.limits.All()
	return all <= limits[0].Max && team <= limits[1].Max
}

// mayBegin reports whether there is room for an attempt that waits.
func (c *checks) mayBegin(w *witness) bool { return w.queued() && w.freed && c.fits(w, w.turn.Weight) }

// calledOff is called when the store has ended attempts that waited.
func (c *checks) calledOff(ids []model.AttemptID) {
	for _, id := range ids {
		w := c.attempts[id]
		a, err := c.sim.store.Attempt(context.Background(), id)
		if err != nil || !w.queued() || a.State != engine.AttemptKilled || a.Started != 0 {
			c.sim.fail("queue: a%d was cancelled as one that waits: %v, %v", id, a.State, err)
			return
		}
		e := store.Cancelled(id, a.Session.Workflow, a.Ended)
		w.events = append(w.events, eventText(&e))
		c.told(w, &e)
		c.attempt(&a.AttemptRow, nil)
	}
}

// takesSlots checks that with a try that is handed over, no more slots are in use than
// there are.
func (c *checks) takesSlots(p *process, j *runner.Job) {
	work, ok := j.Work.(*body)
	if !ok || c.sim.queue == nil {
		return
	}
	c.needs[j.ID] = work.effect.Node.Slots
	used := make(map[string]int)
	for id, slots := range c.needs {
		if r := c.attempts[id.Attempt].rows[id.Task]; r.State != model.Running || r.Try != id.Try {
			delete(c.needs, id)
			continue
		}
		for _, s := range slots {
			used[s.Pool] += s.N
		}
	}
	for pool, size := range c.sim.queue.pools {
		if used[pool] > size {
			c.sim.fail("slots: with %v, %s has %d of %d slots of %s in use", j.ID, p.owner, used[pool], size, pool)
		}
	}
}

// waitsForSlots reports whether a task runs a try that has got no slots yet, so that
// its time limit does not pass.
func (c *checks) waitsForSlots(r *engine.TaskRow) bool {
	if c.sim.queue == nil || r.State != model.Running {
		return false
	}
	claims, err := c.sim.store.Claims(context.Background(), []model.AttemptID{r.Attempt})
	if err != nil {
		c.sim.fail("slots: %v", err)
	}
	claimed, ok := claims[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}]
	return ok && !claimed.Handed
}

// noSlotLeaks checks at the end that nothing holds slots, or waits for some, that does
// not run.
func (c *checks) noSlotLeaks() {
	if c.sim.queue == nil {
		return
	}
	ctx := context.Background()
	if _, err := c.sim.store.ShareSlots(ctx, 0, nil, c.sim.queue.pools, c.sim.now); err != nil {
		c.sim.fail("slots: %v", err)
	}
	uses, err := c.sim.store.UsedPools(ctx)
	if err != nil || len(uses) > 0 {
		c.sim.fail("slots: in use at the end: %v, %v", uses, err)
	}
}
