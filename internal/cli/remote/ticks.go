package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type ticksOptions struct {
	Options
	console.OutputOptions
	filter client.TickFilter
	span   spanOptions
	count  int
}

func newTicks(world console.IO) *cobra.Command {
	o := ticksOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "ticks [SCHEDULE | PROJECT [NAME]]", GroupID: "remote", Args: cobra.MaximumNArgs(2),
		Short: "List what became of schedules and sensors on a server",
		Long: "List what became of schedules and sensors on a server each time they were looked at, the newest last: for which\n" +
			"session, which attempt was started, or why none was. The number of a schedule, a project, or the name of a workflow\n" +
			"or a sensor in it say whose.",
		Example: "  pawl ticks\n  pawl ticks shop daily\n  pawl ticks 17 --outcome failed\n  pawl ticks shop --since 7d --json",
		RunE: func(c *cobra.Command, args []string) error {
			return o.AskServer(c.Context(), func(ctx context.Context, r Server) error { return o.show(ctx, r, args) })
		},
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.StringVar(&o.filter.Kind, "kind", "", "list only those of a `schedule` or a sensor")
		f.StringVar(&o.filter.Outcome, "outcome", "", "list only those that `started`, skipped or failed")
		o.span.flags(f)
		f.IntVar(&o.count, "count", 100, "list this `number`")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *ticksOptions) show(ctx context.Context, r Server, args []string) error {
	if o.count < 1 {
		return tooFew(o.count)
	}
	var err error
	if o.filter.Since, o.filter.Until, err = o.span.times(o.World.Clock.Now()); err != nil {
		return err
	}
	switch {
	case len(args) == 1 && isID(args[0]):
		s, err := r.Schedule(ctx, client.ID(args[0]))
		if err != nil {
			return err
		}
		o.filter.Project, o.filter.Name = s.Project.Name, s.Workflow.Name
		if o.filter.Kind == "" {
			o.filter.Kind = "schedule"
		}
	case len(args) > 0:
		o.filter.Project = args[0]
		if len(args) > 1 {
			o.filter.Name = args[1]
		}
	}
	found, err := r.Ticks(ctx, o.filter, o.count)
	if err == nil && len(found) == 0 && o.filter.Name != "" {
		err = mayTick(ctx, r, o.filter)
	}
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, nil)
	}
	tell := console.Teller{To: o.World.Stdout}
	for i := len(found) - 1; i >= 0; i-- {
		t := &found[i]
		of := t.Name
		if t.Project != nil {
			of = t.Project.Name + " " + t.Name
		}
		tell.Line("%s  %s %s  %s", LocalTime(client.Instant(t.At)), t.Kind, of, tickText(t))
	}
	return tell.Err
}

// mayTick reports an error if nothing of that name is looked at in the project.
func mayTick(ctx context.Context, r Server, f client.TickFilter) error {
	p, err := r.Project(ctx, f.Project)
	if err != nil {
		return err
	}
	schedules, err := r.ProjectSchedules(ctx, p.ID, "")
	if err != nil {
		return err
	}
	sensors, err := r.Sensors(ctx, f.Project, "")
	if err != nil {
		return err
	}
	var names []string
	for i := range schedules {
		names = append(names, schedules[i].Workflow.Name)
	}
	for i := range sensors {
		names = append(names, sensors[i].Workflow.Name)
	}
	if slices.Contains(names, f.Name) {
		return nil
	}
	e := model.Errorf(model.NotFound, "project %q has no schedule and no sensor %q", f.Project, f.Name)
	return console.Suggest(e, f.Name, names, fmt.Sprintf("`pawl schedules %s` and `pawl sensors %[1]s` list them", console.Quote(f.Project)))
}

// tickText says what became of what a tick is of.
func tickText(t *client.Tick) string {
	var b strings.Builder
	b.WriteString(t.Outcome)
	switch {
	case t.Until.IsZero() && !t.Slot.IsZero():
		fmt.Fprintf(&b, " session %s", LocalTime(client.Instant(t.Slot)))
	case !t.Slot.IsZero():
		fmt.Fprintf(&b, " %s from %s to %s", console.Count(t.Slots, "session", "sessions"), LocalTime(client.Instant(t.Slot)), LocalTime(client.Instant(t.Until)))
	}
	if len(t.Attempts) > 0 {
		b.WriteString(": attempt")
		if t.Started > 1 {
			b.WriteString("s")
		}
		for i, id := range t.Attempts {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(" " + string(id))
		}
		if more := t.Started - len(t.Attempts); more > 0 {
			fmt.Fprintf(&b, " and %d more", more)
		}
	}
	if t.Reason != "" {
		b.WriteString(": " + harmless(t.Reason))
	}
	return b.String()
}
