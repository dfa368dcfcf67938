package engine

import (
	"math"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// waitFor puts a task to sleep whose try asked to be run again later. A task
// whose definition names signals goes on listening to them.
func (a *Attempt) waitFor(id model.TaskID, try int32, w *Wait) {
	if !a.reports(id, try) {
		return
	}
	t := a.at(id)
	switch {
	case t.asked():
		a.conclude(id)
		return
	case w == nil:
		w = &Wait{}
	case w.Postpone:
		a.postpone(id, w)
		return
	}
	if t.flags&Handling != 0 {
		a.handled(id)
		a.forgive(id)
	}
	a.send(id, w.Records)
	if !a.storeNow(id, w) {
		return
	}
	if w.Until == 0 && len(w.Keys) == 0 && !t.listens() {
		a.failForGood(id, params.Of("message", "the task waits, but for no time and no signal"))
		return
	}
	if t.over(w.Until) {
		a.conclude(id)
		return
	}
	d := a.change(id)
	d.State, d.Keys = w.State, w.Keys
	t.state = model.Waiting
	a.sleep(id, w.Until, w.Reason)
}

// postpone has a task whose try could do nothing run again later, as if it had
// not: the message that it handles stays, and no other wakes it.
func (a *Attempt) postpone(id model.TaskID, w *Wait) {
	if w.Until == 0 {
		a.failForGood(id, params.Of("message", "the task is to run again, but at no time"))
		return
	}
	a.rest(id, w.Until)
	a.waits(id, w.Reason)
}

// storeNow takes over what a task stores that waits on. It reports false where
// that has failed the task.
func (a *Attempt) storeNow(id model.TaskID, w *Wait) bool {
	switch {
	case w.Store.Len() == 0 && len(w.Reset) == 0:
	case a.def.Scope != workflow.Shared:
		a.failForGood(id, params.Of("message", "the task stores parameters while it waits, but not all tasks share them"))
		return false
	default:
		a.row.Shared = give(a.row.Shared, &Detail{Store: w.Store, Reset: w.Reset})
		a.rowDirty = true
		a.shift(0, w.Store, w.Reset)
	}
	return true
}

// deaf reports whether no message can wake a task.
func (t *task) deaf() bool { return !t.listens() && len(t.subscribed()) == 0 }

// held reports whether a task waits to be told to run again, because its runner
// was lost.
func (t *task) held() bool {
	return t.node.Redrive == workflow.HoldLost && t.state == model.Waiting && t.wake == 0 && (t.flags&Handling != 0 || t.deaf())
}

// waits tells that a task waits, and what for.
func (a *Attempt) waits(id model.TaskID, reason string) {
	var data params.Map
	if reason != "" {
		data = params.Of("reason", reason)
	}
	a.event(TaskWaits, id, data)
}

// sleep arms what wakes a waiting task, and wakes it at once for a message
// that is there already.
func (a *Attempt) sleep(id model.TaskID, until model.Instant, reason string) {
	t := a.at(id)
	t.wake = until
	a.touch(id)
	a.waits(id, reason)
	if until != 0 {
		a.effect(Effect{Kind: Arm, Task: id, At: until})
	}
	if t.listens() || len(t.subscribed()) > 0 {
		a.handleNext(id)
	}
}

// wakeUp runs what waited for an instant that has come. A timer of an earlier
// wait changes nothing.
func (a *Attempt) wakeUp(id model.TaskID) {
	t := a.at(id)
	switch {
	case t.state != model.Waiting, t.wake == 0, t.wake > a.now:
	case t.flags&RoundAsked != 0:
		// Tasks that were added while it waited end before the round begins.
		t.state, t.wake = model.Open, 0
		a.touch(id)
		a.schedule(errandSettle, id)
	default:
		a.dispatch(id)
	}
}

// holdBack begins the wait that an action's definition asks for, and reports
// whether there is anything to wait for.
func (a *Attempt) holdBack(id model.TaskID, w *workflow.Wait) bool {
	var until model.Instant
	if w.For > 0 {
		until = a.now.Add(w.For)
	}
	if w.Until != "" {
		v, _ := a.scope(id).At(params.SplitPath(w.Until)...)
		at, ok := a.instant(v)
		if !ok {
			a.at(id).state = model.Running
			a.failForGood(id, params.Of("message", notATime(w.Until, "to wait for")))
			return true
		}
		if at <= a.now {
			return false
		}
		until = at
	}
	a.at(id).state = model.Waiting
	a.sleep(id, until, "")
	return true
}

// instant reads a time as definitions write it: a duration counts from now.
func (a *Attempt) instant(v params.Value) (model.Instant, bool) {
	switch v := v.(type) {
	case int64:
		return unix(float64(v))
	case float64:
		return unix(v)
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return model.InstantOf(t), true
		}
		if d, err := time.ParseDuration(v); err == nil && d > 0 {
			return a.now.Add(d), true
		}
	}
	return 0, false
}

// unix returns the instant that lies so many seconds after the epoch.
func unix(seconds float64) (model.Instant, bool) {
	us := seconds * float64(time.Second/time.Microsecond)
	return model.Instant(us), math.Abs(us) < math.MaxInt64
}
