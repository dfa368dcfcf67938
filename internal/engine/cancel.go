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
	a.schedule(errandOpen, 0) // which ends it, if it has not begun
}

// cancelTask asks one task to end.
func (a *Attempt) cancelTask(id model.TaskID) error {
	if s := a.state(id); s.Final() {
		return model.Errorf(model.Conflict, "task %s is %s already", a.name(id), s)
	}
	a.event(CancelWanted, id, params.Map{})
	if a.tasks[id].state == model.Blocked {
		a.end(id, model.Cancelled)
		return nil
	}
	a.cancel(id, CancelAsked)
	return nil
}

// cancel tells a task and all below it to end. What waits ends at once; what
// runs is interrupted; what has not started is barred from it. Below what has
// ended, losers may have been left running.
func (a *Attempt) cancel(id model.TaskID, how Flags) {
	t := &a.tasks[id]
	switch {
	case t.state == model.Blocked && how == SkipAsked:
		a.end(id, model.Skipped)
	case t.state == model.Blocked:
		if p := t.parent; p != model.NoTask && a.tasks[p].state.Final() && a.tasks[p].leaves() {
			a.end(id, model.Cancelled) // nothing else would bar it
		}
	case t.state.Final():
		if how == CancelAsked {
			a.cancelKids(id)
		}
	default:
		a.interrupt(id, how)
		a.schedule(errandSettle, id)
	}
}

func (a *Attempt) cancelKids(id model.TaskID) {
	for _, kid := range a.tasks[id].kids {
		a.cancel(kid, CancelAsked)
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
	a.cancelKids(id)
}

// skipTo starts a task that is not reached yet: what it would have come after
// is passed over, and the groups around it open.
func (a *Attempt) skipTo(id model.TaskID) error {
	path, err := a.wayTo(id)
	if err != nil {
		return err
	}
	a.event(SkippedTo, id, params.Map{})
	for i := len(path) - 1; i >= 0; i-- {
		at := path[i]
		if a.tasks[at].state != model.Blocked {
			continue
		}
		a.skipBefore(at)
		a.openAt(at)
	}
	return nil
}

// wayTo returns a task that can be jumped to and those above it, from below.
func (a *Attempt) wayTo(id model.TaskID) ([]model.TaskID, error) {
	if s := a.state(id); s != model.Blocked {
		return nil, model.Errorf(model.Conflict, "task %s is %s: only a task that has not started can be jumped to", a.name(id), s)
	}
	var path []model.TaskID
	for at := id; at != model.NoTask; at = a.tasks[at].parent {
		switch {
		case a.tasks[at].state.Final():
			return nil, model.Errorf(model.Conflict, "task %s can't be reached: %s has ended", a.name(id), a.name(at))
		case a.barred(at):
			return nil, model.Errorf(model.Conflict, "task %s can't be reached: nothing beside it starts any more", a.name(at))
		}
		path = append(path, at)
	}
	return path, nil
}

// openAt starts a blocked task whatever it comes after.
func (a *Attempt) openAt(id model.TaskID) {
	t := &a.tasks[id]
	if t.pending > 0 {
		a.tasks[t.parent].gate |= gateAhead
	}
	t.pending = 0
	a.launch(id)
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
