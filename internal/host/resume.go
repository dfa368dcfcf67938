package host

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// carried returns what gives the results that an attempt takes over from another.
// What the other's tasks stored is in the parameters of the attempt already.
func carried(in store.Attempts, r store.Resume) func(context.Context) (executor.Results, error) {
	if r.Attempt == 0 {
		return nil
	}
	return executor.ReadOnce(func(ctx context.Context) (executor.Results, error) {
		snap, err := in.Load(ctx, r.Attempt)
		if err != nil {
			return nil, err
		}
		found := make(executor.Results)
		for name, row := range Passed(snap, r.From) {
			result := &engine.Result{Replayed: true}
			if row.Detail != nil {
				result.Outputs = row.Detail.Outputs
			}
			found[name] = result
		}
		return found, nil
	})
}

// Passed returns the actions of an attempt that ended well or were passed over, by
// their full names; with from, the full name of a task, only those that it comes
// after. What runs on failure, or when something is late, is left out.
func Passed(snap *store.Snapshot, from string) map[string]*engine.TaskRow {
	var before map[string]bool
	if from != "" {
		before = make(map[string]bool)
		snap.Definition.Root.Walk(func(p workflow.Path) bool {
			if p.Name() != from {
				return true
			}
			p.Before(func(q workflow.Path) { before[q.Name()] = true })
			return false
		})
	}
	newest := make(map[string]*engine.TaskRow)
	for i := range snap.Tasks {
		newest[snap.Tasks[i].Name] = &snap.Tasks[i] // in order of id
	}
	passed := make(map[string]*engine.TaskRow)
	snap.Definition.Root.Walk(func(p workflow.Path) bool {
		name := p.Name()
		row := newest[name]
		if row != nil && !p.Node().IsGroup() && row.State.Passed() && (before == nil || before[name]) {
			passed[name] = row
		}
		return true
	})
	return passed
}

// Replaying returns a definition in which the tasks of those names wait for
// nothing: what they give is taken over.
func Replaying(w *workflow.Workflow, passed map[string]*engine.TaskRow) (*workflow.Workflow, error) {
	c := *w
	c.Root = replaying(w.Root, "", passed)
	return &c, c.Finish()
}

func replaying(n *workflow.Node, above string, passed map[string]*engine.TaskRow) *workflow.Node {
	c, name := *n, above+n.Name
	if _, over := passed[name]; over {
		c.Wait = nil
	}
	c.Children = make([]*workflow.Node, len(n.Children))
	for i, kid := range n.Children {
		c.Children[i] = replaying(kid, name, passed)
	}
	if len(c.Children) == 0 {
		c.Children = nil
	}
	return &c
}
