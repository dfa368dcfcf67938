package remote

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type skipOptions struct {
	Options
	to bool
}

func newSkip(world console.IO) *cobra.Command {
	o := skipOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "skip ATTEMPT TASK", GroupID: "remote", Args: cobra.ExactArgs(2),
		Short: "Pass over a task of an attempt on a server",
		Long: "Pass over a task of an attempt on a server that waits, runs, has not begun or has failed, so that what comes\n" +
			"after it begins. If the attempt has ended, another one goes on without the task. With --to, begin a task at once\n" +
			"that is not reached yet, and skip what would have come before it.\n\n" +
			"A task is named by the end of its full name, and a step of a process by its path.",
		Example: "  pawl skip 35 +load\n  pawl skip 36 payment/remind\n  pawl skip --to 35 +publish",
		RunE: func(c *cobra.Command, args []string) error {
			return o.With(c.Context(), func(ctx context.Context, r Server) error { return o.run(ctx, r, args) })
		},
	}
	console.Grouped(c, "What is skipped", func(f *pflag.FlagSet) {
		f.BoolVar(&o.to, "to", false, "all that would have come before the task")
	})
	o.Flags(c)
	return c
}

func (o *skipOptions) run(ctx context.Context, r Server, args []string) error {
	attempt, err := id("an attempt", args[0])
	if err != nil {
		return err
	}
	skip, what := r.SkipTask, "skip of %s requested for attempt %s\n"
	if o.to {
		skip, what = r.SkipToTask, "skip to %s requested for attempt %s\n"
	}
	a, err := skip(ctx, attempt, args[1])
	if err != nil {
		return err
	}
	if a.ID != attempt {
		_, err = fmt.Fprintf(o.World.Stdout, "attempt %s goes on without %s\n", a.ID, args[1])
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, what, args[1], a.ID)
	return err
}

type editOptions struct {
	Options
	local.ParamOptions
}

func newEdit(world console.IO) *cobra.Command {
	o := editOptions{Options: Options{World: world}}
	c := newOf(&cobra.Command{
		Use:   "edit ATTEMPT -p KEY=VALUE",
		Short: "Change parameters of an attempt on a server",
		Long: "Change parameters of an attempt on a server, for all of its tasks that are still to run.\n" +
			"`pawl history` tells who did so, and what they were before.",
		Example: "  pawl edit 35 -p limit=10\n  pawl edit 35 --json-param -p 'order={\"id\": 17}'\n  pawl edit 35 -P corrections.yaml",
	}, o.With, o.run)
	console.Grouped(c, "The parameters", func(f *pflag.FlagSet) {
		o.ParamOptions.Flags(f)
		o.TypedFlag(f)
	})
	o.Options.Flags(c)
	return c
}

func (o *editOptions) run(ctx context.Context, r Server, attempt client.ID) error {
	edits, err := o.Read(o.World, params.Map{})
	if err != nil {
		return err
	}
	if edits.Len() == 0 {
		return model.Errorf(model.Invalid, "what is to be changed? give -p KEY=VALUE, or a file with -P")
	}
	if _, err := r.Edit(ctx, attempt, edits); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, "edit requested for attempt %s\n", attempt)
	return err
}
