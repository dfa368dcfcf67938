package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// Items that have ended can be run again for as long as their collection goes on.

// rerunItem runs an item again that has ended, in a collection that goes on.
func (a *Attempt) rerunItem(id model.TaskID, index int64) error {
	t := a.at(id)
	c := t.items()
	switch {
	case c == nil:
		return model.Errorf(model.Conflict, "task %s has no items", a.name(id))
	case index < 0 || index >= c.Total:
		return model.Errorf(model.NotFound, "task %s has %d items, and none with index %d", a.name(id), c.Total, index)
	case t.state != model.Open || a.at(id).turnsAway():
		return model.Errorf(model.Conflict, "task %s starts no more items: retry the attempt", a.name(id))
	case slices.Contains(c.Again, index):
		return nil
	}
	c = a.count(id)
	c.Again = append(slices.Clip(c.Again), index)
	t.pending++
	a.askAgain(id, index)
	return nil
}

// supplyAgain takes up an item once more that has ended.
func (a *Attempt) supplyAgain(id model.TaskID, s *Supplied) {
	if !slices.Contains(a.at(id).items().Again, s.From) {
		return
	}
	t := a.at(id)
	ahead := s.From >= t.items().Next && !t.turnsAway()
	if ahead && t.asking { // the page that is on its way may lack it, and go past it
		a.askAgain(id, s.From)
		return
	}
	c := a.count(id)
	c.Again = slices.DeleteFunc(slices.Clone(c.Again), func(index int64) bool { return index == s.From })
	switch {
	case t.turnsAway():
	case s.Error != "":
		a.failItems(id, s.Error)
	case len(s.Items) != 1:
	case !ahead:
		a.rerun(id, s.Items)
	case s.Items[0].State.Final():
		a.uncount(id, s.From, s.Items[0].State)
		a.count(id).Left++ // it is taken up with those around it
	}
	a.endKid(id)
}

// rerun runs an item again that has ended: where it is, as long as the page is in work
// that it is on.
func (a *Attempt) rerun(id model.TaskID, item []Item) {
	state := item[0].State
	at, found := a.itemAt(id, item[0].Index)
	if found {
		state = a.at(at).state // it may have changed since it was read
	}
	switch {
	case !state.Final(), found && a.runAgain(at) == nil:
		return
	case found:
		a.cancelKids(at) // losers
	}
	a.uncount(id, item[0].Index, state)
	a.takeUp(id, item)
}

// itemAt returns the task of an item that is in memory.
func (a *Attempt) itemAt(id model.TaskID, index int64) (model.TaskID, bool) {
	for _, at := range slices.Backward(a.at(id).kids) {
		if a.at(at).made != GrowPage {
			continue
		}
		if i, found := slices.BinarySearch(a.pages[at].index, index); found {
			return a.at(at).kids[i], true
		}
	}
	return model.NoTask, false
}

// uncount counts an item as one that has not started, which had ended.
func (a *Attempt) uncount(id model.TaskID, index int64, ended model.State) {
	c := a.count(id)
	switch ended {
	case model.Failed:
		c.Failed--
		c.First = slices.DeleteFunc(slices.Clone(c.First), func(f FailedItem) bool { return f.Index == index })
	case model.Cancelled, model.NotReached:
		c.Cancelled--
	default:
		c.Done--
	}
	a.step.Items = append(a.step.Items, ItemRow{Attempt: a.row.ID, Task: id, List: c.List, Index: index, State: model.Blocked})
}

// askAgain asks for an item that is to be run again.
func (a *Attempt) askAgain(id model.TaskID, index int64) {
	f := Fetch{List: a.at(id).items().List, From: index, Most: 1, Again: true}
	a.effect(Effect{Kind: FetchItems, Task: id, Fetch: f})
}
