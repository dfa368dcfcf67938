package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// open starts a task whose edges are decided.
func (a *Attempt) open(id model.TaskID) {
	t := a.at(id)
	if t.state != model.Blocked || a.crowded(id) {
		return
	}
	switch {
	case a.barred(id), t.gate&gateShut != 0:
		a.end(id, model.NotReached)
		return
	case t.gate&(gateOutput|gateEmitted) == gateOutput:
		a.end(id, model.Skipped)
		return
	}
	a.launch(id)
}

// launch opens a blocked group or brings an action to its first try.
func (a *Attempt) launch(id model.TaskID) {
	t := a.at(id)
	if t.node.Skip {
		a.end(id, model.Skipped)
		return
	}
	a.look(id)
	a.tally(id, 1)
	if a.onPage(t) {
		a.itemStarted(id)
	}
	a.limit(id)
	switch {
	case t.flags&TimedOut != 0 && !t.groups():
		a.start(id)
		a.conclude(id)
	case !t.groups():
		a.arrive(id)
	default:
		a.openGroup(id)
	}
}

// groups reports whether a task has its children from its definition.
func (t *task) groups() bool { return t.node.IsGroup() && t.node.Each == nil }

// barred reports whether a task must not start, because its parent is over or
// was told to end. What is run on failure or on a time limit starts even so,
// unless it was called off, and what is run because the attempt is asked to end.
func (a *Attempt) barred(id model.TaskID) bool {
	t := a.at(id)
	switch {
	case a.row.CancelAsked && !a.isOnStop(id):
		return true
	case t.parent == model.NoTask, t.made == GrowStop:
		return false
	}
	p := a.at(t.parent)
	switch {
	case p.flags&CancelAsked != 0:
		return true
	case t.hook():
		return false
	case p.flags&(SkipAsked|TimedOut) != 0, p.flags&Closed != 0 && !a.spared(p, t):
		return true
	case p.made == GrowPage && a.at(p.parent).turnsAway():
		return true
	case p.winner != 0 && t.node.TellsSuccess(): // of who has won, or had ended well before
		return false
	case p.winner != 0 && !p.node.Join.LeaveLosers:
		return true
	}
	return p.state.Final() && !p.leaves()
}

// hook reports whether a task is run on failure or on a time limit.
func (t *task) hook() bool { return t.made == GrowLimit || t.made == GrowFailure }

// isOnStop reports whether a task is, or is below, what is run because the attempt
// is asked to end.
func (a *Attempt) isOnStop(id model.TaskID) bool {
	for ; id != model.NoTask; id = a.at(id).parent {
		if a.at(id).made == GrowStop {
			return true
		}
	}
	return false
}

// leaves reports whether a group that has opened leaves the losers running.
func (t *task) leaves() bool {
	return t.node.Join.Any && t.node.Join.LeaveLosers && t.started != 0
}

func (a *Attempt) openGroup(id model.TaskID) {
	t := a.at(id)
	t.state = model.Open
	a.start(id)
	a.enter(id)
	a.event(TaskOpened, id, params.Map{})
	a.openKids(id)
	if t.pending == 0 {
		a.schedule(errandSettle, id)
	}
}

// start notes the beginning of a task.
func (a *Attempt) start(id model.TaskID) {
	t := a.at(id)
	a.touch(id)
	if t.started == 0 {
		t.started = a.now
	}
}

// arrive brings an action to its first try, or to the wait before it.
func (a *Attempt) arrive(id model.TaskID) {
	t := a.at(id)
	if t.node.Wait == nil {
		a.dispatch(id)
		return
	}
	a.touch(id)
	if !a.holdBack(id, t.node.Wait) {
		a.dispatchNext(id)
	}
}

// dispatch hands a new try of an action to a runner.
func (a *Attempt) dispatch(id model.TaskID) {
	t := a.at(id)
	t.state = model.Running
	t.flags &^= Judged
	t.wake = 0
	t.try++
	a.start(id)
	a.event(TaskStarted, id, params.Map{})
	a.handOver(id)
}

// handOver asks for the newest try of an action to be handed to a runner.
func (a *Attempt) handOver(id model.TaskID) {
	t := a.at(id)
	e := Effect{
		Kind: Dispatch, Task: id, Try: t.try, Retries: t.retries,
		Name: a.name(id), Node: t.node, Scope: a.scope(id),
	}
	if t.detail != nil {
		e.State = t.detail.State
		if t.flags&Handling != 0 {
			e.Message = &t.detail.Inbox[0]
		}
	}
	a.effect(e)
}

// end makes a task final and tells those who wait for it. A blocked task that
// is not reached leaves no trace in the store: it follows from the others.
func (a *Attempt) end(id model.TaskID, s model.State) {
	t := a.at(id)
	began := t.state != model.Blocked
	if began {
		a.tally(id, -1)
	} else {
		a.look(id)
	}
	var rest []Message
	if began || s != model.NotReached {
		rest = a.closeInbox(id)
		t.ended, t.wake = a.now, 0
		a.touch(id)
		t.state = s
		a.version(id)
		if t.made != GrowPage {
			a.event(TaskEnded, id, a.endData(id))
		}
	} else if a.audience != nil {
		a.audience.moved = append(a.audience.moved, id)
	}
	t.state = s
	parent, item := t.parent, t.made == GrowItems
	if parent == model.NoTask || a.at(parent).state == model.Blocked {
		a.buryAll(id, rest)
		return
	}
	if a.onPage(t) {
		a.itemEnded(id, began)
	}
	a.claimWin(id)
	a.leave(id)
	a.openEdges(id)
	a.spread(id)
	a.leaveMail(id, rest)
	if a.at(id).flags&Onward != 0 && s.Passed() {
		a.onward(id)
	}
	a.endKid(parent)
	if item {
		a.schedule(errandAdmit, a.items(a.at(id)))
	}
}

// endData is what the history says about the end of a task.
func (a *Attempt) endData(id model.TaskID) params.Map {
	t := a.at(id)
	var m params.Map
	if t.flags&Replayed != 0 {
		m = m.Set("replayed", true)
	}
	if t.detail != nil && t.state == model.Failed && t.detail.Error.Len() > 0 {
		m = m.Set("error", t.detail.Error)
	}
	return m
}

// openEdges decides the edges that start at a final task.
func (a *Attempt) openEdges(id model.TaskID) {
	t := a.at(id)
	p := a.at(t.parent)
	switch {
	case p.node.Each != nil || int(t.index) >= len(p.node.Children):
		return
	case t.flags&Late != 0:
		a.openLateEdges(id)
		return
	}
	late := p.gate&gateAhead != 0 // a sibling that should come after this one did not wait
	for _, l := range p.node.Next(int(t.index)) {
		kid := p.kids[l.To]
		k := a.at(kid)
		if k.state != model.Blocked {
			late = true
			continue
		}
		k.gate |= decide(t, l.On, l.Output)
		k.pending--
		if k.pending == 0 {
			a.schedule(errandOpen, kid)
		}
	}
	if late && t.out != nil {
		a.refresh(t.parent)
	}
}

// openLateEdges decides the edges anew that start at a task which has a late
// round: its outputs may be others.
func (a *Attempt) openLateEdges(id model.TaskID) {
	p := a.at(a.at(id).parent)
	for _, l := range p.node.Next(int(a.at(id).index)) {
		if kid := p.kids[l.To]; a.at(kid).state == model.Blocked && a.recount(p, kid) {
			a.schedule(errandOpen, kid)
		}
	}
	a.refreshAfter(id)
}

// decide says what an edge from the task t does, which is final or stands for
// one that was.
func decide(t *task, on workflow.On, output string) gate {
	passed := t.state.Passed() || t.flags&Late != 0
	switch {
	case on == workflow.OnDone:
		return 0
	case on == workflow.OnSuccess && passed:
		return 0
	case on == workflow.OnOutput && t.emitted(output):
		return gateOutput | gateEmitted
	case on == workflow.OnOutput && passed:
		return gateOutput
	}
	return gateShut
}

func (t *task) emitted(output string) bool {
	if t.detail == nil || t.state != model.Success && t.flags&Late == 0 {
		return false
	}
	for _, o := range t.detail.Outputs {
		if o == output {
			return true
		}
	}
	return false
}

// endKid counts one child of a task as final.
func (a *Attempt) endKid(parent model.TaskID) {
	p := a.at(parent)
	p.pending--
	if p.pending == 0 && p.state == model.Open {
		a.schedule(errandSettle, parent)
	}
}
