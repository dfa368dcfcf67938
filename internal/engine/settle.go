package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// settle decides an open task whose children are all final, or one that its
// first winner ends.
func (a *Attempt) settle(id model.TaskID) {
	t := a.at(id)
	if t.state != model.Open {
		return
	}
	if t.winner != 0 && !t.asked() {
		a.callOffLosers(t)
		if w := a.at(t.winner).state; w != model.Failed {
			a.end(id, w)
			return
		}
	}
	switch {
	case t.pending > 0:
	case t.made == GrowPage:
		a.end(id, model.Success) // the collection counts its items by itself
	case a.endAsked(id):
	case t.flags&Broken != 0:
		a.end(id, model.Failed)
	case t.flags&RoundAsked != 0:
		a.round(id)
	case a.kidsFailed(t), t.items() != nil && t.items().Failed > 0:
		a.failKids(id)
	case t.node.Check != nil && t.flags&Checking == 0:
		t.flags |= Checking
		a.touch(id)
		a.enter(id)
		a.grow(Growth{Kind: GrowCheck, Parent: id})
		a.openNew(id, 1)
	default:
		a.end(id, a.outcome(t))
	}
}

// callOffLosers cancels the others once a child has won. What is run on failure,
// on success or on a time limit did not take part.
func (a *Attempt) callOffLosers(t *task) {
	if t.node.Join.LeaveLosers {
		return
	}
	for _, kid := range t.kids {
		if k := a.at(kid); kid != t.winner && !k.hook() && !k.node.TellsSuccess() {
			a.cancel(kid, CancelAsked)
		}
	}
}

// endAsked ends a task that was told to, as it was told.
func (a *Attempt) endAsked(id model.TaskID) bool {
	t := a.at(id)
	switch {
	case t.flags&CancelAsked != 0:
		if !a.runOnStop(id) {
			a.end(id, model.Cancelled)
		}
	case t.flags&SkipAsked != 0:
		a.end(id, model.Skipped)
	case t.flags&TimedOut != 0 && t.flags&Broken == 0:
		a.failForGood(id, t.lateness())
	default:
		return false
	}
	return true
}

// runOnStop begins with what a task runs because the attempt is asked to end, and
// reports whether there is something.
func (a *Attempt) runOnStop(id model.TaskID) bool {
	t := a.at(id)
	if !a.row.CancelAsked || len(t.node.OnStop) == 0 || t.flags&Alerted != 0 {
		return false
	}
	t.flags |= Alerted
	a.touch(id)
	a.enter(id)
	a.grow(Growth{Kind: GrowStop, Parent: id})
	a.openNew(id, len(t.node.OnStop))
	return true
}

// kidsFailed reports whether a child failed in a way that counts. In a group
// that needs a winner every failure does, and none has won.
func (a *Attempt) kidsFailed(t *task) bool {
	for _, kid := range t.kids {
		k := a.at(kid)
		isolated := k.node.Failure.Effect == workflow.Isolate && (!t.node.Join.Any || k.node.TellsSuccess())
		if k.state == model.Failed && k.made != GrowLimit && !isolated {
			return true
		}
	}
	return false
}

// outcome is how a task ends when no child failed.
func (a *Attempt) outcome(t *task) model.State {
	if !t.node.IsGroup() {
		if t.flags&StopAsked != 0 {
			return model.Stopped
		}
		return model.Success
	}
	if c := t.items(); c != nil {
		if c.Cancelled > 0 {
			return model.Cancelled
		}
		return model.Success
	}
	counted, skipped := 0, 0
	for _, kid := range t.kids {
		k := a.at(kid)
		if k.made == GrowLimit {
			continue
		}
		counted++
		switch k.state {
		case model.Stopped, model.Cancelled:
			return k.state
		case model.Skipped:
			skipped++
		}
	}
	if counted > 0 && skipped == counted {
		return model.Skipped
	}
	return model.Success
}

// claimWin lets a child that has just ended win its group, unless that has
// failed already, as a collection whose source did.
func (a *Attempt) claimWin(id model.TaskID) {
	t := a.at(id)
	p := a.at(t.parent)
	join := p.node.Join
	if !join.Any || p.state != model.Open || p.asked() || p.flags&Broken != 0 || t.made != GrowSub && t.made != GrowItems {
		return
	}
	done := join.FirstDone && t.state != model.NotReached && t.state != model.Skipped
	if !done && t.state != model.Success {
		return
	}
	if p.winner != 0 || t.node.TellsSuccess() {
		return
	}
	p.winner = id
	t.flags |= Won
	a.touch(id)
	if a.audience != nil { // those that have ended listen no more
		a.audience.moved = append(a.audience.moved, t.parent)
	}
	a.schedule(errandSettle, t.parent)
}

// failKids answers the failure of a task's children: another round, what is
// to run on failure, or the end.
func (a *Attempt) failKids(id model.TaskID) {
	t := a.at(id)
	if delay, more := t.node.Retry.Delay(t.spent()); more {
		t.retries++
		if delay > 0 {
			t.flags |= RoundAsked
			a.rest(id, a.now.Add(delay))
		}
		a.event(TaskRetries, id, params.Of("retry", int64(t.retries)))
		if delay == 0 {
			a.round(id)
		}
		return
	}
	a.failForGood(id, a.itemsError(t))
}

// failForGood ends a task as failed, after what is to run on failure has.
// An empty error means that its children are to blame.
func (a *Attempt) failForGood(id model.TaskID, err params.Map) {
	t := a.at(id)
	if err.Len() > 0 {
		a.change(id).Error = err
	}
	if len(t.node.OnFailure) == 0 || t.flags&Alerted != 0 {
		a.breakOff(id)
		return
	}
	var export params.Map
	if err.Len() == 0 {
		err = a.errors(id)
		export = a.given(export, id)
	}
	t.flags |= Broken | Alerted
	t.state = model.Open
	t.wake = 0
	a.touch(id)
	a.enter(id)
	a.grow(Growth{Kind: GrowFailure, Parent: id, Export: export.Set("error", err)})
	a.openNew(id, len(t.node.OnFailure))
}

// breakOff ends a task as failed once nothing runs below it.
func (a *Attempt) breakOff(id model.TaskID) {
	t := a.at(id)
	if t.pending == 0 {
		a.end(id, model.Failed)
		return
	}
	t.flags |= Broken
	t.state = model.Open
	a.touch(id)
}

// errors merges the errors of all below a task, depth first.
func (a *Attempt) errors(id model.TaskID) params.Map {
	var m params.Map
	for _, kid := range a.at(id).kids {
		k := a.at(kid)
		if k.made == GrowLimit {
			continue
		}
		if k.detail != nil && k.state == model.Failed {
			m = m.Merge(k.detail.Error)
		}
		m = m.Merge(a.errors(kid))
	}
	return m
}

// rest puts an open task to sleep until an instant.
func (a *Attempt) rest(id model.TaskID, until model.Instant) {
	t := a.at(id)
	t.state, t.wake = model.Waiting, until
	a.touch(id)
	a.effect(Effect{Kind: Arm, Task: id, At: until})
}

// round begins a task again after its children failed. Losers that still run
// below the old ones are called off.
func (a *Attempt) round(id model.TaskID) {
	t := a.at(id)
	a.cancelKids(id)
	for _, kid := range t.kids {
		a.hushTree(kid)
	}
	t.flags &^= Checking | Closed | RoundAsked | StopAsked | Replayed
	if !t.node.IsGroup() || t.node.Each != nil {
		a.grow(Growth{Kind: GrowDrop, Parent: id})
		if t.detail != nil {
			anew := Detail{State: t.detail.State, Inbox: t.detail.Inbox, Hearing: t.detail.Hearing, Former: t.detail.Former, Followers: t.detail.Followers}
			if c := t.items(); c != nil {
				anew.Former = c.List
			}
			*a.change(id) = anew
			if t.hasMail() { // it came while the task rested
				a.claim(id)
				t.flags |= Handling
			}
		}
		a.dispatch(id)
		return
	}
	a.grow(Growth{Kind: GrowRound, Parent: id})
	t = a.at(id)
	t.state, t.wake = model.Open, 0
	a.touch(id)
	a.openKids(id)
	if t.pending == 0 {
		a.schedule(errandSettle, id)
	}
}

// spread carries a failure to the siblings that it reaches.
func (a *Attempt) spread(id model.TaskID) {
	t := a.at(id)
	p := a.at(t.parent)
	if !t.closes() || p.state.Final() {
		return
	}
	p.flags |= Closed
	a.touch(t.parent)
	if p.node.Each != nil {
		a.schedule(errandAdmit, t.parent)
	}
	if t.node.Failure.Effect != workflow.CancelOthers {
		return
	}
	for _, sibling := range p.kids {
		if sibling != id && !comesAfterEnd(a.at(sibling).node, t.index) {
			a.cancel(sibling, CancelAsked)
		}
	}
}

// spared reports whether a task of a closed group may start even so, because
// it comes after the end of every failure that closed the group.
func (a *Attempt) spared(p, k *task) bool {
	if !slices.ContainsFunc(k.node.After, func(e workflow.Edge) bool { return e.On == workflow.OnDone }) {
		return false
	}
	for _, kid := range p.kids {
		f := a.at(kid)
		if f.closes() && !comesAfterEnd(k.node, f.index) {
			return false
		}
	}
	return true
}

// closes reports whether a task keeps its group from starting more.
func (t *task) closes() bool {
	return t.state == model.Failed && t.node.Failure.Scope == workflow.WholeGroup
}

// comesAfterEnd reports whether a node has an edge from a sibling that opens
// however that ended.
func comesAfterEnd(n *workflow.Node, from int32) bool {
	return slices.ContainsFunc(n.After, func(e workflow.Edge) bool {
		return e.On == workflow.OnDone && e.From == int(from)
	})
}
