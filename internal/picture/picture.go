// Package picture turns definitions into graphs to be drawn: with outline, it is
// all that drawing knows of workflows. It is pure.
package picture

import (
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/outline"
	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Of returns the graph of a definition's tasks, by their full names, with those
// that actions make of their own keys.
func Of(w *workflow.Workflow) plot.Graph { return outline.Graph(w, bodies) }

// bodies returns the tasks that an action of a .dig file makes of its own keys.
func bodies(n *workflow.Node) (list []outline.Body) {
	for _, key := range []string{"_do", "_else_do"} {
		v, _ := n.Config.Get(key)
		config, ok := v.(params.Map)
		if !ok {
			continue
		}
		root, err := dig.CompileSubtasks(workflow.Generated, config)
		if err != nil || root.IsGroup() && len(root.Children) == 0 {
			continue // check tells what is wrong with it
		}
		list = append(list, outline.Body{Key: key, When: when(n.Operator, key), Root: root})
	}
	return list
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
