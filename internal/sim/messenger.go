package sim

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// messenger sends messages to tasks that wait for them, each again until it is
// acknowledged, and sometimes again after that.
type messenger struct {
	sim   *simulation
	dice  dice
	mails map[taskKey]*mail
}

type taskKey struct {
	attempt model.AttemptID
	task    model.TaskID
}

// mail is what one task gets.
type mail struct {
	count int
	// under is set while a message is under way.
	under bool
}

func newMessenger(s *simulation) *messenger {
	return &messenger{sim: s, dice: newDice(s.seed, "messenger"), mails: make(map[taskKey]*mail)}
}

func (m *messenger) look() {
	m.sim.after(time.Second, m.look)
	for _, a := range m.sim.checks.running() {
		for id := range a.ids() {
			r := a.rows[id]
			if m.wants(a, &r) && (m.sim.now >= m.sim.peace || m.dice.chance(0.3)) {
				m.send(a.row.ID, &r)
			}
		}
	}
}

// wants reports whether a task is to get a message. Some never get one, and none
// that runs for a late one gets another, unless it asks for it: it would go on for
// ever.
func (m *messenger) wants(a *witness, r *engine.TaskRow) bool {
	if r.Detail == nil || len(r.Detail.Keys) == 0 || m.sim.silent(a.row.ID, r.ID) {
		return false
	}
	if defined := r.Detail.Keys[0].Param != ""; r.Flags&engine.Late != 0 && defined {
		return false
	}
	if m.sim.office != nil && (a.isUnderWay(r.ID) || len(r.Detail.Inbox) > 2) {
		return false
	}
	return r.State == model.Waiting || (r.State == model.Running || r.State == model.Blocked) && !m.sim.steady
}

// silent reports whether nobody ever sends a message to that task.
func (s *simulation) silent(a model.AttemptID, id model.TaskID) bool {
	return !s.steady && hashOf(fmt.Sprint(s.seed, a, id))%8 == 0
}

func (m *messenger) send(a model.AttemptID, r *engine.TaskRow) {
	key := taskKey{a, r.ID}
	to := m.mails[key]
	if to == nil {
		to = &mail{}
		m.mails[key] = to
	}
	source := fmt.Sprintf("%s#%d", r.Name, to.count)
	command := engine.Command{
		Kind: engine.Deliver, Task: r.ID, Message: &engine.Message{Source: source, Topic: topic, Body: int64(to.count)},
	}
	switch {
	case to.under:
		return
	case m.sim.office != nil:
		to.under = true
		m.sim.post(m.dice, a, command, func(err error) {
			to.under = false
			if err == nil && (m.sim.steady || m.dice.chance(0.7)) {
				to.count++
			}
		})
		return
	}
	p := m.sim.ownerOf(a, m.dice)
	if p == nil {
		return
	}
	to.under = true
	m.sim.request(p, conductor.Stimulus{Attempt: a, Command: command}, func(err error) {
		p.note("message %s to a%d: %v", source, a, err)
		to.under = false
		if err != nil {
			return
		}
		m.sim.checks.kept(a, key.task, source)
		if m.sim.steady || m.dice.chance(0.7) {
			to.count++
		}
	})
}
