package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type poolsOptions struct {
	Options
	console.OutputOptions
	count int
}

func newPools(world console.IO) *cobra.Command {
	o := poolsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "pools [POOL | set POOL SIZE | unset POOL]", GroupID: "remote", Args: poolsArgs, ValidArgs: []string{"set", "unset"},
		Short: "List the pools that tasks on a server take slots of, or set their sizes",
		Long: "List the pools that tasks on a server take slots of (`_pool`), with how much of each is in use; or who holds slots\n" +
			"of one pool and who waits for some, in order.\n\n`set` sets how many slots a pool has, which counts more than the settings of servers; `unset` has these count again.",
		Example: "  pawl pools\n  pawl pools db\n  pawl pools set db 5\n  pawl pools unset db",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	c.Flags().IntVar(&o.count, "count", 100, "list this `number` of tasks that wait at most")
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// poolsArgs accepts a pool, or what is done to one.
func poolsArgs(_ *cobra.Command, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "set" && len(args) != 3:
		return errors.New("set takes a POOL and its SIZE")
	case len(args) > 0 && args[0] == "unset" && len(args) != 2:
		return errors.New("unset takes a POOL")
	case len(args) > 1 && args[0] != "set" && args[0] != "unset":
		return errors.New("this is neither set nor unset")
	}
	return nil
}

func (o *poolsOptions) run(ctx context.Context, args []string) error {
	var size *int
	switch {
	case o.count < 1:
		return tooFew(o.count)
	case len(args) == 0:
		return o.AskServer(ctx, o.list)
	case len(args) == 1:
		return o.AskServer(ctx, func(ctx context.Context, r Server) error { return o.show(ctx, r, args[0]) })
	case len(args) == 3:
		n, err := strconv.Atoi(args[2])
		if err != nil || n < 0 {
			return model.Errorf(model.Invalid, "the size of a pool must be a whole number that is not negative, not %q", args[2])
		}
		size = &n
	}
	return o.AskServer(ctx, func(ctx context.Context, r Server) error {
		p, err := r.SetPool(ctx, args[1], size)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.World.Stdout, "Pool %s: %s\n", p.Name, sizeOf(p))
		return err
	})
}

// sizeOf says how many slots a pool has.
func sizeOf(p client.Pool) string {
	if p.Size == nil {
		return "no bound"
	}
	return console.Count(*p.Size, "slot", "slots")
}

func (o *poolsOptions) list(ctx context.Context, r Server) error {
	found, err := r.Pools(ctx)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, poolsTable)
}

func poolsTable(found []client.Pool) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "pool", Fixed: true}, {Title: "size", Fixed: true}, {Title: "set by", Fixed: true}, {Title: "in use", Fixed: true}, {Title: "waiting", Fixed: true},
	}}
	for _, p := range found {
		by := "settings"
		switch {
		case p.Stored:
			by = "pawl pools set"
		case p.Size == nil:
			by = "-"
		}
		t.Rows = append(t.Rows, []string{harmless(client.Text(p.Name)), sizeOf(p), by, strconv.Itoa(p.Used), strconv.Itoa(p.Waiting)})
	}
	return t
}

func (o *poolsOptions) show(ctx context.Context, r Server, pool string) error {
	found, err := r.Slots(ctx, pool, o.count)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, slotsTable)
}

func slotsTable(found []client.Slot) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "attempt", Fixed: true}, {Title: "task", Fixed: true}, {Title: "slots", Fixed: true}, {Title: "since", Fixed: true}, {Title: "waits for", Fixed: true},
	}}
	for _, s := range found {
		t.Rows = append(t.Rows, []string{
			string(s.AttemptID), harmless(client.Text(s.FullName)), strconv.Itoa(s.Slots), LocalTime(client.Instant(s.Since)), cmp.Or(harmless(client.Text(s.WaitsFor)), "-"),
		})
	}
	return t
}
