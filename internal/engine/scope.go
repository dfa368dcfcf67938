package engine

import (
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
	t := &a.tasks[id]
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
	t := &a.tasks[id]
	switch {
	case t.in != nil:
		return t.in.scope
	case t.parent != model.NoTask:
		return a.tasks[t.parent].ctx
	case a.def.Scope == workflow.Tree:
		return a.row.Params
	}
	return params.Map{}
}

// enter fixes what the children of a task start from.
func (a *Attempt) enter(id model.TaskID) {
	t := &a.tasks[id]
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
	t := &a.tasks[id]
	if t.parent == model.NoTask || a.def.Scope == workflow.Shared {
		return
	}
	p := &a.tasks[t.parent]
	if t.made == GrowCheck {
		for i := range t.index {
			t.in = a.extend(t.in, p, i)
		}
		return
	}
	if t.made != GrowSub || int(t.index) >= len(p.node.Children) {
		return
	}
	switch after := t.node.After; len(after) {
	case 0:
	case 1:
		t.in = a.tasks[p.kids[after[0].From]].out
	default:
		t.in = a.join(p, after)
	}
}

// join merges the trails of several siblings, in definition order. It goes
// back only to where they have the same past.
func (a *Attempt) join(p *task, after []workflow.Edge) *trail {
	heads := make([]*trail, 0, len(after))
	for _, e := range after {
		heads = withHead(heads, a.tasks[p.kids[e.From]].out)
	}
	var missing []int32
	for len(heads) > 1 {
		newest := heads[0].index
		for _, h := range heads[1:] {
			newest = max(newest, h.index)
		}
		missing = append(missing, newest)
		older := heads[:0]
		for _, h := range heads {
			if h.index == newest {
				h = h.prev
			}
			older = withHead(older, h)
		}
		heads = older
	}
	var base *trail
	if len(heads) == 1 {
		base = heads[0]
	}
	for _, index := range slices.Backward(missing) {
		base = a.extend(base, p, index)
	}
	return base
}

// withHead adds a trail unless it is empty or there already.
func withHead(heads []*trail, h *trail) []*trail {
	if h == nil {
		return heads
	}
	for _, other := range heads {
		if other == h {
			return heads
		}
	}
	return append(heads, h)
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
	t := &a.tasks[id]
	t.out = t.in
	if t.gives && t.parent != model.NoTask {
		t.out = a.extend(t.in, &a.tasks[t.parent], t.index)
	}
}

// given merges what a task and all below it stored into m, depth first. Of a
// group that ended with its first winner, only the winner counts.
func (a *Attempt) given(m params.Map, id model.TaskID) params.Map {
	t := &a.tasks[id]
	if !t.gives {
		return m
	}
	if t.detail != nil {
		m = give(m, t.detail)
	}
	for _, kid := range t.kids {
		k := &a.tasks[kid]
		if t.node.Join.Any && k.flags&Won == 0 {
			continue
		}
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
func (a *Attempt) keep(id model.TaskID) {
	d := a.tasks[id].detail
	if d == nil || d.Store.Len() == 0 && len(d.Reset) == 0 {
		return
	}
	if a.def.Scope == workflow.Shared {
		a.row.Shared = give(a.row.Shared, d)
		a.rowDirty = true
		a.rekey()
		return
	}
	a.markGives(id)
}

// markGives tells a task and those above it that there is something stored.
func (a *Attempt) markGives(id model.TaskID) {
	for ; id != model.NoTask && !a.tasks[id].gives; id = a.tasks[id].parent {
		a.tasks[id].gives = true
	}
}

// edit merges p over the parameters of all later tries.
func (a *Attempt) edit(p params.Map) {
	if a.def.Scope == workflow.Shared {
		a.row.Shared = a.row.Shared.Merge(p)
	} else {
		a.row.Edits = a.row.Edits.Merge(p)
	}
	a.rowDirty = true
	a.event(ParamsEdited, 0, p)
	a.rekey()
}
