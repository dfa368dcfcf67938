package pipeline

import (
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// HookOperator is the name of what performs the hooks that AddHooks adds.
const HookOperator = "pipeline_hook"

// Names of the tasks that AddHooks adds.
const (
	RenderHook  = "^on_render"
	FinishHook  = "^on_finish"
	FailureHook = "^on_failure"
)

// AddHooks adds the hooks of a pipeline to its workflow, for where there is no
// build around that calls them: those on render, of tasks and of the whole, are
// called by a task before all others, that on finish by one after all others,
// and that on failure once the whole has failed. Their configuration is
//
//	hook                     name of the task
//	calls                    of on_render: a list of {task, path, args}, without
//	                         task for the whole
//	call {path, args}        of the others
//	clients                  all of the pipeline, by class
//	dir, root, file, name    as in Workflow
func AddHooks(w *workflow.Workflow, p *Pipeline) error {
	root := w.Root
	if calls, pos := renderCalls(p); len(calls) > 0 {
		for _, n := range root.Children {
			for i := range n.After {
				n.After[i].From++
			}
			if len(n.After) == 0 {
				n.After = []workflow.Edge{{From: 0}}
			}
		}
		first := hookNode(p, RenderHook, pos, "calls", calls)
		root.Children = append([]*workflow.Node{first}, root.Children...)
	}
	if c := p.OnFinish; c != nil {
		n := hookNode(p, FinishHook, c.Pos, "call", c.fields())
		n.After = ends(root.Children)
		root.Children = append(root.Children, n)
	}
	if c := p.OnFailure; c != nil {
		root.OnFailure = append(root.OnFailure, hookNode(p, FailureHook, c.Pos, "call", c.fields()))
	}
	if err := w.Finish(); err != nil {
		return model.Errorf(model.Invalid, "%w", err)
	}
	return nil
}

func renderCalls(p *Pipeline) (calls []params.Map, pos workflow.Pos) {
	for _, t := range p.Tasks {
		if t.OnRender != nil {
			calls = append(calls, t.OnRender.fields().Set("task", t.Name))
			pos = t.OnRender.Pos
		}
	}
	if p.OnRender != nil {
		calls = append(calls, p.OnRender.fields())
		pos = p.OnRender.Pos
	}
	return calls, pos
}

func hookNode(p *Pipeline, name string, pos workflow.Pos, key string, what any) *workflow.Node {
	var clients params.Map
	for _, class := range slices.Sorted(maps.Keys(p.Clients)) {
		if c := p.Clients[class]; c != nil {
			clients = clients.Set(class, c.fields())
		}
	}
	return &workflow.Node{
		Name: name, Operator: HookOperator, Pos: pos,
		Config: params.Of("hook", name, key, what, "clients", clients, "name", p.Name, "file", p.File, "dir", p.Dir, "root", p.Root),
	}
}

// ends returns edges from all nodes that no other comes after.
func ends(nodes []*workflow.Node) []workflow.Edge {
	inner := make([]bool, len(nodes))
	for _, n := range nodes {
		for _, e := range n.After {
			inner[e.From] = true
		}
	}
	var edges []workflow.Edge
	for i := range nodes {
		if !inner[i] {
			edges = append(edges, workflow.Edge{From: i})
		}
	}
	return edges
}
