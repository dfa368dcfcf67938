package engine

import (
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// limit arms the time limit of a task that starts. What is to be the limit and is
// no time counts as one that has passed.
func (a *Attempt) limit(id model.TaskID) {
	t := a.at(id)
	l := &t.node.Limit
	if l.After > 0 {
		t.deadline = a.now.Add(l.After)
	}
	at, ok := a.until(id)
	switch {
	case !ok:
		t.flags |= TimedOut | LimitSeen
		a.change(id).Error = params.Of("message", notATime(l.Until, "for a time limit"))
		return
	case at != 0 && (t.deadline == 0 || at < t.deadline):
		t.deadline = at
	}
	if t.deadline != 0 {
		a.effect(Effect{Kind: ArmLimit, Task: id, At: t.deadline})
	}
}

// until returns the instant that a task's limit is at the latest, or 0, and whether
// what is to be that is a time.
func (a *Attempt) until(id model.TaskID) (model.Instant, bool) {
	path := a.at(id).node.Limit.Until
	if path == "" {
		return 0, true
	}
	v, _ := a.scope(id).At(params.SplitPath(path)...)
	if v == nil {
		return 0, true
	}
	return a.instant(v)
}

// extendLimit moves the time limit of a running task.
func (a *Attempt) extendLimit(id model.TaskID, by time.Duration) {
	t := a.at(id)
	if t.state != model.Running || t.deadline == 0 || t.flags&LimitSeen != 0 || by <= 0 {
		return
	}
	at := t.deadline.Add(by)
	if until, _ := a.until(id); until != 0 {
		at = max(t.deadline, min(at, until))
	}
	if at == t.deadline {
		return
	}
	t.deadline = at
	a.touch(id)
	a.effect(Effect{Kind: ArmLimit, Task: id, At: at})
}

// lateness is the error of a task whose time limit passed.
func (t *task) lateness() params.Map {
	switch l := &t.node.Limit; {
	case t.detail != nil && t.detail.Error.Len() > 0:
		return t.detail.Error
	case l.Until == "":
		return params.Of("message", "time limit of "+l.After.String()+" passed")
	}
	return params.Of("message", "time limit passed: it was "+t.deadline.Time().Format(time.RFC3339))
}

// notATime says that a parameter should be one.
func notATime(path, what string) string {
	return "parameter " + strconv.Quote(path) + " is no time " + what + ": give RFC 3339 text, Unix seconds or a duration such as 1h30m"
}

// expire acts on a time limit that has passed.
func (a *Attempt) expire(id model.TaskID) {
	t := a.at(id)
	if t.state.Final() || t.deadline == 0 || t.deadline > a.now || t.flags&LimitSeen != 0 {
		return
	}
	t.flags |= LimitSeen
	a.touch(id)
	a.event(LimitPassed, id, params.Map{})
	limit := t.node.Limit
	switch limit.Then {
	case workflow.LimitFails:
		a.interrupt(id, TimedOut)
	case workflow.LimitSkips:
		a.interrupt(id, SkipAsked)
	case workflow.LimitNotifies:
	}
	if limit.Hook != nil && !a.at(id).state.Final() {
		a.enter(id)
		a.grow(Growth{Kind: GrowLimit, Parent: id})
		a.openNew(id, 1)
	}
	a.schedule(errandSettle, id)
}
