package remote

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

// queuedStatus is that of an attempt which waits in the run queue.
const queuedStatus = "queued"

type queueOptions struct {
	Options
	console.OutputOptions
	of    client.QueueFilter
	count int
	all   bool
}

func newQueue(world console.IO) *cobra.Command {
	o := queueOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "queue [limits | cancel]", GroupID: "remote", Args: queueArgs, ValidArgs: []string{"limits", "cancel"},
		Short: "List the runs that wait, and why; or end them",
		Long: "List the runs that wait in the run queue of a server, in the order in which they are admitted: since when, and\n" +
			"which limit keeps each back.\n\n`limits` lists the limits, and how much of each is in use. `cancel` ends runs that wait, together: they never\n" +
			"begin. Those that have begun are ended by `pawl kill`.",
		Example: "  pawl queue\n  pawl queue --project shop --tag team=search\n  pawl queue limits\n" +
			"  pawl queue cancel --tag team=search\n  pawl queue cancel --all",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c, args) },
	}
	console.Grouped(c, "Which runs", func(f *pflag.FlagSet) {
		f.StringVar(&o.of.Project, "project", "", "those of this `PROJECT`")
		f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
		f.Var((*console.Repeated)(&o.of.Tags), "tag", "those with this tag: `NAME=VALUE`; repeatable")
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
		f.BoolVar(&o.all, "all", false, "cancel all that wait")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// queueArgs accepts what is done.
func queueArgs(_ *cobra.Command, args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "limits" && args[0] != "cancel" {
		return errors.New("this is neither limits nor cancel")
	}
	return nil
}

func (o *queueOptions) run(c *cobra.Command, args []string) error {
	filtered := o.of.Project != "" || o.of.Workflow != "" || len(o.of.Tags) > 0
	switch cancel := len(args) > 0 && args[0] == "cancel"; {
	case o.of.Workflow != "" && o.of.Project == "":
		return model.Errorf(model.Invalid, "a --workflow is one of a --project")
	case o.count < 1:
		return tooFew(o.count)
	case !cancel && o.all:
		return model.Errorf(model.Invalid, "--all is for `pawl queue cancel`")
	case cancel && o.all == filtered:
		return model.Errorf(model.Invalid, "say which runs are to end").WithHint("with --project and --workflow, or --tag; or --all")
	case cancel:
		return o.With(c.Context(), o.cancel)
	case len(args) > 0 && filtered:
		return model.Errorf(model.Invalid, "`pawl queue limits` lists all limits")
	case len(args) > 0:
		return o.Ask(c.Context(), o.limits)
	}
	return o.Ask(c.Context(), o.show)
}

func (o *queueOptions) show(ctx context.Context, r Server) error {
	found, state, err := r.Queue(ctx, o.of, o.count)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, nil)
	}
	if len(found) > 0 {
		if err := queueTable(found).Write(o.World.Stdout, 0); err != nil {
			return err
		}
	}
	return o.summary(state)
}

func (o *queueOptions) cancel(ctx context.Context, r Server) error {
	tags, err := model.ParseWantedTags(o.of.Tags)
	if err != nil && len(o.of.Tags) > 0 {
		return err
	}
	ids, err := r.CancelQueued(ctx, o.of.Project, o.of.Workflow, tags, o.all)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.World.Stdout, "Cancelled %s.\n", console.Count(len(ids), "run that was waiting", "runs that were waiting"))
	return err
}

func queueTable(found []client.Queued) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "#", Fixed: true}, {Title: "attempt", Fixed: true}, {Title: "workflow", Fixed: true}, {Title: "priority", Fixed: true},
		{Title: "since", Fixed: true}, {Title: "tags", Fixed: true}, {Title: "waits for", Fixed: true},
	}}
	for _, q := range found {
		t.Rows = append(t.Rows, []string{
			strconv.Itoa(q.Position), string(q.AttemptID), harmless(client.Text(q.Project.Name + "/" + q.Workflow)), strconv.Itoa(q.Priority),
			LocalTime(client.Instant(q.Since)), harmless(client.Text(q.Tags.String())), harmless(client.Text(q.WaitsFor)),
		})
	}
	return t
}

func (o *queueOptions) limits(ctx context.Context, r Server) error {
	found, state, err := r.QueueLimits(ctx)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, nil)
	}
	if len(found) > 0 {
		if err := limitsTable(found).Write(o.World.Stdout, 0); err != nil {
			return err
		}
	}
	return o.summary(state)
}

// summary ends what is told of the queue.
func (o *queueOptions) summary(s client.QueueState) error {
	_, err := fmt.Fprintf(o.World.Stdout, "%d waiting, %d running.\n", s.Total, s.Running)
	return err
}

func limitsTable(found []client.QueueLimit) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "limit", Fixed: true}, {Title: "for", Fixed: true}, {Title: "in use", Fixed: true}, {Title: "rate", Fixed: true},
	}}
	for _, l := range found {
		runs, use := "all", "-"
		switch {
		case l.Tag != "" && l.Value != nil:
			runs = string(l.Tag) + "=" + *l.Value
		case l.Tag != "":
			runs = string(l.Tag)
		}
		if l.Limit > 0 {
			use = fmt.Sprintf("%d of %d", l.Used, l.Limit)
		}
		rate := string(l.Rate)
		if rate == "" {
			rate = "-"
		}
		t.Rows = append(t.Rows, []string{harmless(client.Text(l.Name)), harmless(client.Text(runs)), use, rate})
	}
	return t
}
