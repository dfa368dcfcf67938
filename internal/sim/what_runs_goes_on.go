package sim

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// What runs goes on: whoever takes an attempt over waits for those of its tries
// that workers have, and for those whose end is posted, and gives up none of
// them. What is to end there is called off, whoever drives the attempt by then.

// adopted is called when a process, as it takes an attempt over, learns which
// tries of it the workers have. Others have ended, and that is posted.
func (c *checks) adopted(p *process, id model.AttemptID, with []runner.ID) {
	if p.kept == nil {
		p.kept = make(map[runner.ID]bool)
	}
	for _, try := range with {
		p.kept[try] = true
	}
	for _, one := range c.attempts[id].posts {
		if one.command.Try != 0 && one.command.Kind <= engine.TryCancelled {
			p.kept[model.TryID{Attempt: id, Task: one.command.Task, Try: one.command.Try}] = true
		}
	}
}

// saidLost notes that somebody told that a try is lost.
func (c *checks) saidLost(one store.Post) {
	if one.Command.Kind == engine.Lose {
		c.losses[model.TryID{Attempt: one.Attempt, Task: one.Command.Task, Try: one.Command.Try}] = true
	}
}

// givesUp checks an event that a process writes: if a try is lost, then not one
// that was kept, unless somebody told so.
func (c *checks) givesUp(p *process, e *engine.Event) {
	try := model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try}
	if e.Kind == engine.TryLost && p.kept[try] && !c.losses[try] {
		c.sim.fail("promise 2: %s gives up try %v, which goes on or has ended", p.owner, try)
	}
}

// callsOff checks after a step that what is to end and is with a worker was
// called off: by this process, or before that by another.
func (c *checks) callsOff(p *process) {
	desk, ok := p.crew.(*courier)
	if !ok {
		return
	}
	for _, t := range desk.shop.tickets {
		if _, drives := p.core.Attempt(t.ID.Attempt); !drives || !c.owns(p, t.ID.Attempt) {
			continue
		}
		r := c.attempts[t.ID.Attempt].rows[t.ID.Task]
		asked := r.Flags&(engine.CancelAsked|engine.SkipAsked|engine.TimedOut) != 0
		if asked && r.State == model.Running && r.Try == t.ID.Try && !t.calledOff && !desk.callsOff(t.ID) {
			c.sim.fail("promise 2: try %v is to end, and %s does not call it off", t.ID, p.owner)
		}
	}
}
