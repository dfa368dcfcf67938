package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// meddler sends commands to attempts that run, as people do, and reports and
// timers of what is over already, as networks do.
type meddler struct {
	sim  *simulation
	dice dice
	// zeal is how likely a look leads to a command.
	zeal  float64
	count int64
}

func newMeddler(s *simulation) *meddler {
	d := newDice(s.seed, "meddler")
	return &meddler{sim: s, dice: d, zeal: pick(d, 0, 0.2, 0.8)}
}

func (m *meddler) look() {
	if m.sim.now >= m.sim.peace {
		return
	}
	m.sim.after(m.dice.between(200*time.Millisecond, 3*time.Second), m.look)
	running := m.sim.checks.running()
	if len(running) == 0 || !m.dice.chance(m.zeal) {
		return
	}
	a := running[m.dice.IntN(len(running))]
	if a.queued() && m.dice.chance(0.3) {
		m.callOff(a)
		return
	}
	if m.sim.office != nil && m.dice.chance(0.7) {
		m.order(a)
		return
	}
	p := m.sim.ownerOf(a.row.ID, m.dice)
	switch {
	case p == nil:
	case m.dice.chance(0.02) && !m.sim.checks.heldBack(a):
		m.abandon(p, a.row.ID)
	default:
		c := m.command(a)
		m.sim.request(p, conductor.Stimulus{Attempt: a.row.ID, Command: c}, func(err error) {
			p.note("command %d on a%d/%d: %v", c.Kind, a.row.ID, c.Task, err)
		})
	}
}

// order sends a command by way of the store. Nobody sends one to an attempt
// that is held back.
func (m *meddler) order(a *witness) {
	id, c := a.row.ID, m.command(a)
	switch {
	case c.Kind == engine.Kill:
		m.sim.call(m.dice, func(p *process) error {
			_, err := p.server.service.Kill(context.Background(), id, "")
			return err
		}, func(err error) { m.sim.checks.killed(a, err) })
	case a.row.Started != 0 || a.info.After == 0 && !a.queued():
		m.sim.post(m.dice, id, c, nil)
	}
}

// callOff ends what waits in the queue, of one attempt or of all of its workflow: what
// is admitted meanwhile goes on.
func (m *meddler) callOff(a *witness) {
	f := store.QueueFilter{Attempts: []model.AttemptID{a.row.ID}}
	if m.dice.chance(0.3) {
		f = store.QueueFilter{Workflow: a.info.Session.Workflow}
	}
	m.sim.call(m.dice, func(p *process) error {
		_, err := p.server.service.CancelQueued(context.Background(), f)
		return err
	}, func(err error) {
		if err != nil || f.Attempts != nil && a.queued() {
			m.sim.fail("queue: a%d still waits, though it was called off: %v", a.row.ID, err)
		}
	})
}

// abandon asks for the end of an attempt that nobody may be driving.
func (m *meddler) abandon(p *process, id model.AttemptID) {
	m.sim.request(p, conductor.Stimulus{Do: func(c *conductor.Core) error {
		return c.Abandon(context.Background(), id)
	}}, func(err error) { p.note("abandon a%d: %v", id, err) })
}

// command makes one up.
func (m *meddler) command(a *witness) engine.Command {
	m.count++
	c := engine.Command{Task: model.TaskID(m.dice.IntN(int(a.row.Tasks) + 1))}
	if r, ok := a.rows[c.Task]; ok {
		c.Try = r.Try - int32(m.dice.IntN(2)+1)
	}
	switch m.dice.IntN(13) {
	case 0:
		if m.dice.chance(0.3) {
			c.Kind = engine.Kill
		}
	case 1:
		c.Kind = pick(m.dice, engine.Cancel, engine.Skip)
	case 2, 3:
		c.Kind = engine.Edit
		c.Task = 0
		c.Params = params.Of(pick(m.dice, "order", "later", "edited"), m.count, "deep", params.Of("edit", m.count))
	case 4, 5:
		c.Kind = engine.SkipTo
	case 6, 7:
		c.Kind = engine.Again
	case 8, 9:
		c.Kind = engine.Append
		c.Node = m.sim.subtasks(m.dice.Uint64())
		c.Node.Name = fmt.Sprintf("%s-%d", c.Node.Name, m.count)
	case 10:
		c.Kind = pick(m.dice, engine.Succeed, engine.Fail, engine.WaitFor, engine.TryCancelled, engine.Lose, engine.Judge)
		c.Verdict = &engine.Verdict{Reason: "meddled with"}
	case 11:
		c.Kind = pick(m.dice, engine.Wake, engine.Expire)
	case 12:
		c.Kind = engine.Deliver
		c.Message = &engine.Message{Source: fmt.Sprint("stray#", m.count), Topic: topic}
	}
	return c
}
