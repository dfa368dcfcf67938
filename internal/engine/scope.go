package engine

import (
	"container/heap"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// trail is what a line of siblings stored, newest first. Each link adds the
// sibling at index and keeps the merged map, so that the next task in a row
// pays for its predecessor only, however many came before.
type trail struct {
	prev  *trail
	index int32
	scope params.Map
}

// scope returns what a task sees: the parameters that are in force there,
// with its own export on top.
func (a *Attempt) scope(id model.TaskID) params.Map {
	t := a.at(id)
	m := a.before(id)
	if a.def.Scope == workflow.Shared {
		m = a.row.Shared.Merge(m)
	}
	m = m.Merge(t.node.Export).Merge(t.extra)
	return m.Merge(a.row.Edits)
}

// before returns what reaches a task from its ancestors and from the siblings
// that it comes after.
func (a *Attempt) before(id model.TaskID) params.Map {
	t := a.at(id)
	switch {
	case t.in != nil:
		return t.in.scope
	case t.parent != model.NoTask:
		return a.at(t.parent).ctx
	case a.def.Scope == workflow.Tree:
		return a.row.Params
	}
	return params.Map{}
}

// enter fixes what the children of a task start from.
func (a *Attempt) enter(id model.TaskID) {
	t := a.at(id)
	m := a.before(id).Merge(t.node.Export).Merge(t.extra)
	if d := t.detail; d != nil {
		m = m.Merge(d.Export)
		if a.def.Scope == workflow.Tree {
			m = give(m, d)
		}
	}
	t.ctx = m
}

// look decides what a task sees of the siblings that it comes after.
func (a *Attempt) look(id model.TaskID) {
	t := a.at(id)
	if t.parent == model.NoTask || a.def.Scope == workflow.Shared {
		return
	}
	p := a.at(t.parent)
	t.in = nil
	if t.made == GrowCheck {
		for i, kid := range p.kids[:t.index] {
			if a.at(kid).made == GrowSub {
				t.in = a.extend(t.in, p, int32(i))
			}
		}
		return
	}
	if !p.defines(t) {
		return
	}
	switch after := t.node.After; len(after) {
	case 0:
	case 1:
		t.in = a.past(p.kids[after[0].From])
	default:
		t.in = a.join(p, after)
	}
}

// defines reports whether a child comes from the group's definition, so that
// it has siblings to come after.
func (t *task) defines(kid *task) bool {
	return kid.made == GrowSub && int(kid.index) < len(t.node.Children)
}

// past returns what is seen after a task. As long as it has not ended, that is
// what was seen before it.
func (a *Attempt) past(id model.TaskID) *trail {
	t := a.at(id)
	switch {
	case t.state.Final(), t.standsIn():
		return t.out
	case t.state == model.Blocked:
		a.look(id)
	}
	return t.in
}

// join merges the trails of several siblings, in definition order. It goes
// back only to where they have the same past.
func (a *Attempt) join(p *task, after []workflow.Edge) *trail {
	var pasts []*trail
	for _, e := range after {
		if t := a.past(p.kids[e.From]); t != nil {
			pasts = append(pasts, t)
		}
	}
	if len(pasts) == 0 {
		return nil
	}
	heads := trails(pasts)
	heap.Init(&heads)
	var base *trail
	var missing []int32
	for len(heads) > 0 {
		newest := heads.take()
		if len(heads) == 0 {
			base = newest
			break
		}
		missing = append(missing, newest.index)
		heads.add(newest.prev)
		for len(heads) > 0 && heads[0].index == newest.index {
			heads.add(heads.take().prev)
		}
	}
	for _, index := range slices.Backward(missing) {
		base = a.extend(base, p, index)
	}
	return base
}

// trails is a heap of trails, the one that ends latest in the definition first.
type trails []*trail

func (h trails) Len() int           { return len(h) }
func (h trails) Less(i, j int) bool { return h[i].index > h[j].index }
func (h trails) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *trails) Push(x any)        { *h = append(*h, x.(*trail)) }
func (h *trails) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h = (*h)[:last]
	return t
}

// add puts a trail in unless it is empty.
func (h *trails) add(t *trail) {
	if t != nil {
		heap.Push(h, t)
	}
}

// take takes out a trail that ends latest, as often as it is in at the top.
func (h *trails) take() *trail {
	t := heap.Pop(h).(*trail)
	for len(*h) > 0 && (*h)[0] == t {
		heap.Pop(h)
	}
	return t
}

// extend adds what kid index of p and those below it stored to a trail.
func (a *Attempt) extend(base *trail, p *task, index int32) *trail {
	m := p.ctx
	if base != nil {
		m = base.scope
	}
	return &trail{prev: base, index: index, scope: a.given(m, p.kids[index])}
}

// leave fixes what the siblings after a final task see.
func (a *Attempt) leave(id model.TaskID) {
	t := a.at(id)
	t.out = t.in
	if t.gives && t.parent != model.NoTask {
		t.out = a.extend(t.in, a.at(t.parent), t.index)
		a.passOn(id)
	}
}

// passOn notes that what a task and those below it stored is seen from now on by
// those that come after it.
func (a *Attempt) passOn(id model.TaskID) {
	t := a.at(id)
	if a.audience == nil || a.at(t.parent).node.Each != nil {
		return
	}
	if d := t.detail; len(t.kids) > 0 || d != nil && a.audience.concerns(d.Store, d.Reset) {
		a.audience.moved = append(a.audience.moved, t.parent)
	}
}

// refresh decides anew what the tasks below one see of each other.
func (a *Attempt) refresh(id model.TaskID) {
	if a.audience != nil {
		a.audience.moved = append(a.audience.moved, id)
	}
	a.lookBelow(id)
}

func (a *Attempt) lookBelow(id model.TaskID) {
	if len(a.at(id).kids) == 0 {
		return
	}
	a.enter(id)
	for _, kid := range a.at(id).kids {
		k := a.at(kid)
		if k.state == model.Blocked {
			continue
		}
		a.look(kid)
		if k.state != model.NotReached {
			a.lookBelow(kid)
		}
		if k.state.Final() || k.standsIn() {
			a.leave(kid)
		}
	}
}

// given merges what a task and all below it stored into m, depth first. Of a
// group that ended with its first winner, only the winner counts.
func (a *Attempt) given(m params.Map, id model.TaskID) params.Map {
	t := a.at(id)
	if !t.gives {
		return m
	}
	if t.detail != nil {
		m = give(m, t.detail)
	}
	if t.winner != 0 {
		return a.given(m, t.winner)
	}
	for _, kid := range t.kids {
		m = a.given(m, kid)
	}
	return m
}

// give removes and merges what one task stored.
func give(m params.Map, d *Detail) params.Map {
	for _, path := range d.Reset {
		m = m.DeleteAt(params.SplitPath(path)...)
	}
	return m.Merge(d.Store)
}

// keep takes over what an action stored.
func (a *Attempt) keep(id model.TaskID, r *Result) {
	if r.Store.Len() == 0 && len(r.Reset) == 0 {
		return
	}
	if a.def.Scope == workflow.Shared {
		a.row.Shared = give(a.row.Shared, a.at(id).detail)
		a.rowDirty = true
		a.shift(0, r.Store, r.Reset)
		return
	}
	a.markGives(id)
}

// markGives tells a task and those above it that there is something stored. What is
// stored below an item of a page is seen there only.
func (a *Attempt) markGives(id model.TaskID) {
	for ; id != model.NoTask && !a.at(id).gives && a.at(id).made != GrowPage; id = a.at(id).parent {
		a.at(id).gives = true
	}
}

// edit merges p over the parameters of all later tries.
func (a *Attempt) edit(p params.Map, by string) {
	before := a.former(p)
	if a.def.Scope == workflow.Shared {
		a.row.Shared = a.row.Shared.Merge(p)
	} else {
		a.row.Edits = a.row.Edits.Merge(p)
	}
	a.rowDirty = true
	a.event(ParamsEdited, 0, params.Of("params", p, "before", before).Merge(asked(by)))
	a.shift(0, p, nil)
}

// former returns the values that an edit changes, as far as there are some.
func (a *Attempt) former(edit params.Map) (before params.Map) {
	now := a.row.CurrentIn(a.def.Scope)
	for name := range edit.Keys() {
		if v, ok := now.Get(name); ok {
			before = before.Set(name, v)
		}
	}
	return before
}
