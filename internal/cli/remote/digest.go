package remote

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type digestOptions struct {
	Options
	console.OutputOptions
	spanOptions
	of client.DigestQuery
}

// usualDigest is how far back attempts are looked at if nothing is said.
const usualDigest = 7 * 24 * time.Hour

func newDigest(world console.IO) *cobra.Command {
	o := digestOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "digest", GroupID: "remote", Args: cobra.NoArgs,
		Short: "Show how the attempts of each workflow went",
		Long: "Show how the attempts of each workflow went that ended in the last seven days, or in another time:\n" +
			"how many there were, how they ended, how long they took on average and in 95 of 100 cases, and the last one.",
		Example: "  pawl digest\n  pawl digest --since 30d --project shop --json",
		RunE:    func(c *cobra.Command, _ []string) error { return o.Ask(c.Context(), o.run) },
	}
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.StringVar(&o.of.Project, "project", "", "show workflows of this `PROJECT`")
		f.StringVar(&o.of.Workflow, "workflow", "", "and this `WORKFLOW` of it alone")
		o.spanOptions.flags(f)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *digestOptions) run(ctx context.Context, r Server) (err error) {
	q := o.of
	if q.Workflow != "" && q.Project == "" {
		return model.Errorf(model.Invalid, "a --workflow is one of a --project")
	}
	now := o.World.Clock.Now()
	if q.Since, q.Until, err = o.times(now); err != nil {
		return err
	}
	if q.Since.IsZero() && q.Until.IsZero() {
		q.Since = now.Add(-usualDigest)
	}
	found, err := r.Digest(ctx, q)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, digestTable)
}

func digestTable(found []client.Digest) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "project", Fixed: true}, {Title: "workflow", Fixed: true}, {Title: "runs", Fixed: true}, {Title: "success", Fixed: true},
		{Title: "error", Fixed: true}, {Title: "killed", Fixed: true}, {Title: "average", Fixed: true}, {Title: "p95", Fixed: true},
		{Title: "last", Fixed: true},
	}}
	for _, d := range found {
		t.Rows = append(t.Rows, []string{
			harmless(client.Text(d.Project.Name)), harmless(client.Text(d.Workflow)), strconv.Itoa(d.Runs), strconv.Itoa(d.Succeeded),
			strconv.Itoa(d.Failed), strconv.Itoa(d.Killed), took(d.Average), took(d.P95),
			string(d.LastID) + " " + d.LastState + " " + LocalTime(client.Instant(d.LastAt)),
		})
	}
	return t
}

// took writes seconds as a duration of three digits or so.
func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}
