package outline

import (
	"strings"

	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Graph returns the graph of a definition's tasks, by their full names. With bodies,
// an action has below it what that returns: groups of the tasks that it makes of its
// own keys.
func Graph(w *workflow.Workflow, bodies func(*workflow.Node) []Body) plot.Graph {
	b := builder{program: w.Dialect == workflow.Program, bodies: bodies}
	b.node(w.Root, "", "")
	return b.graph
}

// Body is what an action runs that it makes of its own keys.
type Body struct {
	// Key is the key, and When says when it is run.
	Key, When string
	Root      *workflow.Node
}

type builder struct {
	graph   plot.Graph
	program bool
	bodies  func(*workflow.Node) []Body
}

// node adds a task and all below it and returns its id, the full name.
func (b *builder) node(n *workflow.Node, parent, prefix string) string {
	id := prefix + n.Name
	shown := plot.Node{ID: id, Label: n.Name, Detail: b.describe(n), Group: parent}
	switch {
	case n.Name == workflow.Generated: // nobody gave it one
		shown.Label, shown.Detail = shown.Detail, ""
	case b.program:
		shown.Label = word(n.Name)
		if shown.Detail == shown.Label {
			shown.Detail = ""
		}
	}
	b.graph.Nodes = append(b.graph.Nodes, shown)
	b.children(n, id)
	b.generated(n, id)
	b.beside(n, parent, id)
	return id
}

// describe says what a task does, and of one of a program how it is run.
func (b *builder) describe(n *workflow.Node) string {
	if !b.program {
		return does(n, false)
	}
	if len(n.Children) > 0 && isDecider(n.Children[0].Name) {
		return "" // which is drawn
	}
	return strings.Join(append(notEmpty(does(n, true)), notes(n)...), "; ")
}

// children adds the tasks of a group, which has the given id.
func (b *builder) children(n *workflow.Node, id string) {
	ids := make([]string, len(n.Children))
	for i, c := range n.Children {
		ids[i] = b.node(c, id, id)
		for _, e := range c.After {
			b.graph.Edges = append(b.graph.Edges, plot.Edge{
				From: ids[e.From], To: ids[i], Label: e.Output, Dashed: e.On == workflow.OnDone,
			})
		}
	}
}

// generated adds the tasks that an action makes of its own keys, in groups that
// say when they run.
func (b *builder) generated(n *workflow.Node, id string) {
	if b.bodies == nil {
		return
	}
	for _, body := range b.bodies(n) {
		group := id + body.Key
		b.graph.Nodes = append(b.graph.Nodes, plot.Node{ID: group, Label: body.When, Group: id})
		if body.Root.IsGroup() {
			b.children(body.Root, group)
			b.beside(body.Root, id, group)
			continue
		}
		b.node(body.Root, group, group)
	}
}

// beside adds what runs after a task by itself.
func (b *builder) beside(n *workflow.Node, parent, id string) {
	for _, h := range hooks(n) {
		hook := b.node(h, parent, id)
		label := strings.TrimPrefix(h.Name, "^")
		if b.program {
			label = word(h.Name)
		}
		b.graph.Edges = append(b.graph.Edges, plot.Edge{From: id, To: hook, Label: label, Dashed: true})
	}
}
