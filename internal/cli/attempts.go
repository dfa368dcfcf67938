package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/client"
)

type attemptsOptions struct {
	remoteOptions
	outputOptions
	pageOptions
}

func newAttempts(world IO) *cobra.Command {
	o := attemptsOptions{remoteOptions: remoteOptions{world: world}}
	c := &cobra.Command{
		Use: "attempts [SESSION]", GroupID: "remote", Args: cobra.MaximumNArgs(1),
		Short:   "List the attempts on a server",
		Long:    "List the newest attempts on a server, the newest last: of each session its last one, or all of one session.",
		Example: "  pawl attempts\n  pawl attempts 12 --json",
		RunE: func(c *cobra.Command, args []string) error {
			return o.with(c.Context(), func(ctx context.Context, r remote) error { return o.show(ctx, r, args) })
		},
	}
	grouped(c, "What is listed", func(f *pflag.FlagSet) { o.pageOptions.flags(f) })
	o.outputOptions.flags(c)
	o.remoteOptions.flags(c)
	return c
}

func (o *attemptsOptions) show(ctx context.Context, r remote, args []string) error {
	found, err := o.find(ctx, r, args)
	if err != nil {
		return err
	}
	slices.Reverse(found)
	if len(found) == 0 {
		o.hint(o.world.Stderr, "`pawl start PROJECT WORKFLOW --session daily` starts one")
	}
	return list(o.world.Stdout, o.outputOptions, "Session attempts:", found, endedRecord)
}

func (o *attemptsOptions) find(ctx context.Context, r remote, args []string) ([]client.Attempt, error) {
	page, err := o.page()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return r.Attempts(ctx, page)
	}
	session, err := id("a session", args[0])
	if err != nil {
		return nil, err
	}
	found, err := r.SessionAttempts(ctx, session, page)
	if err == nil && len(found) == 0 {
		_, err = r.Session(ctx, session)
	}
	return found, err
}

// endedRecord is all that is told of an attempt.
func endedRecord(a client.Attempt) record {
	return append(startedRecord(a),
		"finished at", localTime(a.FinishedAt),
		"kill requested", strconv.FormatBool(a.CancelRequested),
		"status", a.Status)
}

// newOf returns a command about one attempt, whose number is its argument.
func newOf(c *cobra.Command, o *remoteOptions, do func(context.Context, remote, client.ID) error) *cobra.Command {
	c.GroupID, c.Args = "remote", cobra.ExactArgs(1)
	c.RunE = func(c *cobra.Command, args []string) error {
		attempt, err := id("an attempt", args[0])
		if err != nil {
			return err
		}
		return o.with(c.Context(), func(ctx context.Context, r remote) error { return do(ctx, r, attempt) })
	}
	return c
}

type attemptOptions struct {
	remoteOptions
	outputOptions
}

func newAttempt(world IO) *cobra.Command {
	o := attemptOptions{remoteOptions: remoteOptions{world: world}}
	c := newOf(&cobra.Command{Use: "attempt ATTEMPT", Short: "Show an attempt on a server"}, &o.remoteOptions,
		func(ctx context.Context, r remote, attempt client.ID) error {
			a, err := r.Attempt(ctx, attempt)
			if err != nil {
				return err
			}
			return list(o.world.Stdout, o.outputOptions, "", []client.Attempt{a}, endedRecord)
		})
	o.outputOptions.flags(c)
	o.remoteOptions.flags(c)
	return c
}

func newTasks(world IO) *cobra.Command {
	o := attemptOptions{remoteOptions: remoteOptions{world: world}}
	c := newOf(&cobra.Command{
		Use: "tasks ATTEMPT", Short: "List the tasks of an attempt on a server",
		Example: "  pawl tasks 35\n  pawl tasks 35 --json | jq -r 'select(.state == \"error\") | .fullName'",
	}, &o.remoteOptions, func(ctx context.Context, r remote, attempt client.ID) error {
		found, err := r.Tasks(ctx, attempt)
		if err == nil && len(found) == 0 {
			_, err = r.Attempt(ctx, attempt)
		}
		if err != nil {
			return err
		}
		return o.showTasks(found)
	})
	o.outputOptions.flags(c)
	o.remoteOptions.flags(c)
	return c
}

// taskIndent is before the labels of tasks.
const taskIndent = "   "

func (o *attemptOptions) showTasks(found []client.Task) error {
	if o.json {
		return list(o.world.Stdout, o.outputOptions, "", found, nil)
	}
	for _, t := range found {
		if err := taskRecord(t).print(o.world.Stdout, taskIndent); err != nil {
			return err
		}
	}
	return printCount(o.world, len(found))
}

// printCount ends some lists.
func printCount(world IO, n int) error {
	_, err := fmt.Fprintf(world.Stdout, "%d entries.\n", n)
	return err
}

func taskRecord(t client.Task) record {
	parent := "null"
	if t.ParentID != "" {
		parent = string(t.ParentID)
	}
	upstreams := make([]string, len(t.Upstreams))
	for i, u := range t.Upstreams {
		upstreams[i] = string(u)
	}
	about := record{
		"id", string(t.ID), "name", t.FullName, "state", t.State,
		"started", localTime(t.StartedAt), "updated", localTime(t.UpdatedAt),
		"config", asJSON(t.Config), "parent", parent, "upstreams", "[" + strings.Join(upstreams, ", ") + "]",
		"export params", asJSON(t.ExportParams), "store params", asJSON(t.StoreParams), "state params", asJSON(t.StateParams),
	}
	if message, err := t.Error.String("message"); err == nil {
		about = append(about, "error", message)
	}
	return about
}

func newKill(world IO) *cobra.Command {
	o := remoteOptions{world: world}
	c := newOf(&cobra.Command{
		Use: "kill ATTEMPT", Short: "End an attempt on a server",
		Long: "Ask an attempt on a server to end. What runs is called off, and nothing else of it begins.",
	}, &o, func(ctx context.Context, r remote, attempt client.ID) error {
		if _, err := r.Kill(ctx, attempt); err != nil {
			return err
		}
		_, err := fmt.Fprintf(world.Stdout, "Kill requested session attempt %s\n", attempt)
		return err
	})
	o.flags(c)
	return c
}
