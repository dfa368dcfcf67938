package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type outboxOptions struct {
	Options
	console.OutputOptions
	all   bool
	topic string
	count int
}

func newOutbox(world console.IO) *cobra.Command {
	o := outboxOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "outbox [drop ID... | drop --topic TOPIC | drop --all]", GroupID: "remote", Args: outboxArgs, ValidArgs: []string{"drop"},
		Short: "List or forget records of tasks that are not sent yet",
		Long: "List the records that tasks have sent and that are not on their way yet, the oldest first: those of a moment,\n" +
			"of topics that refuse them, or all where neither Kafka nor a webhook is configured.\n\n`drop` forgets records, which are then never sent; with --topic those of a topic whose receiver is gone for good.",
		Example: "  pawl outbox\n  pawl outbox drop 3 4\n  pawl outbox drop --topic orders\n  pawl outbox drop --all",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
	})
	console.Grouped(c, "What is dropped", func(f *pflag.FlagSet) {
		f.BoolVar(&o.all, "all", false, "drop all that there are")
		f.StringVar(&o.topic, "topic", "", "drop all for this `TOPIC`")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// outboxArgs accepts what is done, and the numbers of the records it is done to.
func outboxArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] != "drop" {
		return errors.New("this is not drop with the IDs of records")
	}
	return nil
}

func (o *outboxOptions) run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0 && (o.all || o.topic != ""):
		return model.Errorf(model.Invalid, "--all and --topic are for `pawl outbox drop`")
	case len(args) > 0 && o.chosen(len(args)-1) != 1:
		return model.Errorf(model.Invalid, "give the IDs of records, --topic or --all")
	case o.count < 1:
		return tooFew(o.count)
	case len(args) == 0:
		return o.Ask(ctx, o.show)
	case o.all:
		return o.With(ctx, func(ctx context.Context, r Server) error { return o.dropAll(ctx, r.dropOldest) })
	case o.topic != "":
		return o.With(ctx, func(ctx context.Context, r Server) error {
			return o.dropAll(ctx, func(ctx context.Context) (int, error) { return r.DropTopic(ctx, o.topic) })
		})
	}
	ids, err := idList("a record", args[1:])
	if err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		if err := r.DropRecords(ctx, ids); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "Not to be sent any more: %s\n", strings.Join(args[1:], ", "))
		return nil
	})
}

// dropAtOnce is how many records one request drops.
const dropAtOnce = 100

// chosen is in how many ways it is said what is dropped, with so many IDs among them.
func (o *outboxOptions) chosen(ids int) (n int) {
	for _, given := range []bool{ids > 0, o.all, o.topic != ""} {
		if given {
			n++
		}
	}
	return n
}

// dropAll drops records until there are no more.
func (o *outboxOptions) dropAll(ctx context.Context, drop func(context.Context) (int, error)) error {
	all := 0
	for {
		n, err := drop(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			_, _ = fmt.Fprintf(o.World.Stderr, "Not to be sent any more: %s\n", console.Count(all, "record", "records"))
			return nil
		}
		all += n
	}
}

// dropOldest drops the oldest records, and returns how many.
func (r Server) dropOldest(ctx context.Context) (int, error) {
	list, err := r.Outbox(ctx, dropAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ids := make([]client.ID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return len(ids), r.DropRecords(ctx, ids)
}

func (o *outboxOptions) show(ctx context.Context, r Server) error {
	found, err := r.Outbox(ctx, o.count)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, recordTable)
}

func recordTable(found []client.Record) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "id", Fixed: true}, {Title: "topic", Fixed: true}, {Title: "key", Fixed: true}, {Title: "attempt", Fixed: true},
		{Title: "stored at", Fixed: true}, {Title: "value", Fixed: true},
	}}
	for _, o := range found {
		t.Rows = append(t.Rows, []string{
			string(o.ID), harmless(client.Text(o.Topic)), harmless(o.Key), string(o.AttemptID),
			LocalTime(client.Instant(o.StoredAt)), bodyText(o.Value),
		})
	}
	return t
}
