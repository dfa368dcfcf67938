package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// reports tells whether a report is about the try that runs.
func (a *Attempt) reports(id model.TaskID, try int32) bool {
	t := a.at(id)
	return t.state == model.Running && t.try == try
}

// asked reports whether a running task was told to end, so that what its try
// gave no longer counts.
func (t *task) asked() bool { return t.flags&(CancelAsked|SkipAsked|TimedOut) != 0 }

// conclude decides a task whose try is over, as if it were a group whose
// children are what the try generated.
func (a *Attempt) conclude(id model.TaskID) {
	a.at(id).state = model.Open
	a.touch(id)
	a.settle(id)
}

// judge notes what a try has found about the products of its task, or of what it
// takes over in their place.
func (a *Attempt) judge(id model.TaskID, try int32, v *Verdict, r *Result) {
	if v == nil || !a.reports(id, try) {
		return
	}
	t := a.at(id)
	taken := r != nil && r.Replayed
	if v.Skip && !taken && t.node.Check == nil { // a check that failed before has to be repeated
		t.flags |= SkipAsked
		a.touch(id)
	}
	if t.flags&Judged != 0 {
		return
	}
	t.flags |= Judged
	a.touch(id)
	a.event(TaskJudged, id, VerdictData(*v))
}

// VerdictData is what a TaskJudged has for a verdict.
func VerdictData(v Verdict) params.Map { return params.Of("skip", v.Skip, "reason", v.Reason) }

func (a *Attempt) succeed(id model.TaskID, try int32, r *Result) {
	if !a.reports(id, try) {
		return
	}
	t := a.at(id)
	if t.asked() {
		a.conclude(id)
		return
	}
	a.handled(id)
	if r == nil {
		r = &Result{}
	}
	a.send(id, r.Records)
	a.take(id, r)
	if r.Replayed {
		t.flags |= Replayed
	}
	if r.Stop {
		t.flags |= StopAsked
	}
	switch {
	case t.node.Each != nil && r.Listed != nil:
		a.openItems(id, r.Listed)
	case t.node.Each != nil && len(r.Items) > 0:
		a.generate(Growth{Kind: GrowItems, Parent: id, Items: r.Items}, len(r.Items))
	case r.Node != nil:
		a.generate(Growth{Kind: GrowSub, Parent: id, Node: r.Node}, 1)
	}
	a.conclude(id)
}

// take keeps what a successful try gave.
func (a *Attempt) take(id model.TaskID, r *Result) {
	t := a.at(id)
	if t.detail == nil && r.Export.Len() == 0 && r.Store.Len() == 0 && len(r.Reset) == 0 &&
		len(r.Outputs) == 0 && r.Subtasks.Len() == 0 && r.Version == "" {
		return
	}
	d := a.change(id)
	gave := *d
	*d = Detail{
		Export: r.Export, Store: r.Store, Reset: r.Reset,
		Outputs: r.Outputs, Subtasks: r.Subtasks, Version: r.Version,
		Keys: gave.Keys, Inbox: gave.Inbox, Hearing: gave.Hearing, Followers: gave.Followers,
	}
	late := t.flags&Late != 0
	if late {
		a.takeLate(id, &gave)
	}
	a.keep(id, r)
	if late { // others have not waited for it: they see what is kept
		a.openEdges(id)
	}
	a.refresh(id)
}

// takeLate adds what a late round gave to what the round before it had given.
func (a *Attempt) takeLate(id model.TaskID, gave *Detail) {
	d := a.at(id).detail
	d.Outputs = slices.Concat(gave.Outputs, d.Outputs)
	if a.at(id).standsIn() && a.def.Scope == workflow.Tree {
		d.Export = gave.Export.Merge(d.Export)
		d.Store = give(gave.Store, d)
		d.Reset = slices.Concat(gave.Reset, d.Reset)
	}
}

// generate adds what an action made below itself.
func (a *Attempt) generate(g Growth, n int) {
	a.at(g.Parent).state = model.Open
	a.enter(g.Parent)
	a.event(TaskOpened, g.Parent, params.Map{})
	a.grow(g)
	a.openNew(g.Parent, n)
}

func (a *Attempt) fail(id model.TaskID, try int32, f *Failure) {
	if !a.reports(id, try) {
		return
	}
	t := a.at(id)
	if t.asked() {
		a.conclude(id)
		return
	}
	if f == nil {
		f = &Failure{}
	}
	delay, more := f.Retry.Delay(t.spent())
	if !more || f.Bury {
		a.giveUp(id, f)
		return
	}
	if t.flags&Handling != 0 && t.buries() && t.spent() == 0 {
		h := t.hearing()
		if t.detail != nil {
			h.Kept = t.detail.State
		}
		a.setHearing(id, h)
	}
	t.retries++
	if f.State.Len() > 0 || t.detail != nil {
		a.change(id).State = f.State
	}
	if delay > 0 {
		a.rest(id, a.now.Add(delay))
	}
	a.event(TaskRetries, id, params.Of("retry", int64(t.retries), "error", f.Error))
	if delay == 0 {
		a.dispatch(id)
	}
}

// giveUp ends a task whose tries are over as failed, or only what it has to do
// with the message that it could not handle.
func (a *Attempt) giveUp(id model.TaskID, f *Failure) {
	t, err := a.at(id), orUnknown(f.Error)
	if t.flags&Handling == 0 {
		a.failForGood(id, err)
		return
	}
	hearing, state, m := t.hearing(), t.detail.State, t.detail.Inbox[0]
	if t.spent() > 0 {
		state = hearing.Kept
	}
	a.handled(id)
	reason, _ := err.String("message") // what has none says nothing
	a.bury(id, m, reason)
	if !t.buries() && !f.Bury {
		a.failForGood(id, err)
		return
	}
	a.forgive(id)
	a.change(id).State = state
	if t.over(0) {
		a.conclude(id)
		return
	}
	t.state = model.Waiting
	a.sleep(id, hearing.Due, "") // it wakes at once if that has passed
}

// orUnknown makes sure that a failure says something.
func orUnknown(err params.Map) params.Map {
	if err.Len() > 0 {
		return err
	}
	return params.Of("message", "the task failed and gave no reason")
}

func (a *Attempt) tryCancelled(id model.TaskID, try int32) {
	if !a.reports(id, try) {
		return
	}
	if a.at(id).asked() {
		a.conclude(id)
		return
	}
	// Nobody asked: the runner gave the try up, so another one is due.
	a.lose(id, try)
}

// lose answers the loss of a runner as the task's definition says.
func (a *Attempt) lose(id model.TaskID, try int32) {
	if !a.reports(id, try) {
		return
	}
	t := a.at(id)
	a.event(TryLost, id, params.Map{})
	switch {
	case t.asked():
		a.conclude(id)
	case t.node.Redrive == workflow.FailLost:
		f := &Failure{Error: params.Of("message", "the runner of the task was lost"), Retry: t.node.Retry}
		if t.detail != nil {
			f.State = t.detail.State
		}
		a.fail(id, try, f)
	case t.node.Redrive == workflow.HoldLost && (t.flags&Handling != 0 || t.deaf()):
		t.state = model.Waiting
		a.touch(id)
		a.waits(id, "its runner was lost: it is to be told to run again")
	default:
		a.dispatch(id)
	}
}
