package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// server is what a process has beside its conductor.
type server struct {
	service   *service.Service
	scheduler *conductor.Scheduler
	unwatch   func()
	// looking is set while a look for what others left is still to come.
	looking bool
	// held is set while the process stands still in the middle of a call.
	held bool
	// lookedAt is when it last read which schedules are due.
	lookedAt model.Instant
}

// serve makes a process a server.
func (p *process) serve(cfg *conductor.Config) {
	of, clock := p.sim.office, &p.machine.watch
	cfg.Patrol, cfg.Unload, cfg.MaxDriven = of.patrol, of.unload, of.maxDriven
	cfg.AttemptTTL, cfg.TaskTTL = of.attemptTTL, of.taskTTL
	cfg.Pools = p.sim.slots()
	cfg.TimedOut = func(t conductor.Timeout) { p.sim.checks.timedOut(p, &t) }
	ids := 0
	uuid := func() string {
		ids++
		return fmt.Sprintf("%s-%d", p.owner, ids)
	}
	p.server = &server{
		service: service.New(service.Config{
			Store: p.link, Clock: clock, NewUUID: uuid, Limits: service.Limits{Attempts: of.maxRunning}, Turns: p.sim.turns(),
		}),
		scheduler: conductor.NewScheduler(conductor.SchedulerConfig{
			Store: p.link, Clock: clock, NewUUID: uuid, MaxRunning: of.maxRunning, Turns: p.sim.turns(),
		}),
		unwatch: p.sim.store.Watch(p.look),
	}
}

// look has the core look for what others left, if the call arrives.
func (p *process) look() {
	if p.server.looking || p.dice.chance(p.faults().callLost) {
		return
	}
	p.server.looking = true
	p.send(conductor.Stimulus{Do: func(c *conductor.Core) error {
		p.server.looking = false
		c.Look()
		return nil
	}})
}

// schedule steps the scheduler and plans its next step.
func (p *process) schedule() {
	switch {
	case p.dead:
	case !p.awake():
		p.sim.at(max(p.asleep, p.sim.now.Add(retryAfter)), p.schedule)
	default:
		next, err := p.server.scheduler.Step(context.Background())
		if err != nil {
			p.note("scheduler: %v", err)
		}
		p.sim.at(next.Add(-p.machine.watch.skew), p.schedule)
	}
}

// stall lets the world go on while the process stands still, or not.
func (p *process) stall() {
	if p.server == nil || p.dead || !p.dice.chance(p.faults().stall) {
		return
	}
	d := p.dice.between(10*time.Millisecond, 3*leaseFor)
	p.fault("stands still for %v", d)
	p.server.held = true
	p.sim.until(p.sim.now.Add(d), func() bool { return !p.dead && p.sim.broken == nil })
	p.server.held = false
	p.fault("goes on")
}

// forward hands reports to the core, or posts them where the attempt is not
// driven here.
func (p *process) forward(reports []conductor.Stimulus) {
	for _, r := range reports {
		if _, here := p.core.Attempt(r.Attempt); here || p.dice.chance(0.3) {
			p.inbox = append(p.inbox, r)
		} else {
			p.sim.post(p.dice, r.Attempt, r.Command, nil)
		}
	}
}

func (p *process) posted(posts []store.Post) { p.sim.checks.posted(p.owner, posts) }

func (p *process) delivered(d *store.Delivery, outcomes []store.Delivered) {
	p.sim.checks.delivered(p.owner, d, outcomes)
}

func (p *process) pushed(push *store.Push, project *store.Project) {
	p.sim.checks.pushed(p, push, project)
}

func (p *process) changed(s *store.Schedule) { p.sim.checks.changed(p, s) }

func (p *process) fired(firings []store.Firing, fired []store.Fired) {
	p.sim.checks.fired(p, firings, fired)
}

func (p *process) sawDue(at model.Instant) { p.due = at }

func (p *process) looked() {
	if p.server != nil {
		p.server.lookedAt = p.sim.now
	}
}
