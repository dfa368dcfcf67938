package remote

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/difference"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/workflow"
)

// filed is the definition that the files of a folder have now of what d is.
func (o *diffOptions) filed(ctx context.Context, d *defined, dir string) (to defined, err error) {
	var w *workflow.Workflow
	tasks := tasksOf(d.root)
	switch first := firstOf(tasks); {
	case !first.Has("root") || !first.Has("file") || !first.Has("dir"): // which all tasks of pipelines have
		w, err = local.Definition(o.World, dir, d.workflow)
	case pipeline.IsPortable(first):
		w, err = local.PushedPipeline(ctx, o.World, dir, d.workflow)
	default:
		w, err = o.rebuilt(ctx, d, tasks, dir)
	}
	if err != nil {
		return to, err
	}
	return defined{root: difference.Tree(w), workflow: w.Name}, nil
}

// rebuilt is the pipeline of a build as it would be run now. Of a build, only those tasks
// are known that were not up to date, and so only these are compared.
func (o *diffOptions) rebuilt(ctx context.Context, d *defined, tasks []params.Map, dir string) (*workflow.Workflow, error) {
	config := firstOf(tasks)
	root, _ := config.StringOr("root", "")
	file, _ := config.StringOr("file", "")
	if rel, err := filepath.Rel(root, file); err == nil {
		file = rel
	}
	names := make([]string, len(tasks))
	for i, t := range tasks {
		full, _ := t.StringOr("fullName", "")
		names[i] = full[strings.LastIndexByte(full, '+')+1:]
		kept, _ := t.MapOr("config", params.Map{})
		tasks[i] = t.Set("config", kept.Delete(keeper.Because).Delete(keeper.Fetches)) // decided as the build began
	}
	d.root = d.root.Set("children", valuesOf(tasks))
	return local.BuiltPipeline(ctx, o.World, dir, file, d.workflow, names)
}

// tasksOf returns the tasks below the root of a tree.
func tasksOf(root params.Map) (tasks []params.Map) {
	of, _ := root.Get("children")
	list, _ := of.([]params.Value)
	for _, v := range list {
		if m, ok := v.(params.Map); ok {
			tasks = append(tasks, m)
		}
	}
	return tasks
}

func valuesOf(tasks []params.Map) []params.Value {
	list := make([]params.Value, len(tasks))
	for i, t := range tasks {
		list[i] = t
	}
	return list
}

// firstOf returns the configuration of the first of some tasks.
func firstOf(tasks []params.Map) (config params.Map) {
	if len(tasks) > 0 {
		config, _ = tasks[0].MapOr("config", params.Map{})
	}
	return config
}
