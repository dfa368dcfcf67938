package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// kill asks the whole attempt to end.
func (a *Attempt) kill(by string) {
	if a.row.CancelAsked {
		return
	}
	a.row.CancelAsked = true
	a.rowDirty = true
	a.event(CancelWanted, 0, asked(by))
	a.cancel(0, CancelAsked)
	a.schedule(errandOpen, 0) // which ends it, if it has not begun
}

// cancelTask asks one task to end.
func (a *Attempt) cancelTask(id model.TaskID, by string) error {
	if s := a.state(id); s.Final() {
		return model.Errorf(model.Conflict, "task %s is %s already", a.name(id), s)
	}
	a.event(CancelWanted, id, asked(by))
	if a.at(id).state == model.Blocked {
		a.end(id, model.Cancelled)
		return nil
	}
	a.cancel(id, CancelAsked)
	return nil
}

// asked is what the history says of who asked for something.
func asked(by string) params.Map {
	if by == "" {
		return params.Map{}
	}
	return params.Of("by", by)
}

// skipTask passes over one task. One that has failed gets a new round, which is
// over at once, if its group goes on.
func (a *Attempt) skipTask(id model.TaskID, by string) error {
	switch s := a.state(id); {
	case s == model.Failed && a.at(id).parent != model.NoTask:
		if err := a.canRunAgain(id); err != nil {
			return err
		}
		a.event(SkipWanted, id, asked(by))
		parent := a.at(id).parent
		anew := a.renew(id)
		a.reopen(parent)
		a.cancel(anew, SkipAsked)
		a.refresh(parent)
		return nil
	case s.Final():
		return model.Errorf(model.Conflict, "task %s is %s already", a.name(id), s)
	case id == 0:
		return model.Errorf(model.Conflict, "task %s is the whole attempt, which can only be killed", a.name(id))
	}
	a.event(SkipWanted, id, asked(by))
	a.cancel(id, SkipAsked)
	return nil
}

// cancel tells a task and all below it to end. What waits ends at once; what
// runs is interrupted; what has not started is barred from it. Below what has
// ended, losers may have been left running.
func (a *Attempt) cancel(id model.TaskID, how Flags) {
	t := a.at(id)
	switch {
	case t.state == model.Blocked && how == SkipAsked:
		a.end(id, model.Skipped)
	case t.state == model.Blocked:
		if p := t.parent; p != model.NoTask && a.at(p).state.Final() && a.at(p).leaves() {
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
	for _, kid := range a.at(id).kids {
		a.cancel(kid, CancelAsked)
	}
}

// interrupt marks a started task and ends what runs in it. The task itself
// ends when it is settled.
func (a *Attempt) interrupt(id model.TaskID, how Flags) {
	t := a.at(id)
	t.flags |= how
	a.touch(id)
	switch t.state {
	case model.Running:
		a.effect(Effect{Kind: Interrupt, Task: id, Try: t.try, Name: a.name(id)})
	case model.Waiting:
		t.state, t.wake = model.Open, 0
	}
	a.cancelKids(id)
	if t.items() != nil {
		a.schedule(errandAdmit, id) // which passes over those that have not started
	}
}

// skipTo starts a task that is not reached yet: what it would have come after
// is passed over, and the groups around it open.
func (a *Attempt) skipTo(id model.TaskID, by string) error {
	path, err := a.wayTo(id)
	if err != nil {
		return err
	}
	a.event(SkippedTo, id, asked(by))
	for i := len(path) - 1; i >= 0; i-- {
		at := path[i]
		if a.at(at).state != model.Blocked {
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
	for at := id; at != model.NoTask; at = a.at(at).parent {
		switch {
		case a.at(at).state.Final():
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
	t := a.at(id)
	if t.pending > 0 {
		a.at(t.parent).gate |= gateAhead
	}
	t.pending = 0
	a.launch(id)
}

// skipBefore passes over the siblings that a task comes after, directly or not.
func (a *Attempt) skipBefore(id model.TaskID) {
	t := a.at(id)
	if t.parent == model.NoTask {
		return
	}
	kids := a.at(t.parent).kids
	seen := make(map[int32]bool)
	before := []int32{t.index}
	for len(before) > 0 {
		index := before[len(before)-1]
		before = before[:len(before)-1]
		for _, e := range a.at(kids[index]).node.After {
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
