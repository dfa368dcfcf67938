package local

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
)

func newPlan(world console.IO) *cobra.Command {
	o := buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}
	c := &cobra.Command{
		Use: "plan [WORKFLOW [+TASK]]", GroupID: "look",
		Short: "Show what `run` would run, and why",
		Long: "Show what `run` with the same options would run, and why. Tasks that others generate\n" +
			"are decided when they are there.\n\n" + eitherHelp + console.ExitHelp,
		Example: "  pawl plan\n  pawl plan daily --start +load",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			o.given = c.Flags()
			p, done, err := o.either(c.Context(), args, o.foretold)
			switch {
			case done || err != nil:
				return err
			case p == nil:
				return o.explain(c.Context(), args)
			}
			defer p.close()
			return o.foretell(c.Context(), p)
		},

		ValidArgsFunction: o.completeWorkflows,
	}
	o.selectionFlags(c)
	console.Grouped(c, "Pipeline", o.eitherFlags)
	o.pipeline.envFlags(c, world.Args)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	})
	return c
}

// folder has what earlier runs of the session finished; none with --no-save.
func (r *planned) folder() resume.Folder {
	if r.status == "" {
		return resume.Folder{}
	}
	return resume.Status{Path: r.status}.Session(r.request.Session.In(r.request.Calendar.Zone))
}

// explain prints what would become of each action.
func (o *runOptions) explain(ctx context.Context, args []string) error {
	o.questions.unfit = true
	r, err := o.plan(args)
	if err != nil {
		return err
	}
	decisions, err := instance.Plan(r.request, r.folder())
	if err != nil {
		return err
	}
	if instance.HasMemo(r.request.Workflow) && (!o.rerun || o.anew) {
		known, err := o.memoised(ctx, r)
		if known == nil && err != nil {
			return err // else it is told of its task
		}
		instance.Memoised(decisions, known)
	}
	if o.json {
		for _, d := range decisions {
			m := params.Of("task", d.Task, "verdict", d.Verdict.String(), "reason", d.Reason)
			if err := console.PrintJSON(o.World.Stdout, m); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, session time %s\n", r.request.Workflow.Name, r.request.Session.In(r.request.Calendar.Zone).Format(time.RFC3339))
	counts := make(map[instance.Verdict]int)
	for _, d := range decisions {
		counts[d.Verdict]++
		fmt.Fprintf(&b, "  %-5s %s: %s\n", d.Verdict, d.Task, d.Reason)
	}
	fmt.Fprintf(&b, "%d to run, %d finished before, ", counts[instance.WillRun], counts[instance.WillReplay])
	if taken := counts[instance.WillTake]; taken > 0 {
		fmt.Fprintf(&b, "%d taken from earlier runs, ", taken)
	}
	fmt.Fprintf(&b, "%d left out\n", counts[instance.WillPass])
	_, err = fmt.Fprint(o.World.Stdout, b.String())
	return err
}
