package engine

import (
	"math"
	"slices"
	"strconv"
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
	a.handled(id)
	t := &a.tasks[id]
	switch {
	case t.asked():
		a.conclude(id)
		return
	case w == nil:
		w = &Wait{}
	}
	if w.Until == 0 && len(w.Keys) == 0 && !t.listens() {
		a.failForGood(id, params.Of("message", "the task waits, but for no time and no signal"))
		return
	}
	d := a.change(id)
	d.State, d.Keys = w.State, a.keys(id, w.Keys)
	t.state = model.Waiting
	a.sleep(id, w.Until, w.Reason)
}

// sleep arms what wakes a waiting task, and wakes it at once for a message
// that is there already.
func (a *Attempt) sleep(id model.TaskID, until model.Instant, reason string) {
	t := &a.tasks[id]
	t.wake = until
	a.touch(id)
	var data params.Map
	if reason != "" {
		data = params.Of("reason", reason)
	}
	a.event(TaskWaits, id, data)
	if until != 0 {
		a.effect(Effect{Kind: Arm, Task: id, At: until})
	}
	if t.detail != nil && len(t.detail.Inbox) > 0 && (t.listens() || len(t.detail.Keys) > 0) {
		t.flags |= Handling
		a.dispatch(id)
	}
}

// wakeUp runs what waited for an instant that has come. A timer of an earlier
// wait changes nothing.
func (a *Attempt) wakeUp(id model.TaskID) {
	t := &a.tasks[id]
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
		at, ok := instant(v)
		if !ok {
			a.tasks[id].state = model.Running
			a.failForGood(id, params.Of("message",
				"parameter "+strconv.Quote(w.Until)+" is no time to wait for: give RFC 3339 text or Unix seconds"))
			return true
		}
		if at <= a.now {
			return false
		}
		until = at
	}
	a.tasks[id].state = model.Waiting
	a.sleep(id, until, "")
	return true
}

// instant reads a time as definitions write it.
func instant(v params.Value) (model.Instant, bool) {
	switch v := v.(type) {
	case int64:
		return unix(float64(v))
	case float64:
		return unix(v)
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return model.InstantOf(t), true
		}
	}
	return 0, false
}

// unix returns the instant that lies so many seconds after the epoch.
func unix(seconds float64) (model.Instant, bool) {
	us := seconds * float64(time.Second/time.Microsecond)
	return model.Instant(us), math.Abs(us) < math.MaxInt64
}

// keys are the signals that a task waits for: those of its definition, given
// what it sees, and those that its operator asked for. A signal whose parameter
// has no value matches nothing and is left out.
func (a *Attempt) keys(id model.TaskID, asked []Key) []Key {
	t := &a.tasks[id]
	if !t.listens() {
		return asked
	}
	scope := a.scope(id)
	var ks []Key
	for _, s := range t.node.Wait.Signals {
		v, ok := scope.At(params.SplitPath(s.Param)...)
		if !ok || v == nil {
			continue
		}
		ks = append(ks, Key{Topic: s.Topic, Param: s.Param, Value: Canonical(v), One: s.One})
	}
	return append(ks, asked...)
}

// listens reports whether the definition of a task has it wait for signals.
func (t *task) listens() bool { return t.node.Wait != nil && len(t.node.Wait.Signals) > 0 }

// subscribed returns the signals that a task waits for now.
func (t *task) subscribed() []Key {
	if t.detail == nil {
		return nil
	}
	return t.detail.Keys
}

// Canonical is the text by which the values of keys are compared: the string
// "1" and the number 1 differ.
func Canonical(v params.Value) string { return string(params.AppendJSON(nil, v)) }

// rekey moves the subscriptions of waiting tasks after parameters changed.
func (a *Attempt) rekey() {
	a.listeners = slices.DeleteFunc(a.listeners, func(id model.TaskID) bool {
		return a.tasks[id].state.Final()
	})
	for _, id := range a.listeners {
		t := &a.tasks[id]
		if t.state != model.Waiting {
			continue
		}
		old := t.subscribed()
		var asked []Key
		for _, k := range old {
			if k.Param == "" {
				asked = append(asked, k)
			}
		}
		if ks := a.keys(id, asked); !slices.Equal(ks, old) {
			a.change(id).Keys = ks
		}
	}
}

// deliver puts a message into a task's inbox and runs the task for it. A
// message for a task that is not reached yet jumps to the task where its
// definition allows that.
func (a *Attempt) deliver(id model.TaskID, m *Message) error {
	t := &a.tasks[id]
	if m == nil {
		return model.Errorf(model.Invalid, "a signal needs a message")
	}
	jumps := a.state(id) == model.Blocked && t.node.SkipTo && t.listens()
	if jumps {
		if err := a.skipTo(id); err != nil {
			return err
		}
		t = &a.tasks[id]
	}
	switch takes := t.listens() || len(t.subscribed()) > 0; {
	case takes && (t.state == model.Waiting || t.state == model.Running):
	case jumps:
		return nil // it could not wait, and has failed for that
	default:
		return model.Errorf(model.Conflict, "task %s is %s and takes no messages", a.name(id), a.state(id))
	}
	if t.detail != nil && m.Source != "" {
		for _, other := range t.detail.Inbox {
			if other.Source == m.Source {
				return nil
			}
		}
	}
	d := a.change(id)
	d.Inbox = append(slices.Clip(d.Inbox), *m)
	a.event(SignalKept, id, params.Of("topic", m.Topic, "source", m.Source))
	if t.state == model.Waiting && t.flags&(Handling|RoundAsked) == 0 {
		t.flags |= Handling
		a.dispatch(id)
	}
	return nil
}

// expire acts on a time limit that has passed.
func (a *Attempt) expire(id model.TaskID) {
	t := &a.tasks[id]
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
	if limit.Hook != nil && !a.tasks[id].state.Final() {
		a.enter(id)
		a.grow(Growth{Kind: GrowLimit, Parent: id})
		a.openNew(id, 1)
	}
	a.schedule(errandSettle, id)
}
