package local

import (
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/progress"
	task "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
)

// hooks calls what a pipeline wants to be called around a build. Hooks of tasks
// that end are called where these run.
type hooks struct{ p *opened }

func newHooks(p *opened) hooks { return hooks{p} }

// rendered calls the hooks on render, those of the tasks first.
func (h hooks) rendered(ctx context.Context) error {
	for _, t := range h.p.Tasks {
		if t.OnRender == nil {
			continue
		}
		host, err := h.p.python(ctx)
		if err != nil {
			return err
		}
		views, err := h.p.views()
		if err != nil {
			return err
		}
		if err := host.TaskHook(ctx, callOf(t.OnRender), views[t.Name]); err != nil {
			return err
		}
	}
	return h.pipeline(ctx, h.p.OnRender, python.Outcome{})
}

// finished calls the hook on finish, with the report of the build.
func (h hooks) finished(ctx context.Context, rows []python.Row) error {
	if rows == nil {
		rows = []python.Row{}
	}
	return h.pipeline(ctx, h.p.OnFinish, python.Outcome{Report: rows})
}

// failed calls the hook on failure, with what the tasks that failed say, and
// returns the failure.
func (h hooks) failed(ctx context.Context, failure error, tasks []progress.Failure) error {
	var text strings.Builder
	for _, f := range tasks {
		text.WriteString(f.Task + ":\n" + f.Message + "\n")
	}
	err := h.pipeline(ctx, h.p.OnFailure, python.Outcome{Traceback: map[string]string{"build": text.String()}})
	if err != nil {
		return console.Distinct(failure, err)
	}
	return failure
}

// pipeline calls a hook of the whole, if there is one.
func (h hooks) pipeline(ctx context.Context, hook *pipeline.Call, o python.Outcome) error {
	if hook == nil {
		return nil
	}
	host, err := h.p.python(ctx)
	if err != nil {
		return err
	}
	dag := python.DAG{Name: h.p.Name, Clients: make(map[string]python.Call)}
	views, err := h.p.views()
	if err != nil {
		return err
	}
	for _, t := range h.p.Tasks {
		dag.Tasks = append(dag.Tasks, views[t.Name])
	}
	for class, c := range h.p.Clients {
		dag.Clients[class] = callOf(c)
	}
	return host.DAGHook(ctx, callOf(hook), dag, o)
}

func callOf(c *pipeline.Call) python.Call { return python.Call{Path: c.Path, Args: c.Args} }

// views returns the tasks by name, as hooks see them.
func (p *opened) views() (map[string]python.Task, error) {
	w, err := pipeline.Workflow(p.Pipeline, nil)
	if err != nil {
		return nil, err
	}
	views := make(map[string]python.Task)
	for _, n := range w.Root.Children {
		t, err := task.TaskOf(n.Config)
		if err != nil {
			return nil, err
		}
		views[t.Name] = t
	}
	return views, nil
}
