package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// machine is a place where one process runs at a time, with its own clock.
type machine struct {
	sim    *simulation
	name   string
	watch  watch
	starts int
	up     *process // nil while nothing runs
}

// process is a conductor's core with a runner, from its start to its death.
type process struct {
	sim     *simulation
	machine *machine
	owner   string
	core    *conductor.Core
	crew    crew
	dice    dice
	inbox   []conductor.Stimulus
	// epoch is that of the lease, as the store has it, and until when it lasts.
	// Lapsed is set once the process had another one that ran out.
	epoch  int64
	until  model.Instant
	lapsed bool
	dead   bool
	// due is when an attempt is due that nobody drives, as it last read.
	due model.Instant
	// wrote is set once the step that is under way has been committed.
	wrote bool
	// asleep is until when the process does nothing.
	asleep model.Instant
	// failing is since when the store has not answered its steps, or zero.
	failing model.Instant
	// stepAt is when the next step is planned; zero when none is.
	stepAt model.Instant
	link   *link
	// server is what it has as a server; nil where it is none.
	server *server
	// kept holds tries that it has found with workers, or over, as it took
	// their attempts over.
	kept map[runner.ID]bool
	// letGo are the attempts that it has let go of, and not looked at since.
	letGo map[model.AttemptID]bool
}

// start begins a new process, under a name that none had before.
func (m *machine) start() {
	m.starts++
	owner := fmt.Sprintf("%s.%d", m.name, m.starts)
	p := &process{sim: m.sim, machine: m, owner: owner, dice: newDice(m.sim.seed, owner), letGo: make(map[model.AttemptID]bool)}
	p.link = &link{Store: m.sim.store, dice: p.dice, host: p, page: pick(newDice(m.sim.seed, "pages"), 0, 1, 2, 5, 30)}
	cfg := conductor.Config{
		Store:    p.link,
		Runner:   p.runner(newDice(m.sim.seed, owner+" runner")),
		Open:     p.open,
		Owner:    owner,
		Clock:    &m.watch,
		TakeOver: func(s *store.Snapshot) { m.sim.checks.takenOver(p, s) },
		LeaseFor: leaseFor,
	}
	if m.sim.office != nil {
		p.serve(&cfg)
	}
	p.core = conductor.NewCore(cfg)
	_ = p.crew.Start(p.receive) // the model's Start never fails
	m.up = p
	p.fault("starts")
	p.stepBy(m.sim.now)
	if p.server == nil {
		p.patrol()
	} else {
		p.schedule()
	}
	if p.sim.sensors != nil {
		p.sim.sensors.sense(p)
	}
	if q := p.sim.queue; q != nil {
		p.admit(conductor.NewAdmitter(conductor.AdmitterConfig{Store: p.link, Limits: q.limits, Clock: &m.watch}))
	}
}

// runner returns what runs the tries of the process: itself, or workers.
func (p *process) runner(d dice) runner.Runner {
	if p.sim.workshop == nil {
		p.crew = newJobs(&p.sim.world, d, p.sim.faults)
		return hands{p.crew, p}
	}
	c := &courier{shop: p.sim.workshop, process: p, dice: d}
	p.crew = c
	return adopting{hands{c, p}, c}
}

// receive hands reports to whatever runs on the machine now.
func (m *machine) receive(reports []runner.Report) {
	if m.up != nil {
		m.up.receive(reports)
	}
}

func (p *process) note(format string, args ...any) {
	p.sim.log.note(p.sim.now, "%s %s", p.owner, fmt.Sprintf(format, args...))
}

// open turns dispatches into jobs.
func (p *process) open(a store.Attempt, _ *workflow.Workflow) func(*engine.Effect) runner.Job {
	return func(e *engine.Effect) runner.Job {
		id := model.TryID{Attempt: a.ID, Task: e.Task, Try: e.Try}
		return runner.Job{ID: id, Task: e.Name, Work: &body{sim: p.sim, id: id, effect: *e}}
	}
}

func (p *process) receive(reports []runner.Report) {
	for _, r := range reports {
		p.note("hears of %v: lost=%t", r.ID, r.Lost)
	}
	if p.server == nil {
		p.inbox = conductor.Stimuli(p.inbox, reports)
	} else {
		p.forward(conductor.Stimuli(nil, reports))
	}
	p.stepSoon()
}

// send gives the process a stimulus. Its Reply is not called when the process
// dies before it answers.
func (p *process) send(s conductor.Stimulus) {
	if reply := s.Reply; reply != nil {
		s.Reply = func(err error) {
			if !p.dead {
				reply(err)
			}
		}
	}
	p.inbox = append(p.inbox, s)
	p.stepSoon()
}

func (p *process) stepSoon() { p.stepBy(p.sim.now.Add(p.dice.between(0, 5*time.Millisecond))) }

// stepBy plans a step, unless one is planned for before.
func (p *process) stepBy(at model.Instant) {
	at = max(at, p.asleep, p.sim.now)
	if p.stepAt != 0 && p.stepAt <= at {
		return
	}
	p.stepAt = at
	p.sim.at(at, func() {
		if p.stepAt == at && !p.dead {
			p.stepAt = 0
			p.step()
		}
	})
}

func (p *process) step() {
	if !p.awake() {
		p.stepBy(max(p.asleep, p.sim.now.Add(retryAfter)))
		return
	}
	taken := p.inbox
	p.inbox = nil
	err := p.core.Step(context.Background(), taken)
	switch {
	case p.dead:
	case errors.Is(err, conductor.ErrFenced):
		p.sim.checks.fenced(p)
		p.die("fenced")
	case err != nil:
		p.note("step: %v", err)
		p.despair()
		p.stepBy(p.sim.now.Add(retryAfter))
	default:
		p.failing = 0
		p.sim.checks.stepped(p)
		p.wrote = false
		p.stepBy(p.core.NextDue().Add(-p.machine.watch.skew))
	}
}

// despair ends a server that the store does not answer for too long.
func (p *process) despair() {
	if p.failing == 0 {
		p.failing = p.sim.now
	}
	if p.server != nil && p.sim.now.Sub(p.failing) > storePatience {
		p.die("gives up on the store")
	}
}

// awake reports whether the process can do anything now.
func (p *process) awake() bool {
	return !p.dead && p.asleep <= p.sim.now && (p.server == nil || !p.server.held)
}

// deliver gives messages to the store, and drives on who gets them, as a conductor
// does.
func (p *process) deliver(d store.Delivery) error {
	_, given, err := p.link.DeliverTo(context.Background(), d, p.core.Claimant())
	p.send(conductor.Stimulus{Do: func(c *conductor.Core) error {
		c.Given(given, err)
		return nil
	}})
	return err
}

// patrol looks for attempts that nobody drives, now and then.
func (p *process) patrol() {
	if p.dead {
		return
	}
	p.send(conductor.Stimulus{Do: func(c *conductor.Core) error {
		ids, err := c.Claim(context.Background(), 1+p.dice.IntN(5))
		if len(ids) > 0 || err != nil {
			p.note("claims %v, %v", ids, err)
		}
		return err
	}})
	p.sim.after(patrolEvery, p.patrol)
}

// die ends the process as it stands. The machine starts another one later.
func (p *process) die(why string) {
	if p.dead {
		return
	}
	p.fault("dies: %s", why)
	p.dead = true
	if p.server != nil {
		p.server.unwatch()
	}
	p.machine.up = nil
	p.crew.crash(p.machine.receive)
	if p.dice.chance(0.5) {
		p.endLease()
	}
	p.sim.after(p.dice.between(10*time.Millisecond, 20*time.Second), p.machine.start)
}

// leave ends the process as an orderly stop does.
func (p *process) leave() {
	_ = p.crew.Close() // the model's Close never fails
	p.note("leaves")
	if p.core.Step(context.Background(), p.inbox) == nil && !p.dead {
		p.inbox = nil
		p.endLease()
	}
	p.die("left")
}

// endLease tells the store that the process drives nothing any more: by itself
// as it leaves, or because its death is proven.
func (p *process) endLease() {
	if p.cut() {
		return // it ends by running out
	}
	if err := p.sim.store.EndLease(context.Background(), p.owner, p.epoch); err != nil {
		p.sim.fail("end the lease of %s: %v", p.owner, err)
	}
}

// What the process is to its link.
func (p *process) faults() faults { return p.sim.faults() }

func (p *process) gone() bool { return p.dead }

func (p *process) cut() bool { return p.sim.now < p.sim.outage }

func (p *process) fault(format string, args ...any) {
	p.sim.disturbed = p.sim.now
	p.note(format, args...)
}

func (p *process) made(a *store.Attempt, def *workflow.Workflow) { p.sim.checks.made(a, def) }

func (p *process) committed(b *store.Batch) {
	p.wrote = true
	p.sim.checks.committed(p, b)
}

func (p *process) loaded(ids []model.AttemptID) {
	for _, id := range ids {
		delete(p.letGo, id)
	}
}

func (p *process) unheard(releases []store.Release) bool {
	b := p.sim.broker
	return b != nil && b.echoes.unheard(p, releases)
}

func (p *process) claimed(ids []model.AttemptID) {
	p.sim.checks.claimed = p.sim.now
	p.note("is given %v", ids)
}

func (p *process) leased(epoch int64, d time.Duration) {
	p.lapsed = p.epoch != 0 && epoch != p.epoch
	p.epoch, p.until = epoch, p.sim.now.Add(d)
}

var _ host = (*process)(nil)

// hands is the runner as the core sees it.
type hands struct {
	crew
	process *process
}

// Submit implements runner.Runner; the process may die half-way.
func (h hands) Submit(batch []runner.Job) {
	for i := range batch {
		if h.process.dead {
			return
		}
		if h.process.dice.chance(h.process.faults().dieSubmitting) {
			h.process.die("while submitting")
			return
		}
		h.process.note("submits %v %s", batch[i].ID, batch[i].Task)
		h.process.sim.checks.submitted(h.process, &batch[i])
		h.crew.Submit(batch[i : i+1])
	}
}

// Cancel implements runner.Runner.
func (h hands) Cancel(id runner.ID) {
	if !h.process.dead {
		h.process.note("cancels %v", id)
		h.crew.Cancel(id)
	}
}
