package remote

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

type reportersOptions struct {
	Options
	console.OutputOptions
}

func newReporters(world console.IO) *cobra.Command {
	o := reportersOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "reporters", GroupID: "remote", Args: cobra.NoArgs,
		Short: "List who is told what happens on a server, and how far they are",
		Long: "List the reporters of a server: when the last event happened that each was told of, for how long the next one\n" +
			"waits, how often it fails now, how many events it was never told of because of failures, and the last error.",
		Example: "  pawl reporters\n  pawl reporters --json | jq 'select(.lag > 60) | .name'",
		RunE:    func(c *cobra.Command, _ []string) error { return o.AskServer(c.Context(), o.run) },
	}
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *reportersOptions) run(ctx context.Context, r Server) error {
	found, err := r.Reporters(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		o.Hint(o.World.Stderr, "the setting `reporters.NAME.type` of the server makes one")
	}
	return tabulate(o.World, o.OutputOptions, found, reporterTable)
}

func reporterTable(found []client.Reporter) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "name", Fixed: true}, {Title: "told until", Fixed: true}, {Title: "lag", Fixed: true}, {Title: "failing", Fixed: true},
		{Title: "skipped", Fixed: true}, {Title: "last error", Fixed: true},
	}}
	for _, r := range found {
		problem := harmless(client.Text(r.Error))
		if !r.FailedAt.IsZero() {
			problem = LocalTime(client.Instant{Time: r.FailedAt}) + " " + problem
		}
		lag := (time.Duration(r.Lag * float64(time.Second))).Round(time.Second).String()
		t.Rows = append(t.Rows, []string{r.Name, LocalTime(client.Instant{Time: r.Told}), lag, strconv.Itoa(r.Failing), strconv.Itoa(r.Skipped), problem})
	}
	return t
}
