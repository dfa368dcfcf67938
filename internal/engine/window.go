package engine

import "github.com/pawlhq/pawl/internal/model"

// tally counts a task that has started (1) or ended (-1) in its attempt, in the
// pages that it is below and, if it is an item, in its collection.
func (a *Attempt) tally(id model.TaskID, by int32) {
	a.live += int(by)
	if t := a.at(id); t.made == GrowItems {
		a.at(a.items(t)).busy += by
	}
	for at, p := range a.pagesAbove(id) {
		if p.live += int(by); p.live == 0 {
			a.over = append(a.over, at)
		}
	}
}

// items returns the collection that an item is part of.
func (a *Attempt) items(item *task) model.TaskID {
	if p := a.at(item.parent); p.made == GrowPage {
		return p.parent
	}
	return item.parent
}

// crowded reports whether a task is an item of a collection that has as many
// in work as its window allows. There is nothing to wait for once the
// collection is closed.
func (a *Attempt) crowded(id model.TaskID) bool {
	t := a.at(id)
	if t.made != GrowItems {
		return false
	}
	p := a.at(a.items(t))
	if p.items() != nil {
		return int(p.busy) >= p.room() && !p.turnsAway()
	}
	window := p.node.Each.Window
	return window > 0 && int(p.busy) >= window && p.flags&Closed == 0
}

// admit opens a collection's next items, as far as there is room for them.
// Those that are barred take none.
func (a *Attempt) admit(id model.TaskID) {
	if a.at(id).items() != nil {
		a.admitItems(id)
		return
	}
	for int(a.at(id).next) < len(a.at(id).kids) {
		t := a.at(id)
		kid := t.kids[t.next]
		if a.crowded(kid) {
			return
		}
		t.next++
		a.open(kid)
	}
}
