package sim

import (
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// crew is a model of a runner that a process has.
type crew interface {
	runner.Runner
	// crash ends it with its process. What goes on elsewhere tells heir.
	crash(heir func([]runner.Report))
}

// courier is the runner of a server that has its tries run in a workshop: it
// carries them there, and what is called off, one after the other.
type courier struct {
	shop    *workshop
	process *process
	dice    dice
	report  func([]runner.Report)
	errands []errand
	// walking is set while an errand is under way.
	walking, closed bool
}

// errand is to put a job on the queue, or to call it off.
type errand struct {
	runner.Job
	callOff bool
}

// Start implements runner.Runner.
func (c *courier) Start(report func([]runner.Report)) error {
	c.report = report
	return nil
}

// Submit implements runner.Runner.
func (c *courier) Submit(batch []runner.Job) {
	for _, j := range batch {
		c.add(errand{Job: j})
	}
}

// Cancel implements runner.Runner.
func (c *courier) Cancel(id runner.ID) { c.add(errand{Job: runner.Job{ID: id}, callOff: true}) }

func (c *courier) add(e errand) {
	if !c.closed {
		c.errands = append(c.errands, e)
		c.walk()
	}
}

// walk does the first errand, sometime soon.
func (c *courier) walk() {
	if c.walking || len(c.errands) == 0 {
		return
	}
	c.walking = true
	c.shop.sim.after(c.dice.between(0, 50*time.Millisecond), func() {
		c.walking = false
		c.arrive()
		c.walk()
	})
}

// arrive does the first errand, if it gets through.
func (c *courier) arrive() {
	s := c.shop.sim
	f := s.faults()
	switch {
	case len(c.errands) == 0:
	case !c.closed && !c.process.awake():
	case s.now < s.outage, c.dice.chance(f.requestLost):
		c.process.fault("does not reach the queue")
	default:
		c.do(c.errands[0])
		if !c.dice.chance(f.replyLost) && len(c.errands) > 0 {
			c.errands = c.errands[1:]
		}
	}
}

func (c *courier) do(e errand) {
	switch {
	case !e.callOff:
		c.shop.put(e.Job)
	case c.shop.callOff(e.ID) && !c.closed:
		c.report([]runner.Report{{ID: e.ID, Outcome: runner.ErrCancelled}})
	}
}

// Close implements runner.Runner. What was carried away goes on.
func (c *courier) Close() error {
	c.closed, c.errands = true, nil
	return nil
}

// crash implements crew. One errand may still arrive.
func (c *courier) crash(func([]runner.Report)) {
	c.closed = true
	last := 0
	if c.walking && c.dice.chance(0.5) {
		last = 1
	}
	c.errands = c.errands[:min(last, len(c.errands))]
}

// adopt returns the tries of an attempt that the workshop has or will get.
func (c *courier) adopt(id model.AttemptID) (list []runner.ID) {
	for _, e := range c.errands {
		if e.ID.Attempt == id && !e.callOff {
			list = append(list, e.ID)
		}
	}
	for _, t := range c.shop.tickets {
		if t.ID.Attempt == id {
			list = append(list, t.ID)
		}
	}
	return list
}

// callsOff reports whether the end of a try is still to be asked for.
func (c *courier) callsOff(id runner.ID) bool {
	return slices.ContainsFunc(c.errands, func(e errand) bool { return e.ID == id && e.callOff })
}

// adopting are the hands of a server whose tries outlive it.
type adopting struct {
	hands
	courier *courier
}

// Adopt implements runner.Adopter.
func (a adopting) Adopt(_ context.Context, attempts ...model.AttemptID) ([]runner.ID, error) {
	return get(a.process.link, func() (all []runner.ID, _ error) {
		for _, id := range attempts {
			list := a.courier.adopt(id)
			a.process.note("has %v", list)
			a.process.sim.checks.adopted(a.process, id, list)
			all = append(all, list...)
		}
		return all, nil
	})
}

var (
	_ runner.Adopter = adopting{}
	_ crew           = (*courier)(nil)
	_ crew           = (*jobs)(nil)
)
