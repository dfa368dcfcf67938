package remote

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type startOptions struct {
	Options
	console.OutputOptions
	local.ParamOptions
	session, revision, name string
	dryRun                  bool
}

func newStart(world console.IO) *cobra.Command {
	o := startOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "start PROJECT WORKFLOW --session TIME", GroupID: "remote", Args: cobra.ExactArgs(2),
		Short:   "Start a workflow on a server",
		Long:    "Start a workflow on a server, for a session time on the clock of the workflow's time zone.",
		Example: "  pawl start shop daily --session daily\n  pawl start shop daily --session '2026-01-30 00:00:00' -p limit=10",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1]) },
	}
	console.Grouped(c, "What is started", func(f *pflag.FlagSet) {
		f.StringVarP(&o.session, "session", "t", "", "session `time`, which must be given: hourly, daily, now, yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\"")
		f.StringVar(&o.revision, "revision", "", "`name` of the revision (default: the newest)")
		f.StringVar(&o.name, "retry", "", "start one more attempt of the session, with this `name`")
		f.BoolVarP(&o.dryRun, "dry-run", "d", false, "show what would be started, and do not")
		o.ParamOptions.Flags(f)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *startOptions) run(ctx context.Context, project, workflow string) error {
	at, to, err := o.when()
	if err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		given, err := o.Read(o.World, r.config.Under("params"))
		if err != nil {
			return err
		}
		p, err := r.Project(ctx, project)
		if err != nil {
			return err
		}
		w, err := r.Workflow(ctx, p.ID, workflow, o.revision)
		if err != nil {
			return err
		}
		session, err := r.SessionTimeOf(ctx, w.ID, at, to)
		if err != nil {
			return err
		}
		start := client.Start{Workflow: w.ID, SessionTime: session, Name: client.Text(o.name), Params: given}
		if o.dryRun {
			return o.pretend(w, start)
		}
		return o.start(ctx, r, start)
	})
}

// when returns the session time that is asked for, and how it is rounded.
func (o *startOptions) when() (at string, to client.Rounding, err error) {
	now := o.World.Clock.Now().UTC().Format(time.RFC3339)
	switch o.session {
	case "":
		return "", "", model.Errorf(model.Invalid, "start needs --session").
			WithHint("--session daily is the beginning of this day, on the clock of the workflow")
	case "hourly":
		return now, client.ToHour, nil
	case "daily":
		return now, client.ToDay, nil
	case "now":
		return now, client.Exactly, nil
	}
	at, err = console.ParseWallTime("--session", o.session)
	return at, client.Exactly, err
}

func (o *startOptions) start(ctx context.Context, r Server, start client.Start) error {
	a, err := r.Start(ctx, start)
	if model.CodeOf(err) == model.Conflict && a.ID != "" {
		return model.Errorf(model.Conflict, "a session for the requested session_time already exists (session_id=%s, attempt_id=%s, session_time=%s)",
			a.SessionID, a.ID, start.SessionTime).
			WithHint("`pawl retry %s --latest-revision --all` runs it again", a.ID)
	}
	if err != nil {
		return err
	}
	return showStarted(o.World, o.OutputOptions, a)
}

// showStarted prints an attempt that was just started.
func showStarted(world console.IO, o console.OutputOptions, a client.Attempt) error {
	if err := console.List(world.Stdout, o, "Started a session attempt:", []client.Attempt{a}, startedRecord); err != nil {
		return err
	}
	o.Hint(world.Stderr, "`pawl log %s -f` shows what it prints, `pawl attempt %s` and `pawl tasks %s` how it is doing", a.ID, a.ID, a.ID)
	return nil
}

// pretend prints what would be started.
func (o *startOptions) pretend(w client.Workflow, start client.Start) error {
	a := client.Attempt{
		Project: w.Project, Workflow: client.Ref{ID: w.ID, Name: w.Name}, SessionTime: start.SessionTime,
		Outcome: client.Outcome{RetryAttemptName: start.Name, Params: start.Params},
	}
	if !o.JSON {
		const none = "(dry run)"
		a.SessionID, a.ID, a.SessionUUID = none, none, none
	}
	if err := console.List(o.World.Stdout, o.OutputOptions, "Session attempt:", []client.Attempt{a}, attemptRecord); err != nil {
		return err
	}
	o.Hint(o.World.Stderr, "nothing was started")
	return nil
}

// attemptRecord is what records of attempts begin with.
func attemptRecord(a client.Attempt) console.Record {
	return append(console.Record{"session id", string(a.SessionID), "attempt id", string(a.ID), "uuid", a.SessionUUID}, plannedRecord(a)...)
}

// plannedRecord is what an attempt runs, and for when.
func plannedRecord(a client.Attempt) console.Record {
	return console.Record{
		"project", a.Project.Name, "workflow", a.Workflow.Name, "session time", ownTime(a.SessionTime),
		"retry attempt name", string(a.RetryAttemptName), "params", console.AsJSON(a.Params),
	}
}

func startedRecord(a client.Attempt) console.Record {
	return append(attemptRecord(a), "created at", LocalTime(a.CreatedAt))
}
