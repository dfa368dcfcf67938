package local

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// openPipeline opens the pipeline that is to be checked: the one that is asked
// for, that of the folder, or without workflows one that is found from here. It
// returns nil where there is none, or a workflow is named.
func (o *checkOptions) openPipeline(ctx context.Context, args []string) (*opened, error) {
	dir := o.Path()
	info, err := os.Stat(dir)
	switch {
	case o.pipeline.wanted() && len(args) > 0:
		return nil, model.Errorf(model.Invalid, "either a workflow is checked or a pipeline, not %s of --entry-point", args[0])
	case o.pipeline.wanted():
	case len(args) > 0, err != nil, !info.IsDir(), hasWorkflows(dir) && !hasPipeline(dir):
		return nil, nil
	}
	world := o.World
	world.Dir = dir
	p, err := o.pipeline.openWith(ctx, world, o.Warn)
	if err != nil && !o.pipeline.wanted() && model.CodeOf(err) == model.NotFound {
		return nil, nil
	}
	return p, err
}

// printPipeline says what a pipeline means.
func (o *checkOptions) printPipeline(p *opened) error {
	var b strings.Builder
	fmt.Fprintf(&b, "  Pipeline %s (%s, %s):\n", p.Name, p.shown(o.World), console.Counted(len(p.Tasks), "task", "tasks"))
	for _, t := range p.Tasks {
		fmt.Fprintf(&b, "    %s (%s)\n", t.Name, t.Class)
		for _, u := range t.Upstream {
			fmt.Fprintf(&b, "      after %s\n", u.Task)
		}
		for _, product := range t.Products {
			fmt.Fprintf(&b, "      makes %s\n", shownProduct(product, o.Path()))
		}
	}
	_, err := fmt.Fprintln(o.World.Stdout, b.String())
	return err
}

// shownProduct is a product as people want to see it.
func shownProduct(p pipeline.Product, dir string) string {
	if p.Name != "" || p.Class != "File" {
		return p.String()
	}
	return below(p.Path, dir)
}

func (o *checkOptions) pipelineJSON(p *opened) params.Map {
	tasks := make([]any, len(p.Tasks))
	for i, t := range p.Tasks {
		upstream := make([]any, len(t.Upstream))
		for k, u := range t.Upstream {
			upstream[k] = u.Task
		}
		products := make([]any, len(t.Products))
		for k, product := range t.Products {
			products[k] = shownProduct(product, o.Path())
		}
		tasks[i] = params.Of("name", t.Name, "class", string(t.Class), "upstream", upstream, "products", products, "params", t.Params)
	}
	return params.Of("name", p.Name, "file", p.shown(o.World), "tasks", tasks)
}
