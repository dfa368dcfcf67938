package engine

import (
	"slices"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// waitFor puts a task to sleep whose try asked to be run again later.
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
	case w == nil || w.Until == 0 && len(w.Keys) == 0:
		a.failForGood(id, params.Of("message", "the task waits, but for no time and no signal"))
		return
	}
	d := a.change(id)
	d.State, d.Keys = w.State, w.Keys
	t.state = model.Waiting
	a.sleep(id, w.Until)
}

// sleep arms what wakes a waiting task, and wakes it at once for a message
// that is there already.
func (a *Attempt) sleep(id model.TaskID, until model.Instant) {
	t := &a.tasks[id]
	t.wake = until
	a.touch(id)
	a.event(TaskWaits, id, params.Map{})
	if until != 0 {
		a.effect(Effect{Kind: Arm, Task: id, At: until})
	}
	if t.detail != nil && len(t.detail.Inbox) > 0 && len(t.detail.Keys) > 0 {
		t.flags |= Handling
		a.dispatch(id)
	}
}

// wakeUp runs what waited for an instant that has come. A timer of an earlier
// wait changes nothing.
func (a *Attempt) wakeUp(id model.TaskID) {
	t := &a.tasks[id]
	if t.state != model.Waiting || t.wake == 0 || t.wake > a.now {
		return
	}
	if t.flags&RoundAsked != 0 {
		a.round(id)
		return
	}
	a.dispatch(id)
}

// holdBack begins the wait that an action's definition asks for, and reports
// whether there is anything to wait for.
func (a *Attempt) holdBack(id model.TaskID, w *workflow.Wait) bool {
	scope := a.scope(id)
	var until model.Instant
	if w.For > 0 {
		until = a.now.Add(w.For)
	}
	if w.Until != "" {
		v, _ := scope.At(params.SplitPath(w.Until)...)
		at, ok := instant(v)
		if !ok {
			a.tasks[id].state = model.Running
			a.failForGood(id, params.Of("message",
				"parameter "+strconv.Quote(w.Until)+" is no time to wait for: give RFC 3339 text or Unix seconds"))
			return true
		}
		until = at
	}
	if until != 0 && until <= a.now {
		return false
	}
	t := &a.tasks[id]
	t.state = model.Waiting
	if len(w.Signals) > 0 {
		a.change(id).Keys = keys(w.Signals, scope)
		a.listeners = append(a.listeners, id)
	}
	a.sleep(id, until)
	return true
}

// instant reads a time as definitions write it.
func instant(v params.Value) (model.Instant, bool) {
	switch v := v.(type) {
	case int64:
		return model.Instant(v) * model.Instant(time.Second/time.Microsecond), true
	case float64:
		return model.Instant(v * float64(time.Second/time.Microsecond)), true
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return model.InstantOf(t), true
		}
	}
	return 0, false
}

// keys are the signals that a task waits for, given what it sees. A signal
// whose parameter has no value matches nothing and is left out.
func keys(signals []workflow.Signal, scope params.Map) []Key {
	var ks []Key
	for _, s := range signals {
		v, ok := scope.At(params.SplitPath(s.Param)...)
		if !ok || v == nil {
			continue
		}
		ks = append(ks, Key{Topic: s.Topic, Param: s.Param, Value: Canonical(v), One: s.One})
	}
	return ks
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
		if ks := keys(t.node.Wait.Signals, a.scope(id)); !slices.Equal(ks, t.detail.Keys) {
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
	if t.state == model.Blocked && t.node.SkipTo {
		if err := a.skipTo(id); err != nil {
			return err
		}
		t = &a.tasks[id]
	}
	listening := t.detail != nil && len(t.detail.Keys) > 0 || t.node.Wait != nil && len(t.node.Wait.Signals) > 0
	if !listening || t.state != model.Waiting && t.state != model.Running {
		return model.Errorf(model.Conflict, "task %s is %s and takes no messages", a.name(id), t.state)
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
	if t.state == model.Waiting && t.flags&Handling == 0 {
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
