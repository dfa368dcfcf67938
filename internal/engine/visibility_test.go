package engine_test

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// family is what an attempt looks like from outside: who is whose child, and
// where each came from. It is worked out from views and growths alone, slowly.
type family struct {
	def   *workflow.Workflow
	row   engine.AttemptRow
	views []engine.View
	// made is the growth that brought a task as its top, nil for the others.
	made []*engine.Growth
	// slot orders siblings: a task that runs again keeps its place.
	slot []model.TaskID
	// below are the children that count.
	below map[model.TaskID][]model.TaskID
}

func newFamily(a *engine.Attempt, growths []engine.Growth) *family {
	f := &family{
		def: a.Definition(), row: a.Row(), views: slices.Collect(a.Tasks()),
		made: make([]*engine.Growth, a.Len()), below: make(map[model.TaskID][]model.TaskID),
	}
	for i := range growths {
		g := &growths[i]
		end := model.TaskID(a.Len())
		if i+1 < len(growths) {
			end = growths[i+1].First
		}
		for id := g.First; id < end; id++ {
			if f.views[id].Parent == g.Parent {
				f.made[id] = g
			}
		}
	}
	for id := range f.views {
		f.slot = append(f.slot, model.TaskID(id))
		if g := f.made[id]; g != nil && g.Kind == engine.GrowAgain {
			f.slot[id] = f.slot[g.Replaces]
		}
	}
	for id, v := range f.views {
		if !v.Retired {
			f.below[v.Parent] = append(f.below[v.Parent], model.TaskID(id))
		}
	}
	for _, kids := range f.below {
		f.sort(kids)
	}
	return f
}

func (f *family) sort(ids []model.TaskID) {
	slices.SortFunc(ids, func(a, b model.TaskID) int { return cmp.Compare(f.slot[a], f.slot[b]) })
}

// growth returns how a task was made, following rounds of one task back.
func (f *family) growth(id model.TaskID) *engine.Growth {
	g := f.made[id]
	for g != nil && g.Kind == engine.GrowAgain {
		g = f.made[g.Replaces]
	}
	return g
}

// source returns the sibling at one end of an edge.
func (f *family) source(id model.TaskID, e workflow.Edge) model.TaskID {
	parent := f.views[id].Parent
	want := f.views[parent].Node.Children[e.From]
	for _, kid := range f.below[parent] {
		if f.views[kid].Node == want {
			return kid
		}
	}
	panic("no such sibling")
}

// edges are those of a task that has the siblings that they speak of.
func (f *family) edges(id model.TaskID) []workflow.Edge {
	v := f.views[id]
	if v.Parent == model.NoTask || !slices.Contains(f.views[v.Parent].Node.Children, v.Node) {
		return nil
	}
	return v.Node.After
}

// upstream are all siblings that a task comes after, directly or not.
func (f *family) upstream(id model.TaskID) []model.TaskID {
	var ids []model.TaskID
	if g := f.growth(id); g != nil && g.Kind == engine.GrowCheck {
		for _, kid := range f.below[f.views[id].Parent] {
			if made := f.growth(kid); made != nil && made.Kind == engine.GrowSub && f.slot[kid] < f.slot[id] {
				ids = append(ids, kid)
			}
		}
		return ids
	}
	for _, e := range f.edges(id) {
		from := f.source(id, e)
		ids = append(ids, from)
		ids = append(ids, f.upstream(from)...)
	}
	f.sort(ids)
	return slices.Compact(ids)
}

// extra is what a task's making adds to its export.
func (f *family) extra(id model.TaskID) params.Map {
	switch g := f.growth(id); {
	case g == nil:
		return params.Map{}
	case g.Kind == engine.GrowItems:
		first := f.slot[id]
		for other := range f.views { // the bodies of one growth are in the items' order
			if f.made[other] == g {
				first = model.TaskID(other)
				break
			}
		}
		n := 0
		for other := first; other < f.slot[id]; other++ {
			if f.made[other] == g {
				n++
			}
		}
		return params.Map{}.Set(f.views[g.Parent].Node.Each.Key, g.Items[n])
	default:
		return g.Export
	}
}

func (f *family) detail(id model.TaskID) engine.Detail {
	if d := f.views[id].Detail; d != nil {
		return *d
	}
	return engine.Detail{}
}

// stored merges what a task stored over m.
func (f *family) stored(m params.Map, id model.TaskID) params.Map {
	d := f.detail(id)
	for _, path := range d.Reset {
		m = m.DeleteAt(params.SplitPath(path)...)
	}
	return m.Merge(d.Store)
}

// storedBelow merges what a task and all below it stored over m. Once a child
// has won its group, the others do not count.
func (f *family) storedBelow(m params.Map, id model.TaskID) params.Map {
	m = f.stored(m, id)
	kids := f.below[id]
	if i := slices.IndexFunc(kids, func(kid model.TaskID) bool { return f.views[kid].Flags&engine.Won != 0 }); i >= 0 {
		kids = kids[i : i+1]
	}
	for _, kid := range kids {
		m = f.storedBelow(m, kid)
	}
	return m
}

// standsIn reports whether a task has a round for a late message, which stands
// for the one before it until it ends.
func (f *family) standsIn(id model.TaskID) bool {
	v := f.views[id]
	return v.Flags&engine.Late != 0 && listens(v)
}

// visible is what a task sees: the walk from the root to the task, where each
// task on the way adds what all that it comes after stored, the farthest
// first, and then what it exports and stores itself.
func (f *family) visible(id model.TaskID) params.Map {
	tree := f.def.Scope == workflow.Tree
	m := f.row.Shared
	if tree {
		m = f.row.Params
	}
	var path []model.TaskID
	for at := id; at != model.NoTask; at = f.views[at].Parent {
		path = append(path, at)
	}
	for _, at := range slices.Backward(path) {
		if tree {
			for _, before := range f.upstream(at) {
				if f.views[before].State.Final() || f.standsIn(before) {
					m = f.storedBelow(m, before)
				}
			}
		}
		m = m.Merge(f.views[at].Node.Export).Merge(f.extra(at))
		if at == id {
			break
		}
		m = m.Merge(f.detail(at).Export)
		if tree {
			m = f.stored(m, at)
		}
	}
	return m.Merge(f.row.Edits)
}
