package remote

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type eventsOptions struct {
	Options
	console.OutputOptions
	spanOptions
	of      client.LogQuery
	attempt string
	follow  bool
}

// usualSpan is how far back events are shown if nothing is said.
const usualSpan = time.Hour

func newEvents(world console.IO) *cobra.Command {
	o := eventsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "events", GroupID: "remote", Args: cobra.NoArgs,
		Short: "Show what happens to all attempts",
		Long: "Show what happens to all attempts, in the order in which it is stored: that of the last hour, or from\n" +
			"a time or a cursor on. With --follow, go on as it happens; a connection that is lost is made again, and\n" +
			"nothing is left out. `pawl history` shows the events of one attempt.",
		Example: "  pawl events --follow --type failure\n  pawl events --since 1d --project shop --json",
		RunE:    func(c *cobra.Command, _ []string) error { return o.Ask(c.Context(), o.run) },
	}
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.follow, "follow", "f", false, "go on as it happens, from now if nothing else is said")
		f.StringVar(&o.of.Project, "project", "", "show those of this `PROJECT`")
		f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
		f.StringVar(&o.attempt, "attempt", "", "show those of this `ATTEMPT`")
		f.StringVar(&o.of.Task, "task", "", "show those of this `+TASK`, by its full name, and of those below it")
		f.VarP((*console.Repeated)(&o.of.Types), "type", "t", "show those of this `TYPE`, such as task.failed, attempt or failure; repeatable")
		f.Var((*console.Repeated)(&o.of.Tags), "tag", "show those of attempts with this tag, as `NAME=VALUE`; repeatable")
		f.StringVar(&o.of.After, "after", "", "show those after this `CURSOR`, which is that of an event")
		o.spanOptions.flags(f)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *eventsOptions) run(ctx context.Context, r Server) error {
	q, err := o.query(o.World.Clock.Now())
	if err != nil {
		return err
	}
	if q.Attempt != "" {
		if _, err := r.Attempt(ctx, q.Attempt); err != nil {
			return err
		}
	}
	tell := console.Teller{To: o.World.Stdout}
	show := func(e client.LoggedEvent) error {
		if o.JSON {
			return console.PrintObject(o.World.Stdout, e)
		}
		tell.Line("%s  %s", LocalTime(client.Instant{Time: e.Time}), eventLine(&e))
		return tell.Err
	}
	if !o.follow {
		return r.ReadEvents(ctx, q, show)
	}
	return r.FollowEvents(ctx, q, client.Listener{
		Event: show,
		Gone: func() {
			_, _ = fmt.Fprintln(o.World.Stderr, "pawl: warning: events are missing here that are not kept any more")
		},
		Lost: func(err error) { _, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: %v; trying again\n", err) },
	})
}

// query returns what is asked for.
func (o *eventsOptions) query(now time.Time) (q client.LogQuery, err error) {
	q = o.of
	if q.Workflow != "" && q.Project == "" {
		return q, model.Errorf(model.Invalid, "a --workflow is one of a --project")
	}
	if _, err := model.ParseWantedTags(q.Tags); err != nil {
		return q, err
	}
	if o.attempt != "" {
		if q.Attempt, err = id("an attempt", o.attempt); err != nil {
			return q, err
		}
	}
	if q.Since, q.Until, err = o.times(now); err != nil {
		return q, err
	}
	switch {
	case o.follow && !q.Until.IsZero():
		return q, model.Errorf(model.Invalid, "--follow goes on, and --until ends").WithHint("give one of them")
	case q.After != "" && !q.Since.IsZero():
		return q, model.Errorf(model.Invalid, "--after and --since both say where to begin").WithHint("give one of them")
	case !o.follow && q.After == "" && q.Since.IsZero() && q.Attempt == "":
		q.Since = now.Add(-usualSpan)
	}
	return q, nil
}

// eventLine says what happened to what.
func eventLine(e *client.LoggedEvent) string {
	about := e.Workflow
	if e.Project != "" {
		about = e.Project + "/" + about
	}
	line := fmt.Sprintf("%-22s %s  %s", e.Type, e.AttemptID, harmless(client.Text(about)))
	if e.Task != "" {
		line += " " + harmless(client.Text(e.Task))
	}
	if e.Data.Len() > 0 {
		line += " " + string(params.AppendJSON(nil, e.Data))
	}
	return line
}
