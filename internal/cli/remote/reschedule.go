package remote

import (
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type rescheduleOptions struct {
	Options
	console.OutputOptions
	skip      int
	to, runAt string
	dryRun    bool
}

func newReschedule(world console.IO) *cobra.Command {
	o := rescheduleOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "reschedule SCHEDULE | PROJECT WORKFLOW", GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short:   "Pass over sessions of a schedule on a server",
		Long:    "Pass over coming sessions of a schedule on a server. `backfill` starts past ones.",
		Example: "  pawl reschedule 17 --skip 2\n  pawl reschedule shop daily --skip-to now",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is passed over", func(f *pflag.FlagSet) {
		f.IntVarP(&o.skip, "skip", "s", 0, "pass over this `number` of the sessions that are due from now on")
		f.StringVarP(&o.to, "skip-to", "t", "", "pass over the sessions that are due before this `time`: 'yyyy-MM-dd HH:mm:ss Z', a unix time or now")
		f.StringVarP(&o.runAt, "run-at", "a", "", "start the next session at this `time`")
		dryRunFlag(f, &o.dryRun)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func dryRunFlag(f *pflag.FlagSet, to *bool) {
	f.BoolVarP(to, "dry-run", "d", false, "show what would come of it, and change nothing")
}

// request returns what the options ask for.
func (o *rescheduleOptions) request() (s client.Skip, err error) {
	now := o.World.Clock.Now()
	s = client.Skip{From: now, Count: o.skip, DryRun: o.dryRun}
	switch {
	case o.skip < 0:
		return s, model.Errorf(model.Invalid, "--skip must be 1 or more, not %d", o.skip)
	case (o.skip > 0) == (o.to != ""):
		return s, model.Errorf(model.Invalid, "reschedule needs --skip or --skip-to, and not both")
	case o.to == "now":
		s.To = now
	case o.to != "":
		if s.To, err = console.ParseInstant("--skip-to", o.to, now); err != nil {
			return s, err
		}
	}
	if o.runAt != "" {
		s.RunAt, err = console.ParseInstant("--run-at", o.runAt, now)
	}
	return s, err
}

func (o *rescheduleOptions) run(ctx context.Context, args []string) error {
	skip, err := o.request()
	if err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		s, err := findSchedule(ctx, r, args)
		if err != nil {
			return err
		}
		moved, err := r.Skip(ctx, s.ID, skip)
		switch {
		case o.idle(&s, skip, err):
			o.Hint(o.World.Stderr, "no session was due before; nothing was passed over")
		case err != nil:
			return err
		default:
			s = moved
		}
		about := func(s client.Schedule) console.Record {
			return append(console.Record{"id", string(s.ID)}, nextRecord(s, o.World.Clock.Now())...)
		}
		if err := console.List(o.World.Stdout, o.OutputOptions, "", []client.Schedule{s}, about); err != nil {
			return err
		}
		if o.dryRun {
			o.Hint(o.World.Stderr, "nothing was changed")
		}
		return nil
	})
}

// idle reports whether a server has refused to pass over sessions up to a time
// because there are none.
func (o *rescheduleOptions) idle(s *client.Schedule, skip client.Skip, err error) bool {
	return model.CodeOf(err) == model.Conflict && o.to != "" && o.runAt == "" && !s.NextScheduleTime.Before(skip.To)
}

type backfillOptions struct {
	Options
	console.OutputOptions
	from, name  string
	count       int
	dryRun      bool
	fromFailure bool
	tasks       []string
	after       bool
	rerun       bool
}

func newBackfill(world console.IO) *cobra.Command {
	o := backfillOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "backfill SCHEDULE | PROJECT WORKFLOW", GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short: "Start past sessions of a schedule on a server",
		Long: "Start the sessions of a schedule on a server from a time on, up to its next one. They run one after the other.\n" +
			"The same command can be given again: sessions that have an attempt of a backfill of that name are passed over. One\n" +
			"that has another attempt of the name refuses them all. `pawl backfills` shows how it goes, and cancels it.\n\n" +
			"With --from-failure, only the sessions run whose newest attempt has failed: each goes on with that, with the revision\n" +
			"and the parameters that it had, and keeps what succeeded.",
		Example: "  pawl backfill shop daily --from 2026-01-01 --name january\n" +
			"  pawl backfill shop daily --from 2026-01-01 --name january --from-failure\n" +
			"  pawl backfill shop daily --from 2026-01-01 --from-failure --tasks '+fit-*' --and-after",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is started", func(f *pflag.FlagSet) {
		f.StringVarP(&o.from, "from", "f", "", "first session `time`, which must be given: yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\", on the clock of the workflow")
		f.StringVar(&o.name, "name", "", "`name` of the backfill, and of its attempts (default: a random one)")
		f.IntVar(&o.count, "count", 0, "start this `number` of sessions; with --from-failure, look at so many (default: all)")
		f.BoolVar(&o.fromFailure, "from-failure", false, "the sessions alone whose newest attempt has failed, which is gone on with")
		f.Var((*console.Repeated)(&o.tasks), "tasks", "with --from-failure: the tasks alone whose names end as this `PATTERN` says; repeatable")
		f.BoolVar(&o.after, "and-after", false, "with --tasks: all that comes after them, too")
		f.BoolVar(&o.rerun, "rerun", false, "run memoised tasks, too, that were made before")
		dryRunFlag(f, &o.dryRun)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *backfillOptions) run(ctx context.Context, args []string) error {
	switch {
	case o.from == "":
		return model.Errorf(model.Invalid, "backfill needs --from")
	case o.count < 0:
		return model.Errorf(model.Invalid, "--count must not be negative, but is %d", o.count)
	case len(o.tasks) > 0 && !o.fromFailure:
		return model.Errorf(model.Invalid, "--tasks are those that run again of sessions that have failed").WithHint("say --from-failure, too")
	case o.after && len(o.tasks) == 0:
		return model.Errorf(model.Invalid, "--and-after says what else runs again than the --tasks, which are missing")
	}
	from, err := console.ParseWallTime("--from", o.from)
	if err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		s, err := findSchedule(ctx, r, args)
		if err != nil {
			return err
		}
		begin, err := r.SessionTimeOf(ctx, s.Workflow.ID, from, client.Exactly)
		if err != nil {
			return err
		}
		made, err := r.Backfill(ctx, s.ID, client.Backfill{
			From: begin.Time, Name: cmp.Or(o.name, uuid.NewString()), Count: o.count, DryRun: o.dryRun,
			FromFailure: o.fromFailure, Tasks: o.tasks, After: o.after, Rerun: o.rerun,
		})
		if err != nil {
			return err
		}
		return o.show(made)
	})
}

func (o *backfillOptions) show(made []client.Attempt) error {
	about := func(a client.Attempt) console.Record {
		r := append(console.Record{"id", string(a.ID), "uuid", a.SessionUUID}, plannedRecord(a)...)
		return append(r, "created at", LocalTime(a.CreatedAt))
	}
	if err := console.List(o.World.Stdout, o.OutputOptions, "Session attempts:", made, about); err != nil {
		return err
	}
	if o.dryRun || len(made) == 0 {
		o.Hint(o.World.Stderr, "nothing was started")
		return nil
	}
	o.Hint(o.World.Stderr, "%s, one after the other; `pawl backfills` shows how they are doing", console.Counted(len(made), "session runs", "sessions run"))
	return nil
}
