package sim

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// echoes are messages for attempts that a process has let go of without hearing that
// it did. While that waits for an answer, others may drive the attempts, and let go of
// them, and they may be given to it again.
type echoes struct {
	sim  *simulation
	dice dice
	// often is how likely the answer to a commit is lost that lets go of attempts.
	often float64
}

func newEchoes(s *simulation) echoes {
	d := newDice(s.seed, "echoes")
	return echoes{s, d, pick(d, 0, 0.1, 0.5)}
}

// mostEchoes is how many come at most.
const mostEchoes = 6

// unheard is called when a commit of a process has let go of attempts. It reports
// whether the answer is lost.
func (e *echoes) unheard(p *process, releases []store.Release) bool {
	if e.sim.faults() == (faults{}) || !e.dice.chance(e.often) {
		return false
	}
	p.fault("commit: the answer that it let go of %d attempts is lost", len(releases))
	silence := e.dice.between(retryAfter, 8*time.Second)
	p.asleep = max(p.asleep, e.sim.now.Add(silence))
	for range 1 + e.dice.IntN(mostEchoes) {
		id := releases[e.dice.IntN(len(releases))].Attempt
		e.sim.after(e.dice.between(0, silence), func() { e.come(p, id) })
	}
	return true
}

// come brings a message to whatever an attempt listens to: most often by the process
// that does not know of its release.
func (e *echoes) come(p *process, id model.AttemptID) {
	if e.dice.chance(0.4) {
		p = e.sim.anyProcess(e.dice)
	}
	list, _, err := e.sim.store.ListSubscriptions(context.Background(), store.SubscriptionFilter{Attempt: id}, store.Page{})
	if err != nil {
		e.sim.fail("list subscriptions: %v", err)
	}
	if p == nil || p.dead || len(list) == 0 {
		return
	}
	to := list[e.dice.IntN(len(list))].Key
	m := e.sim.broker.message()
	m.Keys = []store.MessageKey{{Param: to.Param, Value: to.Value}}
	if err := p.deliver(store.Delivery{Messages: []store.Message{m}, Now: e.sim.now}); err != nil {
		p.note("echo: %v", err)
	}
}
