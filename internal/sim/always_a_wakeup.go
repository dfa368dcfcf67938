package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Nothing waits without a stored next wake-up: after every commit, each task
// that is started and not final is with a runner, or has a time or a key that
// wakes it, or has a child below it of which that is true.

func (c *checks) alwaysWakes(w *witness) {
	if w.row.Started == 0 || w.row.State.Done() {
		return
	}
	moving := make(map[model.TaskID]bool)
	alive := false
	for _, r := range w.rows {
		if !r.State.Final() && r.State != model.Blocked {
			moving[r.Parent] = true
			alive = true
		}
	}
	turning := make(map[model.TaskID]bool)
	for id, r := range w.rows {
		turning[r.Parent] = turning[r.Parent] || isPage(r.Name) && !r.State.Final() && moving[id]
	}
	if !alive {
		c.sim.fail("promise 5: attempt %d goes on, but none of its tasks does", w.row.ID)
	}
	for id, r := range w.rows {
		switch {
		case r.State.Final(), r.State == model.Running, r.State == model.Blocked, moving[id]:
		case isPage(r.Name) && turning[r.Parent]:
			// Its items wait for those of a page before it.
		case r.State == model.Open && r.Detail != nil && r.Detail.Items != nil && r.Detail.Items.Next < r.Detail.Items.Total:
			// It has asked for items.
		case r.State == model.Waiting && (r.Wake != 0 || r.Detail != nil && len(r.Detail.Keys) > 0):
		case r.State == model.Waiting && (r.Try == 0 || c.takes(w, &r)):
			// It waits for the parameter that its key is to come from.
		default:
			c.sim.fail("promise 5: nothing wakes a%d: %s", w.row.ID, w.texts[id])
		}
	}
}

// released checks that an attempt which its owner let go of is driven on by
// the time that something of it is due.
func (c *checks) released(id model.AttemptID) {
	a, err := c.sim.store.Attempt(context.Background(), id)
	if err != nil {
		c.sim.fail("read attempt %d: %v", id, err)
		return
	}
	for _, r := range c.attempts[id].rows {
		if r.State.Final() {
			continue
		}
		deadline := r.Deadline
		if r.Flags&engine.LimitSeen != 0 {
			deadline = 0
		}
		for _, due := range []model.Instant{r.Wake, deadline} {
			if due != 0 && due < a.Wake {
				c.sim.fail("promise 5: a%d sleeps until %d, past %s", id, a.Wake, rowText(&r))
			}
		}
		if r.State == model.Running {
			c.sim.fail("promise 5: a%d is let go of with a task that runs: %s", id, rowText(&r))
		}
	}
}

// sleepsSafely checks that an attempt without owner will be woken, where
// anything but a post is to wake it.
func (c *checks) sleepsSafely(w *witness, a *store.Attempt) {
	switch {
	case a.Owner != "" || a.Wake == 0 || a.Wake <= c.sim.now:
		return
	case a.Wake == model.Never && w.row.Started == 0 && w.freed:
		c.sim.fail("promise 5: a%d waits for ever, but session %d has ended", a.ID, a.After)
	case len(w.posts) > 0 && !c.heldBack(w):
		c.sim.fail("promise 5: a%d sleeps until %d, with a post in its inbox", a.ID, a.Wake)
	case w.row.Started != 0:
		c.released(a.ID)
	}
}

// armed checks after a step that the process will be there when something of
// what it drives is due, or of what it knows that nobody drives and has room for.
func (c *checks) armed(p *process) {
	now := model.InstantOf(p.machine.watch.Now())
	if p.due > now && p.core.NextDue() > p.due && c.sim.office.maxDriven == 0 {
		c.sim.fail("promise 7: something that nobody drives is due at %.6f, and %s wakes at %.6f",
			p.due.Sub(origin).Seconds(), p.owner, p.core.NextDue().Sub(origin).Seconds())
	}
	for _, w := range c.order {
		a, ok := p.core.Attempt(w.row.ID)
		if !ok {
			continue
		}
		if next := a.NextWake(); next != 0 && next < p.core.NextDue() && !isPutOff(a, next) {
			c.sim.fail("promise 5: a%d is due at %.6f, and %s wakes at %.6f", w.row.ID,
				next.Sub(origin).Seconds(), p.owner, p.core.NextDue().Sub(origin).Seconds())
		}
	}
}

// isPutOff reports whether an instant is that of a time limit which does not pass as
// long as its task waits for slots.
func isPutOff(a *engine.Attempt, at model.Instant) bool {
	for v := range a.Tasks() {
		if v.State == model.Running && len(v.Node.Slots) > 0 && v.Deadline == at {
			return true
		}
	}
	return false
}

// inTime checks that what waits for a time is not woken before it comes,
// unless by a message.
func (c *checks) inTime(old, now *engine.TaskRow) {
	slept := old.State == model.Waiting && old.Wake != 0
	if slept && now.Try > old.Try && now.Flags&engine.Handling == 0 && c.sim.now.Add(maxSkew) < old.Wake {
		c.sim.fail("promise 5: woken too early\nfrom %s\nto   %s", rowText(old), rowText(now))
	}
}
