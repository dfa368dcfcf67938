// Package picture turns definitions into graphs to be drawn. It is all that
// drawing knows of workflows.
package picture

import (
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Of returns the graph of a definition's tasks, by their full names.
func Of(w *workflow.Workflow) plot.Graph {
	var b builder
	b.node(w.Root, "", "")
	return b.graph
}

type builder struct{ graph plot.Graph }

// node adds a task and all below it and returns its id, the full name.
func (b *builder) node(n *workflow.Node, parent, prefix string) string {
	id := prefix + n.Name
	b.graph.Nodes = append(b.graph.Nodes, plot.Node{ID: id, Label: n.Name, Detail: describe(n), Group: parent})
	ids := make([]string, len(n.Children))
	for i, c := range n.Children {
		ids[i] = b.node(c, id, id)
		for _, e := range c.After {
			b.graph.Edges = append(b.graph.Edges, plot.Edge{
				From: ids[e.From], To: ids[i], Label: e.Output, Dashed: e.On == workflow.OnDone,
			})
		}
	}
	b.beside(n, parent, prefix, id)
	return id
}

// beside adds what runs after a task by itself: its check and what is run on
// failure.
func (b *builder) beside(n *workflow.Node, parent, prefix, id string) {
	if parent == "" {
		return // what the workflow as a whole does on failure stands for itself
	}
	hooks := n.OnFailure
	if n.Check != nil {
		hooks = append(hooks[:len(hooks):len(hooks)], n.Check)
	}
	for _, h := range hooks {
		hook := b.node(h, parent, prefix+n.Name)
		b.graph.Edges = append(b.graph.Edges, plot.Edge{From: id, To: hook, Label: strings.TrimPrefix(h.Name, "^"), Dashed: true})
	}
}

// describe says what an action does, in a few words.
func describe(n *workflow.Node) string {
	if n.IsGroup() {
		return ""
	}
	text := n.Operator + ">"
	if v, ok := n.Config.Get("_command"); ok {
		command, _, _ := strings.Cut(strings.TrimSpace(params.Literal(v)), "\n")
		text += " " + command
	}
	return text
}
