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
			a.tally(r.ID, 1)
		}
		if !r.State.Final() && t.listens() {
			a.listeners = append(a.listeners, r.ID)
		}
	}
	a.recall(0)
	for id := range a.tasks {
		if t := &a.tasks[id]; t.parent != model.NoTask && !a.counts(t.parent, model.TaskID(id)) {
			a.recall(model.TaskID(id)) // retired, but losers below it may still be ending
		}
	}
	a.refresh(0)
	return a, nil
}

// recall works out what the rows below a task leave out: which tasks stored
// something, which edges are decided and which blocked tasks are not reached.
func (a *Attempt) recall(id model.TaskID) {
	t := &a.tasks[id]
	if d := t.detail; d != nil && a.def.Scope == workflow.Tree && (d.Store.Len() > 0 || len(d.Reset) > 0) {
		a.markGives(id)
	}
	if t.started == 0 && (t.node.Wait == nil || t.state == model.Blocked) {
		return
	}
	t.pending = 0
	for _, kid := range t.kids {
		k := &a.tasks[kid]
		if k.state == model.Blocked && a.recount(t, kid) {
			k.state = model.NotReached
		}
		if k.flags&Won != 0 {
			t.winner = kid
		}
		a.recall(kid)
		if !k.state.Final() {
			t.pending++
		}
	}
}

// Revive begins to drive a restored attempt: it arms every timer and counts
// every running try as lost, except those of which has, if not nil, says that
// they are to be reported yet. Of these it interrupts again what was to end:
// whoever was to do so may have died before.
func (a *Attempt) Revive(now model.Instant, has func(model.TaskID, int32) bool, step *Step) {
	var lost []Command
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
		switch {
		case t.state != model.Running:
		case has == nil || !has(model.TaskID(id), t.try):
			lost = append(lost, Command{Kind: Lose, Task: model.TaskID(id), Try: t.try})
		case t.asked():
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: Interrupt, Task: model.TaskID(id), Try: t.try, Name: a.name(model.TaskID(id))}})
		}
	}
	for _, c := range lost {
		_ = a.Apply(now, c, step) // a report never is an error
	}
}
