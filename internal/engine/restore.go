package engine

import (
	"slices"

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
	}
	a.recall(0)
	for id := range a.tasks {
		if t := &a.tasks[id]; t.parent != model.NoTask && !a.counts(t.parent, model.TaskID(id)) {
			a.recall(model.TaskID(id)) // retired, but losers below it may still be ending
		}
	}
	a.refresh(0)
	a.hearAgain()
	return a, nil
}

// hearAgain works out who listens in a restored attempt, and to what. Those that
// are stored to listen, but not since when, were so by a version of pawl that
// told nobody: they are told of when the attempt is driven.
func (a *Attempt) hearAgain() {
	if a.row.Started == 0 {
		return // those that listen early do so from the beginning
	}
	for i := range a.tasks {
		id := model.TaskID(i)
		if t := &a.tasks[id]; t.node.Wait == nil && len(t.subscribed()) == 0 || !a.hears(id) {
			continue
		}
		h := a.listeners()
		a.countListener(id, 1)
		a.learn(id)
		h.told[id] = a.recollect(id)
	}
	if a.audience != nil {
		a.audience.fresh, a.audience.moved = a.audience.fresh[:0], a.audience.moved[:0]
	}
}

// recollect returns what was last told of a listener.
func (a *Attempt) recollect(id model.TaskID) told {
	t := &a.tasks[id]
	switch {
	case t.state.Final():
		return told{keys: a.keys(id), since: t.ended}
	case t.hearing().Since == 0:
		return told{}
	}
	return told{keys: t.detail.Keys, since: t.hearing().Since}
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
		if a.isAhead(t, k) {
			t.gate |= gateAhead
		}
		a.recall(kid)
		if !k.state.Final() {
			t.pending++
		}
	}
}

// isAhead reports whether a child of p has started before those that it comes
// after had ended.
func (a *Attempt) isAhead(p, k *task) bool {
	return k.state != model.Blocked && k.state != model.NotReached && p.defines(k) && slices.ContainsFunc(k.node.After, func(e workflow.Edge) bool {
		return !a.tasks[p.kids[e.From]].state.Final()
	})
}

// Revive begins to drive a restored attempt: it arms every timer and counts
// every running try as lost, except those of which has, if not nil, says that
// they are to be reported yet. Of these it interrupts again what was to end:
// whoever was to do so may have died before.
func (a *Attempt) Revive(now model.Instant, has func(model.TaskID, int32) bool, step *Step) {
	a.speakUp(now, step)
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

// speakUp tells of listeners that were never told of.
func (a *Attempt) speakUp(now model.Instant, step *Step) {
	if a.audience == nil {
		return
	}
	a.now, a.step = now, step
	for id := range a.tasks {
		if len(a.tasks[id].subscribed()) > 0 && a.tasks[id].hearing().Since == 0 {
			a.attune(model.TaskID(id))
		}
	}
	a.flush()
	a.step = nil
}
