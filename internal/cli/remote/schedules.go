package remote

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type schedulesOptions struct {
	Options
	console.OutputOptions
}

func newSchedules(world console.IO) *cobra.Command {
	o := schedulesOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "schedules [SCHEDULE | PROJECT [WORKFLOW]]", Aliases: []string{"schedule"}, GroupID: "remote", Args: cobra.MaximumNArgs(2),
		Short: "List the schedules",
		Long: "List the schedules on a server, or in the files of this folder: for which session, and when, each starts its\n" +
			"workflow next. Of one schedule, or of those of a project, it also tells what became of it last; `pawl ticks` tells all of that.",
		Example: "  pawl schedules\n  pawl schedules 17\n  pawl schedules shop daily",
		RunE: func(c *cobra.Command, args []string) error {
			return o.AskDefined(c.Context(), func(ctx context.Context, r Server) error { return o.show(ctx, r, args) })
		},
	}
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *schedulesOptions) show(ctx context.Context, r Server, args []string) error {
	find := func() ([]client.Schedule, error) { return r.Schedules(ctx) }
	if len(args) > 0 {
		find = func() ([]client.Schedule, error) { return findSchedules(ctx, r, args) }
	}
	found, err := find()
	if err != nil {
		return err
	}
	last := make(map[client.ID]string)
	if len(args) > 0 && !o.JSON {
		if last, err = lastTicks(ctx, r, found); err != nil {
			return err
		}
	}
	now := o.World.Clock.Now()
	about := func(s client.Schedule) console.Record {
		record := append(console.Record{"id", string(s.ID), "project", s.Project.Name}, nextRecord(s, now)...)
		if tick, ok := last[s.ID]; ok {
			record = append(record, "last tick", tick)
		}
		return record
	}
	if err := console.List(o.World.Stdout, o.OutputOptions, "Schedules:", found, about); err != nil || o.JSON {
		return err
	}
	return printCount(o.World, len(found))
}

// lastTicks says what became of schedules last.
func lastTicks(ctx context.Context, r Server, of []client.Schedule) (map[client.ID]string, error) {
	last := make(map[client.ID]string, len(of))
	for _, s := range of {
		found, err := r.Ticks(ctx, client.TickFilter{Project: s.Project.Name, Name: s.Workflow.Name, Kind: "schedule"}, 1)
		if err != nil {
			return nil, err
		}
		last[s.ID] = "none"
		if len(found) > 0 {
			last[s.ID] = LocalTime(client.Instant(found[0].At)) + ": " + tickText(&found[0])
		}
	}
	return last, nil
}

// nextRecord is what is told of a schedule's next session.
func nextRecord(s client.Schedule, now time.Time) console.Record {
	return console.Record{
		"workflow", s.Workflow.Name, "disabled at", distant(s.DisabledAt, now),
		"next session time", ownTime(s.NextScheduleTime), "next scheduled to run at", planned(s.NextRunTime, s.DisabledAt, now),
	}
}

// findSchedules returns the schedules that arguments mean: one by its number,
// those of a project, or that of a workflow.
func findSchedules(ctx context.Context, r Server, args []string) ([]client.Schedule, error) {
	if len(args) == 1 && isID(args[0]) {
		s, err := r.Schedule(ctx, client.ID(args[0]))
		return []client.Schedule{s}, err
	}
	p, err := r.Project(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		found, err := r.ProjectSchedules(ctx, p.ID, "")
		if err == nil && len(found) == 0 {
			err = model.Errorf(model.NotFound, "project %q has no schedules", args[0]).
				WithHint("a workflow with `schedule:` has one; `pawl workflows %s` lists them", console.Quote(args[0]))
		}
		return found, err
	}
	found, err := r.ProjectSchedules(ctx, p.ID, args[1])
	if err != nil || len(found) > 0 {
		return found, err
	}
	if _, err := r.Workflow(ctx, p.ID, args[1], ""); err != nil {
		return nil, err
	}
	return nil, model.Errorf(model.NotFound, "workflow %q of project %q has no schedule", args[1], args[0])
}

// findSchedule returns the one schedule that arguments mean.
func findSchedule(ctx context.Context, r Server, args []string) (client.Schedule, error) {
	if len(args) == 1 {
		if _, err := id("a schedule", args[0]); err != nil {
			return client.Schedule{}, err
		}
	}
	found, err := findSchedules(ctx, r, args)
	if err != nil {
		return client.Schedule{}, err
	}
	return found[0], nil
}

// newSwitch returns a command that does something with each schedule of a
// selection, and says so.
func newSwitch(c *cobra.Command, world console.IO, done string, do func(context.Context, Server, client.ID) error) *cobra.Command {
	o := Options{World: world}
	c.GroupID, c.Args = "remote", cobra.RangeArgs(1, 2)
	c.RunE = func(c *cobra.Command, args []string) error {
		return o.With(c.Context(), func(ctx context.Context, r Server) error {
			found, err := findSchedules(ctx, r, args)
			if err != nil {
				return err
			}
			for _, s := range found {
				if err := do(ctx, r, s.ID); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(world.Stdout, "%s schedule id: %s\n", done, s.ID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	o.Flags(c)
	return c
}

func newEnable(world console.IO) *cobra.Command {
	return newSwitch(&cobra.Command{
		Use:   "enable SCHEDULE | PROJECT [WORKFLOW]",
		Short: "Let schedules on a server start sessions again",
		Long: "Let a schedule on a server start sessions again, or all of a project. The sessions that it missed are started, too,\n" +
			"unless it says `catch_up: none`, `latest` or a number: `reschedule` before it passes over them.",
		Example: "  pawl enable 17\n  pawl enable shop\n  pawl enable shop daily",
	}, world, "Enabled", func(ctx context.Context, r Server, schedule client.ID) error {
		_, err := r.Enable(ctx, schedule)
		return err
	})
}

func newDisable(world console.IO) *cobra.Command {
	return newSwitch(&cobra.Command{
		Use:     "disable SCHEDULE | PROJECT [WORKFLOW]",
		Short:   "Keep schedules on a server from starting sessions",
		Long:    "Keep a schedule on a server from starting sessions, or all of a project. What runs goes on.",
		Example: "  pawl disable 17\n  pawl disable shop\n  pawl disable shop daily",
	}, world, "Disabled", func(ctx context.Context, r Server, schedule client.ID) error {
		_, err := r.Disable(ctx, schedule)
		return err
	})
}
