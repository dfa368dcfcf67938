package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// kill asks the whole attempt to end.
func (a *Attempt) kill() {
	if a.row.CancelAsked {
		return
	}
	a.row.CancelAsked = true
	a.rowDirty = true
	a.event(CancelWanted, 0, params.Map{})
	a.cancel(0, CancelAsked)
}

// cancelTask asks one task to end.
func (a *Attempt) cancelTask(id model.TaskID) error {
	t := &a.tasks[id]
	if t.state.Final() {
		return model.Errorf(model.Conflict, "task %s is %s already", a.name(id), t.state)
	}
	a.event(CancelWanted, id, params.Map{})
	if t.state == model.Blocked {
		a.end(id, model.Cancelled)
		return nil
	}
	a.cancel(id, CancelAsked)
	return nil
}

// cancel tells a task and all below it to end. What has not started is not
// reached; what waits ends at once; what runs is interrupted.
func (a *Attempt) cancel(id model.TaskID, how Flags) {
	t := &a.tasks[id]
	switch {
	case t.state.Final():
	case t.state == model.Blocked && how == SkipAsked:
		a.end(id, model.Skipped)
	case t.state == model.Blocked:
		a.end(id, model.NotReached)
	default:
		a.interrupt(id, how)
		a.schedule(errandSettle, id)
	}
}

// interrupt marks a started task and ends what runs in it. The task itself
// ends when it is settled.
func (a *Attempt) interrupt(id model.TaskID, how Flags) {
	t := &a.tasks[id]
	t.flags |= how
	a.touch(id)
	switch t.state {
	case model.Running:
		a.effect(Effect{Kind: Interrupt, Task: id, Try: t.try, Name: a.name(id)})
	case model.Waiting:
		t.state, t.wake = model.Open, 0
	}
	for _, kid := range t.kids {
		a.cancel(kid, CancelAsked)
	}
}

// skipTo starts a task that is not reached yet: what it would have come after
// is passed over, and the groups around it open.
func (a *Attempt) skipTo(id model.TaskID) error {
	t := &a.tasks[id]
	if t.state != model.Blocked {
		return model.Errorf(model.Conflict, "task %s is %s: only a task that has not started can be jumped to", a.name(id), t.state)
	}
	var path []model.TaskID
	for at := id; at != model.NoTask; at = a.tasks[at].parent {
		if a.tasks[at].state.Final() || a.closing(at) && at != id {
			return model.Errorf(model.Conflict, "task %s can't be reached: %s has ended", a.name(id), a.name(at))
		}
		path = append(path, at)
	}
	a.event(SkippedTo, id, params.Map{})
	for i := len(path) - 1; i >= 0; i-- {
		at := path[i]
		if a.tasks[at].state != model.Blocked {
			continue
		}
		a.skipBefore(at)
		a.tasks[at].gate = 0
		a.open(at)
	}
	return nil
}

// skipBefore passes over the siblings that a task comes after, directly or not.
func (a *Attempt) skipBefore(id model.TaskID) {
	t := &a.tasks[id]
	if t.parent == model.NoTask {
		return
	}
	kids := a.tasks[t.parent].kids
	seen := make(map[int32]bool)
	before := []int32{t.index}
	for len(before) > 0 {
		index := before[len(before)-1]
		before = before[:len(before)-1]
		for _, e := range a.tasks[kids[index]].node.After {
			if from := int32(e.From); !seen[from] {
				seen[from] = true
				before = append(before, from)
			}
		}
	}
	for index := range t.index {
		if seen[index] {
			a.cancel(kids[index], SkipAsked)
		}
	}
}

// again opens a new round of a task that has ended, in a group that has not.
func (a *Attempt) again(id model.TaskID) error {
	t := &a.tasks[id]
	if !t.state.Final() || t.parent == model.NoTask {
		return model.Errorf(model.Conflict, "task %s is %s: only a task that has ended can run again", a.name(id), t.state)
	}
	p := &a.tasks[t.parent]
	if p.state != model.Open || p.pending == 0 || p.asked() || int(t.index) >= len(p.kids) || p.kids[t.index] != id {
		return model.Errorf(model.Conflict, "task %s can't run again: its group is over", a.name(id))
	}
	parent, index := t.parent, t.index
	p.flags &^= Closed
	a.touch(parent)
	a.grow(Growth{Kind: GrowAgain, Parent: parent, Replaces: id})
	a.tasks[parent].pending++
	a.schedule(errandOpen, a.tasks[parent].kids[index])
	a.unreach(parent, index)
	return nil
}

// unreach puts the siblings back that were not reached because of one that
// now runs again.
func (a *Attempt) unreach(parent model.TaskID, index int32) {
	p := &a.tasks[parent]
	if int(index) >= len(p.node.Children) || p.node.Each != nil {
		return
	}
	for _, l := range p.node.Next(int(index)) {
		k := &a.tasks[p.kids[l.To]]
		if k.state != model.NotReached {
			continue
		}
		k.state = model.Blocked
		p.pending++
		a.unreach(parent, l.To)
	}
	for _, l := range p.node.Next(int(index)) {
		if k := &a.tasks[p.kids[l.To]]; k.state == model.Blocked {
			a.recount(p, k)
		}
	}
}

// recount decides the edges of a blocked task anew.
func (a *Attempt) recount(p, k *task) {
	k.pending, k.gate = 0, 0
	for _, e := range k.node.After {
		from := &a.tasks[p.kids[e.From]]
		if !from.state.Final() {
			k.pending++
			continue
		}
		k.gate |= decide(from, e.On, e.Output)
	}
}
