package remote

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/params"
)

type historyOptions struct {
	Options
	console.OutputOptions
	after int64
}

func newHistory(world console.IO) *cobra.Command {
	o := historyOptions{Options: Options{World: world}}
	c := newOf(&cobra.Command{
		Use: "history ATTEMPT", Short: "Show what happened to an attempt",
		Long: "Show what happened to an attempt, event by event: when its tasks began, waited, were tried again and\n" +
			"ended, and what was asked of it by whom.",
		Example: "  pawl history 35\n  pawl history 35 --json | jq 'select(.kind == \"params_edited\") | .data'",
	}, o.Ask, o.run)
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.Int64Var(&o.after, "after", 0, "show the events after the one with this `number`")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *historyOptions) run(ctx context.Context, r Server, attempt client.ID) error {
	tell := console.Teller{To: o.World.Stdout}
	return r.Events(ctx, attempt, o.after, func(e client.Event) error {
		if o.JSON {
			return console.PrintObject(o.World.Stdout, e)
		}
		about := harmless(client.Text(e.FullName))
		if e.Data.Len() > 0 {
			about += " " + string(params.AppendJSON(nil, e.Data))
		}
		tell.Line("%s  %s  %s", LocalTime(client.Instant(e.At)), happened(e), about)
		return tell.Err
	})
}

// happened is what happened, in a word or two.
func happened(e client.Event) string {
	if e.Kind == "task_ended" {
		return e.Kind + " " + e.State
	}
	return e.Kind
}
