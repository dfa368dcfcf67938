package engine

import (
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// audience is who listens in an attempt. Who does follows from the states of
// the tasks and from what they see: after each step, those are looked at again
// for whom that may have changed.
type audience struct {
	told map[model.TaskID]told
	// below counts the listeners below each task that has some.
	below map[model.TaskID]int32
	// names are those of the parameters that keys come from.
	names map[string]bool
	// fresh are the tops of trees that the step has added, or that can be reached
	// again, with tasks that listen early.
	fresh []model.TaskID
	// moved are the tasks below which the step has changed what tasks see.
	moved []model.TaskID
}

// told is what was last said of a listener. It has no keys as long as its
// parameters have no values.
type told struct {
	keys  []Key
	since model.Instant
}

// listeners returns the attempt's audience, which it then has.
func (a *Attempt) listeners() *audience {
	if a.audience == nil {
		a.audience = &audience{
			told:  make(map[model.TaskID]told),
			below: make(map[model.TaskID]int32),
			names: make(map[string]bool),
		}
	}
	return a.audience
}

// listens reports whether the definition of a task has it wait for signals.
func (t *task) listens() bool { return t.node.Wait != nil && len(t.node.Wait.Signals) > 0 }

// subscribed returns the signals that a task is stored to wait for.
func (t *task) subscribed() []Key {
	if t.detail == nil {
		return nil
	}
	return t.detail.Keys
}

// hears reports whether a task takes messages as things stand.
func (a *Attempt) hears(id model.TaskID) bool {
	t := a.at(id)
	switch {
	case a.row.Started == 0, a.row.CancelAsked && !a.isOnStop(id), a.row.State.Done():
		return false
	case t.state == model.Waiting, t.state == model.Running:
		return !t.asked() && (t.listens() || len(t.subscribed()) > 0)
	case t.state == model.Blocked:
		return t.node.Wait.ListensEarly() && a.awaits(id)
	}
	return t.lasting() && a.goesOn(id)
}

// awaits reports whether a blocked task may still be reached: the first above it
// that has started is not over and was not told to end.
func (a *Attempt) awaits(id model.TaskID) bool {
	for at := id; ; {
		parent := a.at(at).parent
		if parent == model.NoTask {
			return true
		}
		if !a.counts(parent, at) {
			return false
		}
		if p := a.at(parent); p.state != model.Blocked {
			return !p.asked() && (!p.state.Final() || p.leaves())
		}
		at = parent
	}
}

// attend tells who listens to what, as far as the step has changed that.
func (a *Attempt) attend() {
	for i := 0; i < len(a.dirty); i++ { // looking at one may change others
		id := a.dirty[i]
		if t := a.at(id); t.node.Wait != nil || len(t.subscribed()) > 0 || a.isTold(id) {
			a.attune(id)
		}
		if a.audience != nil {
			a.attuneBelow(id)
		}
	}
	h := a.audience
	if h == nil || a.row.Started == 0 {
		return
	}
	for _, id := range h.fresh {
		a.attuneTree(id)
	}
	for _, id := range h.moved {
		a.attune(id)
		a.attuneBelow(id)
	}
	h.fresh, h.moved = h.fresh[:0], h.moved[:0]
}

// attuneBelow attunes the listeners below a task.
func (a *Attempt) attuneBelow(id model.TaskID) {
	h := a.audience
	if h.below[id] == 0 {
		return
	}
	for _, kid := range a.at(id).kids {
		if a.isTold(kid) {
			a.attune(kid)
		}
		a.attuneBelow(kid)
	}
}

// isTold reports whether a task counts as a listener.
func (a *Attempt) isTold(id model.TaskID) bool {
	if a.audience == nil {
		return false
	}
	_, ok := a.audience.told[id]
	return ok
}

// attuneTree attunes a task and all below it.
func (a *Attempt) attuneTree(id model.TaskID) {
	a.attune(id)
	for _, kid := range a.at(id).kids {
		a.attuneTree(kid)
	}
}

// attune has a task listen to what it is to listen to now.
func (a *Attempt) attune(id model.TaskID) {
	if !a.hears(id) {
		a.hush(id)
		return
	}
	h := a.listeners()
	last, known := h.told[id]
	if !known {
		a.countListener(id, 1)
		a.learn(id)
	}
	now := told{keys: a.keys(id)}
	now.since = a.since(id, now.keys)
	h.told[id] = now
	silent := len(now.keys) == 0 && len(last.keys) == 0
	if !silent && (now.since != last.since || !slices.Equal(now.keys, last.keys)) {
		a.tell(id, now)
	}
}

// since notes which keys a task listens to, and returns since when it does. One
// that has ended has listened in another way since then.
func (a *Attempt) since(id model.TaskID, keys []Key) model.Instant {
	t := a.at(id)
	if t.state.Final() {
		return t.ended
	}
	if !slices.Equal(t.subscribed(), keys) {
		a.change(id).Keys = keys
	}
	h := t.hearing()
	if h.Since == 0 && len(keys) > 0 {
		h.Since = a.now
		a.setHearing(id, h)
	}
	return h.Since
}

// hearing returns what a task keeps that listens.
func (t *task) hearing() Hearing {
	if t.detail == nil || t.detail.Hearing == nil {
		return Hearing{}
	}
	return *t.detail.Hearing
}

func (a *Attempt) setHearing(id model.TaskID, h Hearing) {
	d := a.change(id)
	d.Hearing = nil
	if h != (Hearing{}) {
		d.Hearing = &h
	}
}

func (a *Attempt) tell(id model.TaskID, now told) {
	a.step.Listening = append(a.step.Listening, a.listening(id, now))
}

// listening returns what a task is told to listen to.
func (a *Attempt) listening(id model.TaskID, t told) Listening {
	wait := a.at(id).node.Wait
	return Listening{
		Attempt: a.row.ID, Task: id, Since: t.since, Keys: t.keys,
		Fresh: wait != nil && wait.Early == workflow.DropEarly || slices.ContainsFunc(t.keys, func(k Key) bool { return k.Fresh }),
	}
}

// hush has a task listen to nothing any more. What one that was not reached has
// kept is buried.
func (a *Attempt) hush(id model.TaskID) {
	if a.isTold(id) {
		last := a.audience.told[id]
		delete(a.audience.told, id)
		a.countListener(id, -1)
		if len(last.keys) > 0 {
			a.tell(id, told{since: last.since})
		}
	}
	t := a.at(id)
	if t.detail == nil || t.state.Final() && t.state != model.NotReached {
		return
	}
	if h := t.hearing(); len(t.detail.Keys) > 0 || h.Since != 0 {
		h.Since = 0
		a.setHearing(id, h)
		t.detail.Keys = nil
	}
	if rest := t.detail.Inbox; len(rest) > 0 && (t.state == model.Blocked || t.state == model.NotReached) {
		a.change(id).Inbox = nil
		a.buryAll(id, rest)
	}
}

// hushTree has a task and all below it listen to nothing any more, because
// another round takes their place.
func (a *Attempt) hushTree(id model.TaskID) {
	if a.audience == nil {
		return
	}
	a.hush(id)
	if a.audience.below[id] == 0 {
		return
	}
	for _, kid := range a.at(id).kids {
		a.hushTree(kid)
	}
}

// hushAll has nobody listen any more, in an attempt that ends.
func (a *Attempt) hushAll() {
	if a.audience == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(a.audience.told)) {
		a.hush(id)
	}
}

func (a *Attempt) countListener(id model.TaskID, by int32) {
	h := a.audience
	for at := a.at(id).parent; at != model.NoTask; at = a.at(at).parent {
		if h.below[at] += by; h.below[at] == 0 {
			delete(h.below, at)
		}
	}
}

// learn notes from which parameters the keys of a task come.
func (a *Attempt) learn(id model.TaskID) {
	if t := a.at(id); t.listens() {
		for _, s := range t.node.Wait.Signals {
			a.audience.names[params.SplitPath(s.Param)[0]] = true
		}
	}
}

// keys are the signals that a task waits for: those of its definition, given
// what it sees, and those that its operator asked for. A signal whose parameter
// has no value matches nothing and is left out.
func (a *Attempt) keys(id model.TaskID) []Key {
	t := a.at(id)
	if !t.listens() {
		return t.subscribed()
	}
	if t.state == model.Blocked {
		a.foresee(id)
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
	if t.state.Final() {
		return ks
	}
	for _, k := range t.subscribed() {
		own := func(s workflow.Signal) bool { return s.Topic == k.Topic && s.Param == k.Param }
		if !slices.ContainsFunc(t.node.Wait.Signals, own) {
			ks = append(ks, k)
		}
	}
	return ks
}

// Canonical is the text by which the values of keys are compared: the string
// "1" and the number 1 differ.
func Canonical(v params.Value) string { return string(params.AppendJSON(nil, v)) }

// foresee works out what a blocked task would see if it were reached now.
func (a *Attempt) foresee(id model.TaskID) {
	if parent := a.at(id).parent; parent != model.NoTask && a.at(parent).state == model.Blocked {
		a.foresee(parent)
		a.enter(parent)
	}
	a.look(id)
}

// shift notes that tasks below one may see other parameters, if keys may come
// from what has changed.
func (a *Attempt) shift(id model.TaskID, changed params.Map, removed []string) {
	if a.audience != nil && a.audience.concerns(changed, removed) {
		a.audience.moved = append(a.audience.moved, id)
	}
}

// concerns reports whether keys may come from some of these parameters.
func (h *audience) concerns(changed params.Map, removed []string) bool {
	for name := range changed.Keys() {
		if h.names[name] {
			return true
		}
	}
	return slices.ContainsFunc(removed, func(path string) bool { return h.names[params.SplitPath(path)[0]] })
}
