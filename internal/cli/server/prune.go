package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/remote"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/upkeep"
)

type pruneOptions struct {
	remote.Options
	console.OutputOptions
	of       client.Prune
	offline  bool
	database string
}

func newPrune(world console.IO) *cobra.Command {
	o := pruneOptions{Options: remote.Options{World: world}}
	c := &cobra.Command{
		Use: "prune", GroupID: "remote", Args: cobra.NoArgs,
		Short: "Delete old attempts on a server, or of a folder",
		Long: "Delete attempts that have ended and were made long ago, with their events, and what their tasks have printed and\n" +
			"kept. Without --older-than, those are deleted that retention.attempts keeps no longer. A session goes with\n" +
			"the last of its attempts. What goes on, and what another attempt that goes on takes over, stays.\n\n" +
			"It needs the scope push. --offline does it in the database itself, such as that of the runs of `pawl run`, which\n" +
			"is in the folder .pawl of a project; then -c and -o choose the database, as they do for `pawl server`.",
		Example: "  pawl prune --older-than 30d --dry-run\n  pawl prune --older-than 7d --project shop --state success\n" +
			"  pawl prune --older-than 1d --logs\n  pawl prune --older-than 30d --offline -o .pawl",
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	console.Grouped(c, "What is deleted", func(f *pflag.FlagSet) {
		f.StringVar(&o.of.OlderThan, "older-than", "", "attempts that were made so `long` ago, such as 30d or 12h (default: as retention.attempts says)")
		f.StringVar(&o.of.Project, "project", "", "those of this `PROJECT` alone")
		f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
		f.StringVar(&o.of.State, "state", "", "those alone that ended as `success`, error or killed")
		f.BoolVar(&o.of.LogsOnly, "logs", false, "only what their tasks have printed; the attempts stay")
		f.BoolVarP(&o.of.DryRun, "dry-run", "d", false, "list and count what would be deleted, and delete nothing")
	})
	console.Grouped(c, "Without a server", func(f *pflag.FlagSet) {
		f.BoolVar(&o.offline, "offline", false, "work on the database itself")
		f.StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *pruneOptions) run(ctx context.Context) error {
	if o.database != "" && !o.offline {
		return model.Errorf(model.Invalid, "--database is for --offline: a server has its own")
	}
	if o.of.Workflow != "" && o.of.Project == "" && !o.offline {
		return model.Errorf(model.Invalid, "a --workflow is one of a --project")
	}
	// What is wrong is told before anybody is asked, and before a database is made.
	search, sweep, err := o.asked()
	if err != nil {
		return err
	}
	if o.offline {
		server := serverOptions{world: o.World, ConfigOptions: o.ConfigOptions, database: o.database}
		cfg, err := server.checked()
		if err != nil {
			return err
		}
		if err := serve.CanPrune(cfg, sweep); err != nil {
			return err
		}
		return server.keep(ctx, func(k *serve.Keeper) error {
			done, err := o.sweep(ctx, k, search, sweep)
			if err != nil {
				return err
			}
			shown, err := goingOf(ctx, k, done.Going)
			if err != nil {
				return err
			}
			return o.show(client.Pruned{Attempts: done.Attempts, Tasks: done.Tasks, Sessions: done.Sessions, Needed: done.Needed, Going: shown})
		})
	}
	return o.With(ctx, func(ctx context.Context, r remote.Server) error {
		done, err := r.Prune(ctx, o.of)
		if err != nil {
			return err
		}
		return o.show(done)
	})
}

// asked returns what is to be deleted, as far as the command line says.
func (o *pruneOptions) asked() (s store.Search, sweep upkeep.Sweep, err error) {
	sweep = upkeep.Sweep{Dry: o.of.DryRun, LogsOnly: o.of.LogsOnly}
	s = store.Search{Filter: store.Filter{Workflow: o.of.Workflow}}
	if o.of.OlderThan != "" {
		if sweep.Older, err = schedule.ParseDuration(o.of.OlderThan); err == nil && sweep.Older <= 0 {
			err = model.Errorf(model.Invalid, "an age is more than 0, not %q", o.of.OlderThan)
		}
	}
	if err == nil {
		s.Ended, err = upkeep.ParseEnded(o.of.State)
	}
	return s, sweep, err
}

// sweep deletes in the database itself.
func (o *pruneOptions) sweep(ctx context.Context, k *serve.Keeper, s store.Search, sweep upkeep.Sweep) (done upkeep.Swept, err error) {
	if o.of.Project != "" {
		if s.Project, err = k.Project(ctx, o.of.Project); err != nil {
			return done, err
		}
	}
	return k.Prune(ctx, s, sweep)
}

// goingOf says of attempts what a server says.
func goingOf(ctx context.Context, k *serve.Keeper, list []store.Attempt) (all []client.Going, err error) {
	for i := range list {
		a := &list[i]
		one := client.Going{
			ID: client.ID(strconv.FormatInt(int64(a.ID), 10)), Workflow: a.Session.Workflow,
			Status: a.State.String(), FinishedAt: a.Ended.Time().UTC().Truncate(time.Second),
		}
		if one.Project, err = k.NameOf(ctx, a.Session.Project); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// goingTable lists attempts that would be deleted.
func goingTable(list []client.Going) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "attempt", Fixed: true}, {Title: "workflow", Fixed: true}, {Title: "status", Fixed: true}, {Title: "ended", Fixed: true},
	}}
	for _, g := range list {
		name := g.Workflow
		if g.Project != "" {
			name = g.Project + "/" + name
		}
		t.Rows = append(t.Rows, []string{string(g.ID), remote.Harmless(name), g.Status, remote.LocalTime(client.Instant{Time: g.FinishedAt})})
	}
	return t
}

func (o *pruneOptions) show(done client.Pruned) error {
	if o.JSON {
		return console.PrintObject(o.World.Stdout, done)
	}
	w := o.World.Stdout
	if len(done.Going) > 0 {
		if err := goingTable(done.Going).Write(w, 0); err != nil {
			return err
		}
	}
	what, tail := "deleted: ", ""
	if o.of.DryRun {
		what = "would be deleted: "
	}
	if !o.of.DryRun && !o.of.LogsOnly {
		tail = ", " + console.Count(done.Sessions, "session", "sessions")
	}
	if o.of.LogsOnly {
		_, err := fmt.Fprintf(w, "%swhat the tasks of %s have printed\n", what, console.Count(done.Attempts, "attempt", "attempts"))
		return err
	}
	if _, err := fmt.Fprintf(w, "%s%s with %s%s\n", what, console.Count(done.Attempts, "attempt", "attempts"), console.Count(done.Tasks, "task", "tasks"), tail); err != nil || done.Needed == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "%s because others need them\n", console.Count(done.Needed, "attempt stays", "attempts stay"))
	return err
}
