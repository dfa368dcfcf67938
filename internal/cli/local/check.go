package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

type checkOptions struct {
	ProjectOptions
	ParamOptions
	console.ConfigOptions
	pipeline pipelineOptions
	json     bool
}

func newCheck(world console.IO) *cobra.Command {
	o := checkOptions{ProjectOptions: ProjectOptions{World: world}}
	c := &cobra.Command{
		Use: "check [WORKFLOW | FILE]", Aliases: []string{"c"}, GroupID: "look",
		Short: "Check the definitions and show what they mean",
		Long: "Check the definitions and show the workflows, the parameters and when their schedules begin,\n" +
			"and the tasks of a pipeline with their products.\n\n" +
			"All mistakes that show before a task runs are shown at once, with their lines: in the structure of the files,\n" +
			"in expressions, in what operators are given, in the names of files and workflows. What may be meant is a warning:\n" +
			"an operator that pawl does not have, an option that nobody reads, a script that is not there yet.\n\n" +
			"With a workflow or its file, only that file is checked, with those that it includes and calls.",
		Example: "  pawl check\n  pawl check daily.dig\n  pawl check daily -p limit=10 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.diagnose = o.json
			return o.diagnosed(o.run(c.Context(), args))
		},

		ValidArgsFunction: o.completeWorkflows,
	}
	console.Grouped(c, "Project and parameters", func(f *pflag.FlagSet) {
		o.ProjectOptions.Flags(f)
		o.ParamOptions.Flags(f)
		o.ConfigOptions.Flags(f)
	})
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	o.pipeline.envFlags(c, world.Args)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print JSON: an object a line for each mistake, then one with what was found")
	})
	return c
}

// checked is what check says of one workflow.
type checked struct {
	w        *workflow.Workflow
	calendar instance.Calendar
	tasks    int
	requires []string
}

// run checks the workflows and the pipeline that there are, or what is asked for.
func (o *checkOptions) run(ctx context.Context, args []string) error {
	pipe, err := o.openPipeline(ctx, args)
	if err != nil {
		return err
	}
	if pipe != nil {
		defer pipe.close()
		if err := checkModules(ctx, pipe, o.Warn); err != nil {
			return err
		}
		if o.pipeline.wanted() || !hasWorkflows(o.Path()) {
			return o.report(nil, params.Map{}, pipe)
		}
	}
	p, workflows, wrong, err := o.subjects(args)
	if err != nil {
		return err
	}
	mistakes := o.Mistakes(p, workflows...)
	o.Warn(slices.Concat(p.Warnings, mistakes.Unknown, mistakes.Slips, mistakes.Doubts).Elsewhere(wrong).Sorted())
	if err := slices.Concat(wrong, mistakes.Faults.Elsewhere(wrong), mistakes.Remote.Elsewhere(wrong)).Err(); err != nil {
		return err
	}
	if len(workflows) == 0 {
		return noWorkflows()
	}
	cfg, err := settings(&o.ConfigOptions, o.World, o.Path())
	if err != nil {
		return err
	}
	given, err := o.Read(o.World, cfg.Under("params"))
	if err != nil {
		return err
	}
	if len(workflows) == 1 {
		if err := o.unfit(workflows[0].Inputs, cfg.Under("params")); err != nil {
			return err
		}
	}
	found := make([]checked, len(workflows))
	for i, w := range workflows {
		if found[i], err = o.check(w); err != nil {
			return err
		}
	}
	return o.report(found, given, pipe)
}

// report prints what was found; the pipeline may be nil.
func (o *checkOptions) report(found []checked, given params.Map, p *opened) error {
	if o.json {
		return o.printJSON(found, given, p)
	}
	if p != nil {
		if err := o.printPipeline(p); err != nil || len(found) == 0 {
			return err
		}
	}
	return o.print(found, given)
}

func (o *checkOptions) check(w *workflow.Workflow) (checked, error) {
	c := checked{w: w, tasks: w.Root.Size() - 1} // the whole is no task
	var err error
	if c.calendar, err = instance.CalendarOf(w); err != nil {
		return c, err
	}
	w.Root.Walk(func(at workflow.Path) bool {
		if n := at.Node(); n.Operator == "require" {
			if v, ok := n.Config.Get("_command"); ok {
				c.requires = append(c.requires, params.Literal(v))
			}
		}
		return true
	})
	return c, nil
}

func (o *checkOptions) print(found []checked, given params.Map) error {
	now := o.World.Clock.Now()
	var b strings.Builder
	zone, _ := now.Zone()
	fmt.Fprintf(&b, "  System default timezone: %s\n\n", zone)
	fmt.Fprintf(&b, "  Definitions (%s):\n", console.Counted(len(found), "workflow", "workflows"))
	for _, c := range found {
		fmt.Fprintf(&b, "    %s (%s)\n", c.w.Name, console.Counted(c.tasks, "task", "tasks"))
		for _, r := range c.requires {
			fmt.Fprintf(&b, "      -> %s\n", r)
		}
	}
	b.WriteString("\n  Parameters:\n")
	if given.Len() == 0 {
		b.WriteString("    {}\n")
	}
	b.Write(document.AppendYAML(nil, given, "    "))
	scheduled := slices.DeleteFunc(slices.Clone(found), func(c checked) bool { return c.calendar.Schedule == nil })
	fmt.Fprintf(&b, "\n  Schedules (%s):\n", console.Counted(len(scheduled), "entry", "entries"))
	for _, c := range scheduled {
		first := c.calendar.Schedule.First(now)
		fmt.Fprintf(&b, "    %s:\n", c.w.Name)
		b.Write(document.AppendYAML(nil, c.w.Schedule, "      "))
		fmt.Fprintf(&b, "      first session time: %s\n", first.Session.In(c.calendar.Zone).Format(console.TimeFormat))
		fmt.Fprintf(&b, "      first scheduled to run at: %s %s\n", first.Run.In(c.calendar.Zone).Format(console.TimeFormat), console.Away(first.Run.Sub(now)))
	}
	sensors(&b, found)
	_, err := fmt.Fprint(o.World.Stdout, b.String())
	return err
}

// sensors lists what asks for runs, if anything does.
func sensors(b *strings.Builder, found []checked) {
	found = slices.DeleteFunc(slices.Clone(found), func(c checked) bool { return c.w.Sensor.Len() == 0 })
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  Sensors (%s):\n", console.Counted(len(found), "entry", "entries"))
	for _, c := range found {
		fmt.Fprintf(b, "    %s:\n", c.w.Name)
		b.Write(document.AppendYAML(nil, c.w.Sensor, "      "))
	}
}

func (o *checkOptions) printJSON(found []checked, given params.Map, p *opened) error {
	now := o.World.Clock.Now()
	list := make([]any, len(found))
	for i, c := range found {
		requires := make([]any, len(c.requires))
		for k, r := range c.requires {
			requires[k] = r
		}
		m := params.Of("name", c.w.Name, "timezone", c.calendar.Zone.String(), "tasks", c.tasks, "requires", requires)
		if s := c.calendar.Schedule; s != nil {
			first := s.First(now)
			m = m.Set("schedule", c.w.Schedule).
				Set("first_session_time", first.Session.In(c.calendar.Zone).Format(time.RFC3339)).
				Set("first_run_time", first.Run.In(c.calendar.Zone).Format(time.RFC3339))
		}
		if c.w.Sensor.Len() > 0 {
			m = m.Set("sensor", c.w.Sensor)
		}
		list[i] = m
	}
	m := params.Of("workflows", list, "params", given)
	if p != nil {
		m = m.Set("pipeline", o.pipelineJSON(p))
	}
	return console.PrintJSON(o.World.Stdout, m)
}
