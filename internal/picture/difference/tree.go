package difference

import (
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// ons are the words for when an edge opens.
var ons = map[workflow.On]string{
	workflow.OnSuccess: "success", workflow.OnDone: "done", workflow.OnOutput: "output",
}

// Tree returns the tasks of a definition in the form that Between compares.
func Tree(w *workflow.Workflow) params.Map { return treeOf(w.Root, "", nil) }

func treeOf(n *workflow.Node, above string, kin []*workflow.Node) params.Map {
	name := above + n.Name
	after := make([]params.Value, len(n.After))
	for i, e := range n.After {
		after[i] = params.Of("fullName", above+kin[e.From].Name, "on", ons[e.On], "output", e.Output)
	}
	children := make([]params.Value, len(n.Children))
	for i, child := range n.Children {
		children[i] = treeOf(child, name, n.Children)
	}
	var config params.Map
	if !n.IsGroup() {
		command, _ := n.Config.Get("_command")
		config = config.Set(n.Operator+">", command)
	}
	config = config.Merge(n.Config.Delete("_command").Delete("_type"))
	if n.Export.Len() > 0 {
		config = config.Set("_export", n.Export)
	}
	return params.Of("fullName", name, "config", config, "after", after, "children", children)
}
