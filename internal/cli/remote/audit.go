package remote

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

type auditOptions struct {
	Options
	console.OutputOptions
	filter client.AuditFilter
	span   spanOptions
	count  int
}

func newAudit(world console.IO) *cobra.Command {
	o := auditOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "audit", GroupID: "remote", Args: cobra.NoArgs,
		Short: "List who did what on a server",
		Long: "List the newest entries of the audit log of a server, the newest last: who changed something or was\n" +
			"refused to, what and to what, how that ended, and from where. It is for administrators.",
		Example: "  pawl audit --since 7d --project shop\n  pawl audit --actor ci --json",
		RunE: func(c *cobra.Command, _ []string) error {
			return o.AskServer(c.Context(), func(ctx context.Context, r Server) error { return o.show(ctx, r) })
		},
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		o.span.flags(f)
		f.StringVar(&o.filter.Principal, "actor", "", "list what `NAME` did, a user or a token")
		f.StringVar(&o.filter.Action, "action", "", "list only this `action`, such as attempt.kill")
		f.StringVar(&o.filter.Project, "project", "", "list what was done to this `PROJECT`")
		f.IntVar(&o.count, "count", 100, "list this `number`")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *auditOptions) show(ctx context.Context, r Server) error {
	if o.count < 1 {
		return tooFew(o.count)
	}
	var err error
	if o.filter.Since, o.filter.Until, err = o.span.times(o.World.Clock.Now()); err != nil {
		return err
	}
	entries, err := r.Audit(ctx, o.filter, o.count)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	tell := console.Teller{To: o.World.Stdout}
	for _, e := range entries {
		if o.JSON {
			if err := console.PrintObject(o.World.Stdout, e); err != nil {
				return err
			}
			continue
		}
		tell.Line("%s  %s  %s  %s  %s  %s  %s", LocalTime(client.Instant(e.At)), harmless(e.Principal), e.Action, e.Outcome,
			harmless(e.Project), harmless(e.Target), cmp.Or(e.Remote, "-"))
	}
	return tell.Err
}

// harmless returns a text that somebody chose as a terminal may have it; "-"
// for none.
func harmless(t client.Text) string {
	text := cmp.Or(string(t), "-")
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
