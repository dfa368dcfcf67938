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
	session, key, revision, name string
	tags                         []string
	priority, weight             int
	dryRun, ranked, rerun        bool
}

func newStart(world console.IO) *cobra.Command {
	o := startOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "start PROJECT WORKFLOW [--session TIME] [--key KEY]", GroupID: "remote", Args: cobra.ExactArgs(2),
		Short: "Start a workflow on a server, or a process of a program",
		Long: "Start a workflow on a server, for a session time on the clock of the workflow's time zone; or a process of a Go\n" +
			"program that shares the server's database, which needs none: it runs as soon as the program does. Parameters\n" +
			"of a process become what it takes, and those that it does not have are mistakes. A key tells what is started\n" +
			"from all else, so that it is started once.",
		Example: "  pawl start shop daily --session daily\n  pawl start shop daily --session '2026-01-30 00:00:00' -p limit=10\n" +
			"  pawl start order-service orders --key o-17 -p order_id=o-17 -p amount=30",
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("key") && o.key == "" {
				return model.Errorf(model.Invalid, "--key is empty").WithHint("is a variable not set? Without --key, each start is another session")
			}
			if c.Flags().Changed("weight") && o.weight < 1 {
				return model.Errorf(model.Invalid, "--weight must be 1 or more, not %d", o.weight)
			}
			o.ranked = c.Flags().Changed("priority")
			return o.run(c.Context(), args[0], args[1])
		},
	}
	console.Grouped(c, "What is started", func(f *pflag.FlagSet) {
		f.StringVarP(&o.session, "session", "t", "", "session `time`, which a workflow needs: hourly, daily, now, yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\"")
		f.StringVar(&o.key, "key", "", "`key` of the session (default: its time; of a process without one, a key like no other)")
		f.StringVar(&o.revision, "revision", "", "`name` of the revision (default: the newest)")
		f.StringVar(&o.name, "retry", "", "start one more attempt of the session, with this `name`")
		f.BoolVar(&o.rerun, "rerun", false, "run memoised tasks, too, that were made before")
		f.BoolVarP(&o.dryRun, "dry-run", "d", false, "show what would be started, and do not")
		o.ParamOptions.Flags(f)
	})
	console.Grouped(c, "The run queue", func(f *pflag.FlagSet) {
		f.Var((*console.Repeated)(&o.tags), "tag", "give the attempt this tag: `NAME=VALUE`; repeatable")
		f.IntVar(&o.priority, "priority", 0, "how soon it is admitted: the higher the `number`, the sooner (default: as the workflow says)")
		f.IntVar(&o.weight, "weight", 0, "the `number` of places it takes (default: as the workflow says, or 1)")
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
	tags, err := model.ParseTags(o.tags)
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
		start := client.Start{Workflow: w.ID, SessionKey: o.key, Name: client.Text(o.name), Params: given, Tags: tags, Weight: o.weight, Rerun: o.rerun}
		if o.ranked {
			start.Priority = &o.priority
		}
		switch {
		case at == "" && !w.IsProcess():
			return model.Errorf(model.Invalid, "start needs --session").
				WithHint("--session daily is the beginning of this day, on the clock of the workflow")
		case at != "":
			if start.SessionTime, err = r.SessionTimeOf(ctx, w.ID, at, to); err != nil {
				return err
			}
		}
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
		return "", client.Exactly, nil
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
		return exists(a, start)
	}
	if err != nil {
		return err
	}
	return showStarted(o.World, o.OutputOptions, a)
}

// exists says that there is what was to be started.
func exists(a client.Attempt, start client.Start) error {
	if start.SessionKey != "" {
		return model.Errorf(model.Conflict, "a session with the key %q already exists (session_id=%s, attempt_id=%s)", start.SessionKey, a.SessionID, a.ID).
			WithHint("`pawl attempt %s` shows it", a.ID)
	}
	return model.Errorf(model.Conflict, "a session for the requested session_time already exists (session_id=%s, attempt_id=%s, session_time=%s)",
		a.SessionID, a.ID, start.SessionTime).
		WithHint("`pawl retry %s --latest-revision --all` runs it again", a.ID)
}

// showStarted prints an attempt that was just started.
func showStarted(world console.IO, o console.OutputOptions, a client.Attempt) error {
	if err := console.List(world.Stdout, o, "Started a session attempt:", []client.Attempt{a}, startedRecord); err != nil {
		return err
	}
	if a.Status == queuedStatus {
		o.Hint(world.Stderr, "it waits in the run queue until the limits admit it: `pawl queue` shows what for, `pawl log %s -f` waits for what it prints", a.ID)
		return nil
	}
	o.Hint(world.Stderr, "`pawl log %s -f` shows what it prints, `pawl attempt %s` and `pawl tasks %s` how it is doing", a.ID, a.ID, a.ID)
	return nil
}

// pretend prints what would be started.
func (o *startOptions) pretend(w client.Workflow, start client.Start) error {
	a := client.Attempt{
		Project: w.Project, Workflow: client.Ref{ID: w.ID, Name: w.Name}, SessionTime: start.SessionTime, SessionKey: start.SessionKey,
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
	about := console.Record{"project", a.Project.Name, "workflow", a.Workflow.Name}
	if a.SessionKey != "" {
		about = append(about, "session key", a.SessionKey)
	}
	if a.SessionTime.Unix() > 0 || a.SessionKey == "" { // else there is none
		about = append(about, "session time", ownTime(a.SessionTime))
	}
	about = append(about, "retry attempt name", string(a.RetryAttemptName), "params", console.AsJSON(a.Params))
	if a.Current.Len() > 0 {
		about = append(about, "params now", console.AsJSON(a.Current))
	}
	return about
}

func startedRecord(a client.Attempt) console.Record {
	return append(attemptRecord(a), "created at", LocalTime(a.CreatedAt))
}
