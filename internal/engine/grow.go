package engine

import (
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// plant adds the tasks of a tree, depth first, and returns the id of its top.
func (a *Attempt) plant(n *workflow.Node, parent model.TaskID, index int32, made GrowthKind) model.TaskID {
	id := a.nextID(parent, made)
	t := task{node: n, parent: parent, index: index, made: made, pending: int32(len(n.After))}
	if id >= firstPaged {
		a.paged.add(t)
	} else {
		a.tasks = append(a.tasks, t)
	}
	if n.Wait.ListensEarly() {
		h := a.listeners()
		h.fresh = append(h.fresh, id)
	}
	if n.Each == nil && len(n.Children) > 0 {
		a.plantKids(id)
	}
	return id
}

// plantKids gives a group its children.
func (a *Attempt) plantKids(id model.TaskID) {
	children := a.at(id).node.Children
	kids := make([]model.TaskID, len(children))
	for i, c := range children {
		kids[i] = a.plant(c, id, int32(i), GrowSub)
	}
	a.at(id).kids = kids
}

// grow adds tasks to a running attempt and records it.
func (a *Attempt) grow(g Growth) {
	g.Attempt = a.row.ID
	g.First = a.nextID(g.Parent, g.Kind)
	a.step.Grown = append(a.step.Grown, g)
	before := a.size()
	a.sprout(g)
	if n := a.size() - before; n > 0 {
		a.rowDirty = true
		a.event(TasksAdded, g.Parent, params.Of("first", int64(g.First), "count", int64(n)))
	}
}

// sprout adds the tasks that a growth stands for. Restoring calls it with what
// grow recorded, so it depends on nothing but the growth and the definition.
func (a *Attempt) sprout(g Growth) {
	defer a.extendPage(g, a.size())
	n := a.at(g.Parent).node
	switch g.Kind {
	case GrowSub:
		a.addKid(g, g.Node)
	case GrowCheck:
		a.addKid(g, n.Check)
	case GrowFailure:
		for _, hook := range n.OnFailure {
			a.addKid(g, hook)
		}
	case GrowStop:
		for _, hook := range n.OnStop {
			a.addKid(g, hook)
		}
	case GrowLimit:
		a.addKid(g, n.Limit.Hook)
	case GrowRound:
		a.retire(g.Parent)
		a.plantKids(g.Parent)
	case GrowItems:
		a.plantItems(g)
	case GrowDrop:
		a.retire(g.Parent)
	case GrowAgain:
		a.replant(g)
	case GrowPage:
		a.plantPage(g)
	}
}

// retire leaves a task without children, for another round of them.
func (a *Attempt) retire(id model.TaskID) {
	t := a.at(id)
	t.kids, t.winner, t.next, t.asking = nil, 0, 0, false
}

func (a *Attempt) addKid(g Growth, n *workflow.Node) {
	index := int32(len(a.at(g.Parent).kids))
	id := a.plant(n, g.Parent, index, g.Kind)
	a.at(id).pending = 0 // its edges speak of siblings that it does not have
	a.at(id).extra = g.Export
	p := a.at(g.Parent)
	p.kids = append(p.kids, id)
}

// plantItems adds a collection's body once for each item, side by side.
func (a *Attempt) plantItems(g Growth) {
	p := a.at(g.Parent)
	body, key, kids := p.node.Children[0], p.node.Each.Key, slices.Clip(p.kids)
	prefix := a.name(g.Parent) + body.Name + "-"
	for i, item := range g.Items {
		id := a.plant(body, g.Parent, int32(len(kids)), GrowItems)
		a.at(id).name = prefix + strconv.Itoa(i)
		a.at(id).extra = params.Map{}.Set(key, item)
		kids = append(kids, id)
	}
	a.at(g.Parent).kids = kids
}

// replant puts a fresh copy of a task and all below it in the place of one
// that has ended.
func (a *Attempt) replant(g Growth) {
	old := *a.at(g.Replaces)
	id := a.plant(old.node, old.parent, old.index, old.made)
	a.at(id).extra = old.extra
	a.at(id).name = a.name(g.Replaces)
	p := a.at(old.parent)
	p.kids[old.index] = id
	if p.winner == g.Replaces {
		p.winner = 0
	}
}

// openKids counts the children of a task that has opened and starts those
// that come after nothing, or only after what was called off before.
func (a *Attempt) openKids(id model.TaskID) {
	t := a.at(id)
	t.pending = 0
	for _, kid := range t.kids {
		k := a.at(kid)
		if k.state.Final() {
			a.openEdges(kid)
			continue
		}
		t.pending++
		if k.pending == 0 {
			a.schedule(errandOpen, kid)
		}
	}
}

// openNew starts the last n children, which were added to a task that has
// others already.
func (a *Attempt) openNew(id model.TaskID, n int) {
	t := a.at(id)
	t.pending += int32(n)
	for _, kid := range t.kids[len(t.kids)-n:] {
		a.schedule(errandOpen, kid)
	}
}

// appendNode adds a tree below a task that has not ended.
func (a *Attempt) appendNode(id model.TaskID, n *workflow.Node) error {
	t := a.at(id)
	if s := a.state(id); s.Final() || s == model.Blocked {
		return model.Errorf(model.Conflict, "task %s is %s: tasks can be added only while it runs", a.name(id), s)
	}
	if len(t.kids) == 0 {
		a.enter(id)
	}
	a.grow(Growth{Kind: GrowSub, Parent: id, Node: n})
	a.openNew(id, 1)
	return nil
}
