package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/serve"
)

func newVersions(world console.IO) *cobra.Command {
	o := runOptions{ProjectOptions: ProjectOptions{World: world}}
	c := &cobra.Command{
		Use: "versions [WORKFLOW [+TASK]]", GroupID: "look",
		Short: "Show which memoised tasks `run` would run, by their versions",
		Long: "Show the memoised tasks of a workflow in order, with the version of what each gives, and whether that is\n" +
			"stored or to be computed by `run` with the same options. What follows from what other tasks give is decided later.",
		Example: "  pawl versions daily\n  pawl versions daily -p limit=10 --json",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			o.given = c.Flags()
			return o.versions(c.Context(), args)
		},

		ValidArgsFunction: o.completeWorkflows,
	}
	o.selectionFlags(c)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	})
	return c
}

// versions prints what is known of each memoised task.
func (o *runOptions) versions(ctx context.Context, args []string) error {
	r, err := o.plan(args)
	if err != nil {
		return err
	}
	list, wrong := o.memoised(ctx, r)
	return errors.Join(o.printVersions(r, list), wrong)
}

// memoised returns what is known of the memoised tasks of what is planned, and what is
// wrong with them.
func (o *runOptions) memoised(ctx context.Context, r planned) (_ []instance.Versioned, err error) {
	switch {
	case o.shared != nil:
		log := slog.New(slog.DiscardHandler)
		if r.config.Shared, err = serve.OpenRuns(ctx, o.shared, o.Path(), false, o.World.Clock.Now(), log); err != nil {
			return nil, err
		}
	case !o.noSave:
		r.config.Database = instance.StatePath(o.Path(), "pawl.db")
	}
	return instance.Versions(ctx, r.config, r.request)
}

func (o *runOptions) printVersions(r planned, list []instance.Versioned) error {
	if o.json {
		for _, v := range list {
			m := params.Of("task", v.Task, "version", v.Version, "state", stateOf(v), "reason", v.Reason)
			if err := console.PrintJSON(o.World.Stdout, m); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(o.World.Stdout, "%s has no memoised tasks.\n", r.request.Workflow.Name)
		return err
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Task, v.Version[:min(len(v.Version), 12)], stateOf(v), v.Reason) // into memory
	}
	_ = w.Flush() // likewise
	_, err := fmt.Fprint(o.World.Stdout, b.String())
	return err
}

// stateOf is what would become of a memoised task, in words.
func stateOf(v instance.Versioned) string {
	switch {
	case v.Later:
		return "decided later"
	case v.Wrong:
		return "wrong"
	case v.Stored:
		return "stored"
	}
	return "to be computed"
}
