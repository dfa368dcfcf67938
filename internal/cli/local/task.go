package local

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
)

// taskOptions are those of task.
type taskOptions struct {
	buildOptions
	source, builds, status, onFinish bool
}

func newTask(world console.IO) *cobra.Command {
	o := taskOptions{buildOptions: buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}}
	c := &cobra.Command{
		Use: "task NAME", GroupID: "run",
		Short:   "Build one task of a pipeline, or look at it",
		Long:    "Build one task of a pipeline and nothing that it needs, which must be up to date.\n\n" + console.ExitHelp,
		Example: "  pawl task fit\n  pawl task fit --force\n  pawl task fit --source",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.given, o.invoked = c.Flags(), c.CommandPath()+" "+console.Quote(args[0])
			if err := o.sane(nil); err != nil {
				return err
			}
			return o.run(c.Context(), args[0])
		},
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return o.pipeline.completeTasks(world)(c, args, begun)
	}
	console.Grouped(c, "What is done", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.force, "force", "f", false, "run it, up to date or not")
		f.BoolVarP(&o.builds, "build", "b", false, "build it; without --source, --status and --on-finish this is what is done")
		f.BoolVarP(&o.source, "source", "s", false, "print its source")
		f.BoolVar(&o.status, "status", false, "print its status; -st is the same")
		f.BoolVar(&o.onFinish, "on-finish", false, "call its hook on finish and nothing else; -of is the same")
	})
	o.buildFlags(c)
	return c
}

func (o *taskOptions) run(ctx context.Context, name string) error {
	if !o.source && !o.status && !o.onFinish {
		o.builds = true
	}
	p, err := o.pipeline.open(ctx, o.World)
	if err != nil {
		return err
	}
	defer p.close()
	t, err := p.Task(name)
	if err != nil {
		return err
	}
	if o.source {
		if err := o.printSource(t); err != nil {
			return err
		}
	}
	if o.status {
		if err := o.printStatus(ctx, p, name); err != nil {
			return err
		}
	}
	if o.onFinish && t.OnFinish != nil {
		host, err := p.python(ctx)
		if err != nil {
			return err
		}
		views, err := p.views()
		if err != nil {
			return err
		}
		if err := host.TaskHook(ctx, callOf(t.OnFinish), views[name]); err != nil {
			return err
		}
	}
	if !o.builds {
		return nil
	}
	return o.buildOne(ctx, p, name)
}

func (o *taskOptions) printSource(t *pipeline.Task) error {
	if o.json {
		return console.PrintJSON(o.World.Stdout, params.Of("type", "source", "task", t.Name, "code", t.Code))
	}
	_, err := fmt.Fprintln(o.World.Stdout, t.Code)
	return err
}

func (o *taskOptions) printStatus(ctx context.Context, p *opened, name string) error {
	plan, err := p.plan(ctx, o.World, build.Options{})
	if err != nil {
		return err
	}
	i := plan.Place(name)
	r := statusRows(plan, o.World)[i]
	if o.json {
		return console.PrintJSON(o.World.Stdout, r.json(plan, i))
	}
	return statusTable([]statusRow{r}).Write(o.World.Stdout, console.TableWidth(o.World))
}

// buildOne builds a task. What it needs has to be up to date, because nothing
// else is run.
func (o *taskOptions) buildOne(ctx context.Context, p *opened, name string) error {
	plan, err := p.plan(ctx, o.World, build.Options{Force: o.force, Selection: product.Selection{Target: name, Alone: true}})
	if err != nil {
		return err
	}
	i := plan.Place(name)
	for _, up := range plan.Tasks[i].Upstream {
		if missing := plan.Missing(up); missing != "" {
			return model.Errorf(model.Conflict, "%s needs %s, which is not there", name, missing).
				WithHint("`pawl build --partially %s` builds it with what it needs", console.Quote(name))
		}
	}
	w, err := plan.Workflow()
	if err != nil {
		return err
	}
	if w == nil && o.json {
		return console.PrintJSON(o.World.Stdout, statusRows(plan, o.World)[i].json(plan, i))
	}
	if w == nil {
		_, err := fmt.Fprintf(o.World.Stdout, "'%s' is up to date; --force runs it again\n", name)
		return err
	}
	watch := newStopwatch(o.World.Clock.Now, p.Name)
	if err := o.perform(ctx, p, w, watch); err != nil {
		return console.Distinct(err, o.pipeline.tellFailures(ctx, p.Name, o.failed, watch.report(plan)))
	}
	if o.pipeline.host != nil {
		return o.pipeline.tellReport(ctx, watch.report(plan))
	}
	if o.json {
		return o.printStatus(ctx, p, name)
	}
	t := p.Tasks[i]
	_, err = fmt.Fprintf(o.World.Stdout, "'%s' task executed successfully!\nProducts:\n%s\n", name, productText(t, o.World.Dir))
	return err
}
