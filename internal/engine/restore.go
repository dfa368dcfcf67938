package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Restore builds an attempt from its stored state: growths in the order in
// which they were recorded, tasks in any order, and the number of its newest
// event. Nothing is running in it as far as the engine can tell: see Revive.
func Restore(def *workflow.Workflow, row AttemptRow, growths []Growth, tasks []TaskRow, seq int64) (*Attempt, error) {
	a := New(row.ID, def, row.Params)
	a.row, a.seq = row, seq
	for _, g := range growths {
		if int(g.First) != len(a.tasks) || g.Parent < 0 || int(g.Parent) >= len(a.tasks) {
			return nil, model.Errorf(model.Internal, "attempt %d: stored growth at task %d does not fit %d tasks", row.ID, g.First, len(a.tasks))
		}
		a.sprout(g)
	}
	for i := range tasks {
		r := &tasks[i]
		if r.ID < 0 || int(r.ID) >= len(a.tasks) {
			return nil, model.Errorf(model.Internal, "attempt %d: stored task %d does not exist", row.ID, r.ID)
		}
		t := &a.tasks[r.ID]
		t.state, t.flags, t.try, t.retries = r.State, r.Flags, r.Try, r.Retries
		t.started, t.ended, t.wake, t.deadline, t.detail = r.Started, r.Ended, r.Wake, r.Deadline, r.Detail
		if r.State != model.Blocked && !r.State.Final() {
			a.live++
		}
		if r.State == model.Waiting && t.node.Wait != nil && len(t.node.Wait.Signals) > 0 {
			a.listeners = append(a.listeners, r.ID)
		}
	}
	a.recall(0)
	return a, nil
}

// recall works out what the rows below a task leave out: which blocked tasks
// are not reached, which edges are decided, and what the tasks stored.
func (a *Attempt) recall(id model.TaskID) {
	t := &a.tasks[id]
	if d := t.detail; d != nil && a.def.Scope == workflow.Tree && (d.Store.Len() > 0 || len(d.Reset) > 0) {
		a.markGives(id)
	}
	if t.state == model.Blocked || t.state == model.NotReached || len(t.kids) == 0 {
		return
	}
	a.enter(id)
	t.pending = 0
	for _, kid := range t.kids {
		k := &a.tasks[kid]
		if k.state == model.Blocked {
			a.recallBlocked(t, k)
		} else {
			a.look(kid)
		}
		a.recall(kid)
		if k.state.Final() {
			a.leave(kid)
		} else {
			t.pending++
		}
	}
}

// recallBlocked decides the edges of a task that has no row.
func (a *Attempt) recallBlocked(p, k *task) {
	if int(k.index) < len(p.node.Children) && p.node.Each == nil && k.made == GrowSub {
		a.recount(p, k)
	}
	switch {
	case k.pending == 0 && k.gate&gateShut != 0,
		p.state.Final(),
		p.flags&(CancelAsked|SkipAsked|TimedOut) != 0,
		p.flags&Closed != 0 && !a.spared(p, k):
		k.state = model.NotReached
	}
}

// spared reports whether a blocked task outlived the failure that closed its
// group, because it comes after the end of the failed sibling.
func (a *Attempt) spared(p, k *task) bool {
	for _, kid := range p.kids {
		f := &a.tasks[kid]
		if f.state == model.Failed && f.node.Failure.Scope == workflow.WholeGroup && !comesAfterEnd(k.node, f.index) {
			return false
		}
	}
	return true
}

// Revive begins to drive a restored attempt: it arms every timer and counts
// every running try as lost.
func (a *Attempt) Revive(now model.Instant, step *Step) {
	for id := range a.tasks {
		t := &a.tasks[id]
		if t.state.Final() || t.state == model.Blocked {
			continue
		}
		if t.wake != 0 {
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: Arm, Task: model.TaskID(id), At: t.wake}})
		}
		if t.deadline != 0 && t.flags&LimitSeen == 0 {
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: ArmLimit, Task: model.TaskID(id), At: t.deadline}})
		}
		if t.state == model.Running {
			// A report never is an error.
			_ = a.Apply(now, Command{Kind: Lose, Task: model.TaskID(id), Try: t.try}, step)
		}
	}
}
