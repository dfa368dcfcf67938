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

type itemsOptions struct {
	attemptOptions
	task   string
	states []string
	count  int
}

func newItems(world console.IO) *cobra.Command {
	o := itemsOptions{attemptOptions: attemptOptions{Options: Options{World: world}}}
	c := &cobra.Command{
		Use: "items ATTEMPT | rerun ATTEMPT INDEX", GroupID: "remote", Args: itemsArgs, ValidArgs: []string{"rerun"},
		Short: "List the items of a task that runs for each of a collection, or run one again",
		Long: "List the items of a task of an attempt that runs for each item of a collection: how many there\n" +
			"are in which state, and each with its index, its value, and why it failed.\n\n" +
			"`rerun` runs one item again that has ended. While the task goes on, it is run again as part of it. When the attempt\n" +
			"has ended, another attempt of its session runs the item, takes over all others as they are, and then goes on with\n" +
			"what has not succeeded.",
		Example: "  pawl items 35\n  pawl items 35 --task +reindex --state failed --state cancelled\n  pawl items 35 --count 100000 --json\n" +
			"  pawl items rerun 35 17\n  pawl items rerun 35 17 --task +reindex",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c, args) },
	}
	console.Grouped(c, "Which items", func(f *pflag.FlagSet) {
		f.StringVar(&o.task, "task", "", "those of this `+TASK`; needed where several have items")
		f.StringArrayVar(&o.states, "state", nil, "those in this `state`: pending, running, success, skipped, stopped, failed or cancelled; may be given several times")
		f.IntVar(&o.count, "count", usualPage, "how many are listed at most, in order")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// itemsArgs accepts an attempt, or rerun with an attempt and an item of it.
func itemsArgs(_ *cobra.Command, args []string) error {
	switch again := len(args) > 0 && args[0] == "rerun"; {
	case again && len(args) != 3:
		return errors.New("rerun takes an ATTEMPT and the INDEX of one of its items")
	case !again && len(args) != 1:
		return errors.New("items takes one ATTEMPT, or rerun with an ATTEMPT and an INDEX")
	}
	return nil
}

func (o *itemsOptions) run(c *cobra.Command, args []string) error {
	if args[0] == "rerun" {
		for _, name := range []string{"state", "count"} {
			if c.Flags().Changed(name) {
				return model.Errorf(model.Invalid, "--%s is for lists of items", name)
			}
		}
		return o.rerun(c.Context(), args[1], args[2])
	}
	attempt, err := id("an attempt", args[0])
	if err != nil {
		return err
	}
	return o.Ask(c.Context(), func(ctx context.Context, r Server) error { return o.list(ctx, r, attempt) })
}

func (o *itemsOptions) list(ctx context.Context, r Server, attempt client.ID) error {
	if o.count < 1 {
		return tooFew(o.count)
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

// rerun runs one item again.
func (o *itemsOptions) rerun(ctx context.Context, attempt, item string) error {
	of, err := id("an attempt", attempt)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(item, 10, 64)
	if err != nil || index < 0 {
		return model.Errorf(model.Invalid, "an item has an index from 0 on, not %q", item).WithHint("`pawl items %s` lists them", of)
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		a, err := r.RerunItem(ctx, of, o.task, index)
		if err != nil {
			return err
		}
		if o.JSON {
			return console.List(o.World.Stdout, o.OutputOptions, "", []client.Attempt{a}, nil)
		}
		_, err = fmt.Fprintf(o.World.Stderr, "item %d is run again in attempt %s\n", index, a.ID)
		return err
	})
}
