package remote

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type itemsOptions struct {
	attemptOptions
	task   string
	states []string
	count  int
}

func newItems(world console.IO) *cobra.Command {
	o := itemsOptions{attemptOptions: attemptOptions{Options: Options{World: world}}}
	c := newOf(&cobra.Command{
		Use: "items ATTEMPT", Short: "List the items of a task that runs for each of a collection",
		Long: "List the items of a task of an attempt on a server that runs for each item of a collection: how many there\n" +
			"are in which state, and each with its index, its value, and why it failed.",
		Example: "  pawl items 35\n  pawl items 35 --task +reindex --state failed --state cancelled\n  pawl items 35 --count 100000 --json",
	}, &o.Options, o.run)
	console.Grouped(c, "Which items", func(f *pflag.FlagSet) {
		f.StringVar(&o.task, "task", "", "those of this `+TASK`; needed where several have items")
		f.StringArrayVar(&o.states, "state", nil, "those in this `state`: pending, running, success, skipped, stopped, failed or cancelled; may be given several times")
		f.IntVar(&o.count, "count", usualPage, "how many are listed at most, in order")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *itemsOptions) run(ctx context.Context, r Server, attempt client.ID) error {
	if o.count < 1 {
		return model.Errorf(model.Invalid, "--count must be 1 or more, not %d", o.count)
	}
	found, err := r.Items(ctx, attempt, o.task, o.states, o.count)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found.Items, nil)
	}
	n := found.Counts
	_, err = fmt.Fprintf(o.World.Stdout, "%s: %s, %d pending, %d running, %d done, %d failed, %d cancelled\n",
		found.Task, console.Count(n.Total, "item", "items"), n.Pending, n.Running, n.Done, n.Failed, n.Cancelled)
	for i := 0; err == nil && i < len(found.Items); i++ {
		err = itemRecord(found.Items[i]).Print(o.World.Stdout, taskIndent)
	}
	if err != nil {
		return err
	}
	return printCount(o.World, len(found.Items))
}

func itemRecord(i client.Item) console.Record {
	r := console.Record{"index", strconv.FormatInt(i.Index, 10)}
	if i.Key != "" {
		r = append(r, "key", i.Key)
	}
	r = append(r, "name", i.FullName, "state", i.State, "value", string(i.Value))
	if !i.StartedAt.IsZero() {
		r = append(r, "started", LocalTime(client.Instant(i.StartedAt)))
	}
	if !i.EndedAt.IsZero() {
		r = append(r, "ended", LocalTime(client.Instant(i.EndedAt)))
	}
	if message, err := i.Error.String("message"); err == nil {
		r = append(r, "error", message)
	}
	if i.Result.Len() > 0 {
		r = append(r, "result", console.AsJSON(i.Result))
	}
	return r
}

type rerunItemOptions struct {
	Options
	task string
}

func newRerunItem(world console.IO) *cobra.Command {
	o := rerunItemOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "rerun-item ATTEMPT INDEX", GroupID: "remote", Args: cobra.ExactArgs(2),
		Short: "Run one item of a collection again",
		Long: "Run one item again of a task of an attempt on a server that runs for each item of a collection.\n\n" +
			"While the task goes on, the item is run again as part of it. When the attempt has ended, another attempt of its\n" +
			"session runs the item, takes over all others as they are, and then goes on with what has not succeeded.",
		Example: "  pawl rerun-item 35 17\n  pawl rerun-item 35 17 --task +reindex",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "Which item", func(f *pflag.FlagSet) {
		f.StringVar(&o.task, "task", "", "one of this `+TASK`; needed where several have items")
	})
	o.Options.Flags(c)
	return c
}

func (o *rerunItemOptions) run(ctx context.Context, args []string) error {
	attempt, err := id("an attempt", args[0])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil || index < 0 {
		return model.Errorf(model.Invalid, "an item has an index from 0 on, not %q", args[1]).WithHint("`pawl items %s` lists them", attempt)
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		a, err := r.RerunItem(ctx, attempt, o.task, index)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.World.Stderr, "item %d is run again in attempt %s\n", index, a.ID)
		return err
	})
}
