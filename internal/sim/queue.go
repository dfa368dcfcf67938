package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// queue is what attempts and tasks wait for where servers bound how many are under
// way: limits of the run queue, and pools of slots.
type queue struct {
	limits *admission.Limits
	pools  map[string]int
}

// maxWeight is how many places an attempt takes at most, and slots a task.
const maxWeight = 2

func newQueue(s *simulation, d dice) *queue {
	limits, err := admission.NewLimits([]admission.Limit{
		{Name: "all", Max: maxWeight + d.IntN(4)},
		{Name: "teams", Tag: "team", PerValue: true, Max: maxWeight + d.IntN(2)},
	})
	if err != nil {
		s.fail("limits: %v", err)
	}
	return &queue{limits, map[string]int{"few": maxWeight, "more": maxWeight + d.IntN(3)}}
}

// turns says that attempts wait where there is a queue.
func (s *simulation) turns() conductor.Turns { return conductor.Turns{Queue: s.queue != nil} }

// slots are the sizes of the pools.
func (s *simulation) slots() map[string]int {
	if s.queue == nil {
		return nil
	}
	return s.queue.pools
}

// enlist says how the attempts of a definition stand in the queue, and what its tasks
// take of pools: not by dice, so that workflows are those that there are without it.
func (s *simulation) enlist(w *workflow.Workflow) {
	if s.queue == nil {
		return
	}
	n := int(hashOf(w.Name) % 64)
	w.Turn = workflow.Turn{Weight: 1 + n%maxWeight, Priority: n / 2 % 3, Tags: model.Tags{"team": fmt.Sprint(n / 6 % 2)}}
	s.claim(w.Root)
}

// claim has some tasks of a tree take slots.
func (s *simulation) claim(n *workflow.Node) {
	if s.queue == nil || n == nil {
		return
	}
	if h := int(hashOf("slots of "+n.Name) % 64); n.Operator != "" && h%4 != 0 {
		n.Slots = []workflow.Slots{{Pool: "few", N: 1 + h/4%maxWeight}}
		if h%4 == 1 {
			n.Slots = append(n.Slots, workflow.Slots{Pool: "more", N: 1})
		}
	}
	s.claim(n.Check)
	s.claim(n.Limit.Hook)
	for _, list := range [][]*workflow.Node{n.Children, n.OnFailure} {
		for _, kid := range list {
			s.claim(kid)
		}
	}
}

// admit has a server look at the queue, now and then.
func (p *process) admit(a *conductor.Admitter) {
	if p.dead {
		return
	}
	if p.awake() {
		if n, err := a.Step(context.Background()); err != nil {
			p.note("admits %d: %v", n, err)
		}
	}
	p.sim.after(p.dice.between(100*time.Millisecond, 2*time.Second), func() { p.admit(a) })
}

// QueueEmpty implements store.Queue.
func (l *link) QueueEmpty(ctx context.Context) (bool, error) {
	return get(l, func() (bool, error) { return l.Store.QueueEmpty(ctx) })
}

// Admit implements store.Queue.
func (l *link) Admit(ctx context.Context, tags []string, now model.Instant, c store.Chooser) ([]model.AttemptID, error) {
	return l.begins("admit", l.host.admitted, func() ([]model.AttemptID, error) { return l.Store.Admit(ctx, tags, now, c) })
}

// CancelQueued implements store.Queue.
func (l *link) CancelQueued(ctx context.Context, f store.QueueFilter, now model.Instant, tell func(*store.Withdrawn) []engine.Record) ([]model.AttemptID, error) {
	return l.begins("cancel queued", l.host.calledOff, func() ([]model.AttemptID, error) { return l.Store.CancelQueued(ctx, f, now, tell) })
}

// begins writes what moves attempts out of the queue, and tells of which.
func (l *link) begins(name string, tell func([]model.AttemptID), do func() ([]model.AttemptID, error)) ([]model.AttemptID, error) {
	var ids []model.AttemptID
	err := l.write(name, func() (err error) {
		if ids, err = do(); len(ids) > 0 {
			tell(ids)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// ShareSlots implements store.Slots.
func (l *link) ShareSlots(ctx context.Context, epoch int64, claims []admission.Claim, sizes map[string]int, now model.Instant) ([]model.TryID, error) {
	var held []model.TryID
	err := l.write("share slots", func() (err error) {
		held, err = l.Store.ShareSlots(ctx, epoch, claims, sizes, now)
		l.host.shared(epoch, claims, held)
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

func (p *process) admitted(ids []model.AttemptID) {
	p.note("admits %v", ids)
	p.sim.checks.admitted(ids)
}

func (p *process) shared(epoch int64, claims []admission.Claim, held []model.TryID) {
	p.sim.checks.sharedSlots(epoch, claims, held)
}

func (p *process) calledOff(ids []model.AttemptID) {
	p.note("cancels in the queue %v", ids)
	p.sim.checks.calledOff(ids)
}
