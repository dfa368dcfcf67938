package local

import (
	"context"
	"io"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Definition returns a workflow of a folder as its files define it now.
func Definition(world console.IO, dir, name string) (*workflow.Workflow, error) {
	o := ProjectOptions{World: world, dir: dir}
	p, err := o.Load()
	if err != nil {
		return nil, err
	}
	return findWorkflow(p, name)
}

// PushedPipeline returns a pipeline of a folder as a workflow of that name would be if the
// folder were pushed now.
func PushedPipeline(ctx context.Context, world console.IO, dir, name string) (*workflow.Workflow, error) {
	o := ProjectOptions{World: world, dir: dir}
	if err := o.exists(); err != nil {
		return nil, err
	}
	in, out := io.Pipe()
	go func() { // ends when the archive was read, or is closed below
		_ = out.CloseWithError(project.Pack(o.Path(), out, project.PackOptions{})) // it always closes
	}()
	found, err := project.ReadPipelines(ctx, in, project.ReadOptions{Limits: project.AnySize, Now: world.Clock.Now()})
	_ = in.Close() // likewise
	if err != nil {
		return nil, err
	}
	names := make([]string, len(found.Workflows))
	for i, w := range found.Workflows {
		if names[i] = w.Name; w.Name == name {
			return w.Definition, nil
		}
	}
	return nil, noPipeline(dir, name, names)
}

func noPipeline(dir, name string, known []string) error {
	err := model.Errorf(model.NotFound, "there is no pipeline %q in %s", name, dir)
	if len(known) == 0 {
		return err.WithHint("a pipeline is the file pipeline.yaml, or pipeline.NAME.yaml")
	}
	return err.WithHint("there are: %s", some(known))
}

// BuiltPipeline returns the pipeline in a file of a folder as a build of that name there
// would run it now, as far as it has those tasks.
func BuiltPipeline(ctx context.Context, world console.IO, dir, file, name string, tasks []string) (*workflow.Workflow, error) {
	o := ProjectOptions{World: world, dir: dir}
	if err := o.exists(); err != nil {
		return nil, err
	}
	world.Dir = o.Path()
	of := pipelineOptions{entry: filepath.Join(world.Dir, file)}
	p, err := of.open(ctx, world)
	if err != nil {
		return nil, err
	}
	defer p.close()
	p.Name = name
	return pipeline.Workflow(p.Pipeline, func(t *pipeline.Task) bool { return slices.Contains(tasks, t.Name) })
}
