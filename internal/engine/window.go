package engine

import "github.com/pawlhq/pawl/internal/model"

// tally counts a task that has started (1) or ended (-1) in its attempt and, if
// it is an item, in its collection.
func (a *Attempt) tally(id model.TaskID, by int32) {
	a.live += int(by)
	if t := &a.tasks[id]; t.made == GrowItems {
		a.tasks[t.parent].busy += by
	}
}

// crowded reports whether a task is an item of a collection that has as many
// in work as its window allows. There is nothing to wait for once the
// collection is closed.
func (a *Attempt) crowded(id model.TaskID) bool {
	t := &a.tasks[id]
	if t.made != GrowItems {
		return false
	}
	p := &a.tasks[t.parent]
	window := p.node.Each.Window
	return window > 0 && int(p.busy) >= window && p.flags&Closed == 0
}

// admit opens a collection's next items, as far as there is room for them.
// Those that are barred take none.
func (a *Attempt) admit(id model.TaskID) {
	for int(a.tasks[id].next) < len(a.tasks[id].kids) {
		t := &a.tasks[id]
		kid := t.kids[t.next]
		if a.crowded(kid) {
			return
		}
		t.next++
		a.open(kid)
	}
}
