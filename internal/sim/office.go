package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// office is who servers work for: how they are configured, and the people who
// push a project and change its schedules.
type office struct {
	sim  *simulation
	dice dice

	patrol, unload        time.Duration
	attemptTTL, taskTTL   time.Duration
	maxDriven, maxRunning int
	// pace is how many times longer than usual waits are.
	pace int
	// watched says that clients wait for attempts with the process that drives
	// them; else they are content to know that there is one.
	watched bool

	revisions []*revision
	// requests counts those without an answer.
	requests int
	// closed is set once nobody asks for anything any more and no schedule is
	// enabled.
	closed bool
}

// newOffice decides how the servers of a simulation are configured.
func newOffice(s *simulation, d dice) *office {
	of := &office{
		sim: s, dice: d,
		patrol: pick(d, time.Second, 2*time.Second),
		unload: pick(d, 0, 2*time.Second, 10*time.Second, 10*time.Second, time.Minute),
		pace:   pick(d, 1, 1, 1, 1, 10, 10, 10, 120),
	}
	if of.watched = d.chance(0.3); !of.watched && of.unload > 0 && d.chance(0.3) {
		of.maxDriven = 1 + d.IntN(4)
	}
	if s.steady {
		return of
	}
	if d.chance(0.25) {
		of.attemptTTL = d.between(time.Minute, 10*time.Minute)
	}
	if d.chance(0.25) {
		of.taskTTL = d.between(time.Minute, 10*time.Minute)
	}
	if d.chance(0.2) {
		of.maxRunning = 3 + d.IntN(10)
	}
	return of
}

// slow makes the waits of a tree as long as the office's pace says.
func (s *simulation) slow(n *workflow.Node) {
	if s.office == nil || n == nil || s.office.pace == 1 {
		return
	}
	pace := time.Duration(s.office.pace)
	n.Retry.Interval *= pace
	n.Retry.Max *= pace
	n.Limit.After *= pace
	if n.Wait != nil {
		n.Wait.For *= pace
	}
	s.slow(n.Check)
	s.slow(n.Limit.Hook)
	for _, list := range [][]*workflow.Node{n.Children, n.OnFailure} {
		for _, kid := range list {
			s.slow(kid)
		}
	}
}

// pace is how long a task rests that asks to be run again.
func (s *simulation) pace() time.Duration {
	if s.office == nil {
		return time.Second
	}
	return time.Duration(s.office.pace) * time.Second
}

// call has some process do what a client wants, again and again until there is
// an answer that arrives.
func (s *simulation) call(d dice, do func(*process) error, answer func(error)) {
	p := s.anyProcess(d)
	if p == nil {
		s.after(time.Second, func() { s.call(d, do, answer) })
		return
	}
	err := do(p)
	if p.dead || model.CodeOf(err) == model.Unavailable || d.chance(s.faults().answerLost) {
		s.after(d.between(time.Second, 3*time.Second), func() { s.call(d, do, answer) })
		return
	}
	answer(err)
}

// post puts a command into the inbox of an attempt. An answer, when set, is
// called with the outcome.
func (s *simulation) post(d dice, id model.AttemptID, c engine.Command, answer func(error)) {
	s.call(d, func(p *process) error {
		return p.link.Post(context.Background(), []store.Post{{Attempt: id, Command: s.checks.marked(c)}})
	}, func(err error) {
		s.log.note(s.now, "post of command %d to a%d/%d: %v", c.Kind, id, c.Task, err)
		if answer != nil {
			answer(err)
		}
	})
}

// disturb notes that something goes wrong, or has just ceased to.
func (s *simulation) disturb() { s.disturbed = s.now }

// revision is a revision that somebody pushes.
type revision struct {
	name string
	// rules are the schedules of its workflows, plans what they are to the
	// service.
	rules map[string]*rule
	plans map[string]*schedule.Schedule
	push  store.Push
	// from is when schedules begin that have not run, and clear whether all
	// begin anew; both as in the request that the store took.
	from  model.Instant
	clear bool
}

// revision returns the revision of a name.
func (of *office) revision(name string) *revision {
	for _, r := range of.revisions {
		if r.name == name {
			return r
		}
	}
	return nil
}

// newRevision makes the next revision up: some workflows of a few names.
func (of *office) newRevision() *revision {
	r := &revision{name: fmt.Sprint("r", len(of.revisions)+1), rules: make(map[string]*rule), plans: make(map[string]*schedule.Schedule)}
	r.push = store.Push{Project: "p", Revision: store.Revision{Name: r.name, Archive: store.Archive{Type: "none"}}}
	for i := range 3 {
		if i > 0 && of.dice.chance(0.4) {
			continue
		}
		name := fmt.Sprint("s", i)
		g := &generator{dice: newDice(of.sim.seed, r.name+name), steady: of.sim.steady, size: 1 + of.dice.IntN(4), label: "+"}
		root, plan := g.group(0), newRule(of.dice)
		root.Name = "+" + name
		of.sim.slow(root)
		def := &workflow.Workflow{Name: name, Root: root, Schedule: plan.section}
		of.sim.enlist(def)
		c, err := schedule.NewCalendar(plan.zone, plan.section)
		if err = errors.Join(err, def.Finish()); err != nil {
			of.sim.fail("generated workflow: %v", err)
		}
		r.rules[name], r.plans[name] = plan, c.Schedule
		r.push.Workflows = append(r.push.Workflows, store.Workflow{Name: name, Zone: plan.zone, Config: params.Map{}, Definition: def})
	}
	of.revisions = append(of.revisions, r)
	return r
}
