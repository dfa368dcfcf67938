package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

type backfillsOptions struct {
	Options
	console.OutputOptions
	of    client.BackfillFilter
	count int
}

func newBackfills(world console.IO) *cobra.Command {
	o := backfillsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "backfills [ATTEMPT | NAME | PROJECT [WORKFLOW]] | cancel ATTEMPT | NAME", GroupID: "remote", Args: backfillsArgs, ValidArgs: []string{"cancel"},
		Short: "List how backfills on a server go, or end one",
		Long: "List the backfills on a server: how many of the sessions of each succeeded, failed, were cancelled, run, or wait to\n" +
			"begin. One backfill is meant by its name, or by the number of any of its attempts; a project comes before a backfill\n" +
			"of the same name. A retry of an attempt is of the same backfill, and the newest of a session counts.\n\n" +
			"`cancel` ends the attempts of a backfill that have not ended. Those that wait never begin.",
		Example: "  pawl backfills\n  pawl backfills shop daily\n  pawl backfills january\n  pawl backfills cancel january\n  pawl backfills cancel 35",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "Which backfills", func(f *pflag.FlagSet) {
		f.StringVar(&o.of.Project, "project", "", "those of this `PROJECT`")
		f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
		f.IntVar(&o.count, "count", 100, "list about this `number`, in order of their names")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// backfillsArgs accepts what is listed, or cancel and a backfill.
func backfillsArgs(_ *cobra.Command, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "cancel" && len(args) != 2:
		return errors.New("cancel takes the NAME of a backfill, or an ATTEMPT of it")
	case len(args) > 2:
		return errors.New("give a PROJECT and a WORKFLOW, or one backfill")
	}
	return nil
}

func (o *backfillsOptions) run(ctx context.Context, args []string) error {
	switch {
	case o.of.Workflow != "" && o.of.Project == "":
		return model.Errorf(model.Invalid, "a --workflow is one of a --project")
	case o.count < 1:
		return tooFew(o.count)
	case len(args) == 2 && args[0] == "cancel":
		return o.AskServer(ctx, func(ctx context.Context, r Server) error { return o.cancel(ctx, r, args[1]) })
	case len(args) > 0 && o.of.Project != "" && (len(args) == 2 || isID(args[0])):
		return model.Errorf(model.Invalid, "--project is for lists, and for the names of backfills")
	}
	return o.AskServer(ctx, func(ctx context.Context, r Server) error {
		found, err := o.find(ctx, r, args)
		if err != nil {
			return err
		}
		return tabulate(o.World, o.OutputOptions, found, backfillTable)
	})
}

// find returns the backfills that arguments mean.
func (o *backfillsOptions) find(ctx context.Context, r Server, args []string) ([]client.BackfillProgress, error) {
	switch {
	case len(args) == 0:
		return r.Backfills(ctx, o.of, o.count)
	case len(args) == 2:
		return r.Backfills(ctx, client.BackfillFilter{Project: args[0], Workflow: args[1]}, o.count)
	case isID(args[0]) || o.of.Project != "":
		return o.named(ctx, r, args[0])
	}
	_, err := r.Project(ctx, args[0])
	if err == nil {
		return r.Backfills(ctx, client.BackfillFilter{Project: args[0]}, o.count)
	}
	if model.CodeOf(err) != model.NotFound {
		return nil, err
	}
	found, err := o.named(ctx, r, args[0])
	if model.CodeOf(err) == model.NotFound && err != nil {
		err = model.Errorf(model.NotFound, "there is no project and no backfill %q", args[0]).WithHint("%s", model.HintsOf(err))
	}
	return found, err
}

// named returns the backfills of a name, or the one that an attempt is of. What is both
// is taken for an attempt, unless that is of none.
func (o *backfillsOptions) named(ctx context.Context, r Server, name string) ([]client.BackfillProgress, error) {
	if isID(name) && o.of.Project == "" {
		b, err := r.BackfillOf(ctx, client.ID(name))
		if err == nil || model.CodeOf(err) != model.NotFound {
			return []client.BackfillProgress{b}, err
		}
	}
	of := o.of
	of.Name = name
	found, err := r.Backfills(ctx, of, o.count)
	if err == nil && len(found) == 0 {
		err = model.Errorf(model.NotFound, "there is no backfill %q", name).WithHint("%s", o.hint(ctx, r, name))
	}
	return found, err
}

// hint says which backfill may have been meant.
func (o *backfillsOptions) hint(ctx context.Context, r Server, name string) string {
	known, _ := r.Backfills(ctx, o.of, o.count) // else there is no name to suggest
	names := make([]string, len(known))
	for i := range known {
		names[i] = string(known[i].Name)
	}
	return cmp.Or(document.DidYouMean(name, names), "`pawl backfills` lists all")
}

func (o *backfillsOptions) cancel(ctx context.Context, r Server, name string) error {
	found, err := o.named(ctx, r, name)
	if err != nil {
		return err
	}
	if len(found) > 1 {
		return model.Errorf(model.Invalid, "several workflows have a backfill %q", name).
			WithHint("say which with --project and --workflow, or name one of its attempts")
	}
	ids, err := r.CancelBackfill(ctx, found[0].ID)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", ids, nil)
	}
	if len(ids) == 0 {
		_, err = fmt.Fprintf(o.World.Stdout, "all attempts of backfill %s have ended, or were asked to\n", harmless(found[0].Name))
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, "backfill %s is cancelled; attempts ended: %d\n", harmless(found[0].Name), len(ids))
	return err
}

func backfillTable(found []client.BackfillProgress) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "attempt", Fixed: true}, {Title: "name", Fixed: true}, {Title: "workflow", Fixed: true}, {Title: "from", Fixed: true}, {Title: "until", Fixed: true},
		{Title: "sessions", Fixed: true}, {Title: "succeeded", Fixed: true}, {Title: "failed", Fixed: true}, {Title: "cancelled", Fixed: true},
		{Title: "running", Fixed: true}, {Title: "waiting", Fixed: true}, {Title: "done", Fixed: true},
	}}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b client.BackfillProgress) int {
		return cmp.Compare(a.CreatedAt.UnixMicro(), b.CreatedAt.UnixMicro())
	})
	for i := range found {
		b := &found[i]
		row := []string{
			string(b.ID), harmless(b.Name), harmless(client.Text(b.Project.Name + "/" + b.Workflow)),
			LocalTime(client.Instant(b.From)), LocalTime(client.Instant(b.Until)),
		}
		for _, n := range []int{b.Sessions, b.Succeeded, b.Failed, b.Cancelled, b.Running, b.Waiting} {
			row = append(row, strconv.Itoa(n))
		}
		done := "no"
		if b.Done {
			done = "yes"
		}
		t.Rows = append(t.Rows, append(row, done))
	}
	return t
}
