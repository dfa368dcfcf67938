package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// client wants one attempt to be started, and asks until it knows that it is.
type client struct {
	sim   *simulation
	dice  dice
	start store.Start
	// id is that of the attempt, once a start was acknowledged.
	id model.AttemptID
	// refused is set once a start was refused for good.
	refused bool
}

// newClients plans the starts: some sessions, of which some have a second
// attempt, and some starts that are asked for by two clients at once.
func (s *simulation) newClients(d dice) {
	for i := range 1 + d.IntN(3) {
		name := fmt.Sprint("w", i)
		def := newWorkflow(newDice(s.seed, name), name, s.steady)
		s.slow(def.Root)
		s.enlist(def)
		if err := def.Finish(); err != nil {
			s.fail("generated workflow: %v", err)
			return
		}
		start := store.Start{
			Session: store.Session{UUID: name, Project: model.ProjectID(i % 2), Workflow: name, Key: "k"},
			Params:  newParams(i), Definition: def, Zone: def.Zone,
		}
		if s.office != nil {
			start.Session.Time, start.Session.Key = origin, conductor.SessionKey(origin.Time())
		}
		s.newClient(d, start)
		if d.chance(0.3) {
			s.newClient(d, start)
		}
		if d.chance(0.3) {
			start.Name = "second"
			s.newClient(d, start)
		}
	}
}

func (s *simulation) newClient(d dice, start store.Start) {
	turns := s.turns()
	turns.Ask(&start, nil, 0)
	c := &client{sim: s, dice: newDice(s.seed, fmt.Sprint("client ", len(s.clients))), start: start}
	s.clients = append(s.clients, c)
	s.after(d.between(0, 5*time.Second), c.ask)
}

// ask asks any process for the start, until one acknowledges it.
func (c *client) ask() {
	if c.sim.queue != nil || c.sim.office != nil && c.dice.chance(0.7) { // a core begins at once with what it starts
		c.order()
		return
	}
	p := c.sim.anyProcess(c.dice)
	if p == nil {
		c.sim.after(time.Second, c.ask)
		return
	}
	var made store.Attempt
	c.sim.request(p, conductor.Stimulus{Do: func(core *conductor.Core) error {
		var err error
		made, _, err = core.Start(context.Background(), c.start)
		return err
	}}, func(err error) {
		if err != nil {
			p.note("start of %s%s: %v", c.start.Session.Workflow, c.start.Name, err)
			c.sim.after(c.dice.between(time.Second, 3*time.Second), c.ask)
			return
		}
		p.note("acknowledges %s%s as a%d", c.start.Session.Workflow, c.start.Name, made.ID)
		c.acknowledged(made.ID)
	})
}

// acknowledged is called when the client is told that there is the attempt.
func (c *client) acknowledged(id model.AttemptID) {
	c.id = id
	c.sim.checks.acknowledged(&c.start, id)
	if c.sim.office == nil || c.sim.office.watched {
		c.watch()
	}
}

// order asks the service of any process for the start.
func (c *client) order() {
	w := &store.Workflow{
		Project: c.start.Session.Project, Name: c.start.Session.Workflow, Zone: c.start.Zone, Definition: c.start.Definition,
	}
	var made store.Attempt
	c.sim.call(c.dice, func(p *process) (err error) {
		made, err = p.server.service.Start(context.Background(), service.Start{
			Workflow: w, Session: c.start.Session.Time.Time(), Name: c.start.Name, Params: c.start.Params,
		})
		return err
	}, func(err error) {
		c.sim.log.note(c.sim.now, "order of %s%s: a%d, %v", w.Name, c.start.Name, made.ID, err)
		switch model.CodeOf(err) {
		case model.Exhausted:
			c.refused = true
		case model.Conflict: // it is there, under that name or as a later attempt
			c.acknowledged(c.sim.checks.names[attemptName{w.Project, w.Name, c.start.Session.Key, c.start.Name}])
		default:
			c.acknowledged(made.ID)
		}
	})
}

// watch waits for the end of the attempt with the process that drives it, and
// with the next one when that loses it.
func (c *client) watch() {
	p := c.sim.ownerOf(c.id, c.dice)
	if p == nil {
		c.sim.after(time.Second, c.watch)
		return
	}
	p.send(conductor.Stimulus{Do: func(core *conductor.Core) error {
		called := false
		here := core.Await(c.id, func(row engine.AttemptRow, err error) {
			if called {
				c.sim.fail("promise 1: who waits for a%d was told twice", c.id)
			}
			called = true
			if !p.dead || err != nil {
				c.told(row, err)
			}
		})
		if !here {
			c.sim.after(5*time.Second, c.watch)
		}
		return nil
	}})
}

// told is what whoever waits for an attempt hears.
func (c *client) told(row engine.AttemptRow, err error) {
	c.sim.log.note(c.sim.now, "a%d is %v, %v", row.ID, row.State, err != nil)
	switch {
	case err != nil:
		c.sim.after(time.Second, c.watch)
	case !c.sim.checks.attempts[c.id].row.State.Done() || attemptText(&row) != attemptText(&c.sim.checks.attempts[c.id].row):
		c.sim.fail("promise 1: who waits for a%d was told %s, committed is %s", c.id,
			attemptText(&row), attemptText(&c.sim.checks.attempts[c.id].row))
	}
}

// errSilent is what a client makes of an answer that does not come in time.
var errSilent = model.Errorf(model.Unavailable, "the conductor does not answer")

// request sends a stimulus and calls reply once: with the answer, or with
// errSilent when none comes in time.
func (s *simulation) request(p *process, st conductor.Stimulus, reply func(error)) {
	answered := false
	once := func(err error) {
		if !answered {
			answered = true
			reply(err)
		}
	}
	st.Reply = once
	p.send(st)
	s.after(replyWithin, func() { once(errSilent) })
}
