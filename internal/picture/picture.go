// Package picture turns definitions into graphs to be drawn: it is all that
// drawing knows of workflows. It is pure.
package picture

import (
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Of returns the graph of a definition's tasks, by their full names, with those
// that actions make of their own keys.
func Of(w *workflow.Workflow) plot.Graph {
	var b builder
	b.node(w.Root, "", "")
	return b.graph
}

type builder struct{ graph plot.Graph }

// node adds a task and all below it and returns its id, the full name.
func (b *builder) node(n *workflow.Node, parent, prefix string) string {
	id := prefix + n.Name
	shown := plot.Node{ID: id, Label: n.Name, Detail: describe(n), Group: parent}
	if n.Name == workflow.Generated { // nobody gave it one
		shown.Label, shown.Detail = shown.Detail, ""
	}
	b.graph.Nodes = append(b.graph.Nodes, shown)
	b.children(n, id)
	b.bodies(n, id)
	b.beside(n, parent, id)
	return id
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

// bodies adds the tasks that an action makes of its own keys, in groups that
// say when they run.
func (b *builder) bodies(n *workflow.Node, id string) {
	for _, key := range []string{"_do", "_else_do"} {
		v, _ := n.Config.Get(key)
		config, ok := v.(params.Map)
		if !ok {
			continue
		}
		body, err := dig.CompileSubtasks(workflow.Generated, config)
		if err != nil || body.IsGroup() && len(body.Children) == 0 {
			continue // check tells what is wrong with it
		}
		group := id + key
		b.graph.Nodes = append(b.graph.Nodes, plot.Node{ID: group, Label: when(n.Operator, key), Group: id})
		if body.IsGroup() {
			b.children(body, group)
			b.beside(body, id, group)
			continue
		}
		b.node(body, group, group)
	}
}

// when says when a body runs.
func when(operator, key string) string {
	switch {
	case operator != "if":
		return "repeated"
	case key == "_do":
		return "if true"
	}
	return "if false"
}

// beside adds what runs after a task by itself: its check and what is run on
// failure. What every workflow does by itself on a failure goes without saying.
func (b *builder) beside(n *workflow.Node, parent, id string) {
	hooks := n.OnFailure
	if n.Check != nil {
		hooks = append(hooks[:len(hooks):len(hooks)], n.Check)
	}
	for _, h := range hooks {
		if h.Name == "^failure-alert" {
			continue
		}
		hook := b.node(h, parent, id)
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
