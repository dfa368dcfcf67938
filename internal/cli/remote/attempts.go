package remote

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type attemptsOptions struct {
	listing
	searchOptions
}

func newAttempts(world console.IO) *cobra.Command {
	o := attemptsOptions{listing: listing{Options: Options{World: world}}}
	c := &cobra.Command{
		Use: "attempts [SESSION]", Args: cobra.MaximumNArgs(1),
		Short: "List the attempts, or look for some",
		Long: "List the newest attempts, the newest last: of each session its last one, or all of one session.\n" +
			"Or look for those that match all that is said, among all that there are.",
		Example: "  pawl attempts\n  pawl attempts 12 --json\n  pawl attempts --project shop --status error --since 7d\n" +
			"  pawl attempts --param order_id=17 --tag team=search\n  pawl attempts --topic payments --key order_id=17\n" +
			"  pawl attempts --group 35",
	}
	console.Grouped(c, "Which attempts", o.searchOptions.flags)
	return o.command(c, o.show)
}

func (o *attemptsOptions) show(ctx context.Context, r Server, args []string) error {
	found, err := o.find(ctx, r, args)
	if err != nil {
		return err
	}
	if len(found) == 0 && o.given() {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, taggedRecord)
	}
	return newest(&o.listing, "Session attempts:", found, taggedRecord)
}

func (o *attemptsOptions) find(ctx context.Context, r Server, args []string) ([]client.Attempt, error) {
	page, err := o.page()
	if err != nil {
		return nil, err
	}
	if o.searchOptions.given() {
		if len(args) > 0 {
			return nil, model.Errorf(model.Invalid, "a session has its attempts: leave it out to look for others")
		}
		of, err := o.search(o.World.Clock.Now())
		if err != nil {
			return nil, err
		}
		of.After = page.After
		return r.Search(ctx, of, cmp.Or(page.Size, usualPage))
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
func endedRecord(a client.Attempt) console.Record {
	status := a.Status
	if a.WaitsFor != "" {
		status += " (waits for " + a.WaitsFor + ")"
	}
	return append(startedRecord(a),
		"finished at", LocalTime(a.FinishedAt),
		"kill requested", strconv.FormatBool(a.CancelRequested),
		"status", status)
}

// taggedRecord is endedRecord with the tags, if there are any.
func taggedRecord(a client.Attempt) console.Record {
	r := endedRecord(a)
	if a.Rerun {
		r = append(r, "rerun", "memoised tasks, too")
	}
	if len(a.Tags) > 0 {
		r = append(r, "tags", a.Tags.String())
	}
	if a.ParentID != "" {
		r = append(r, "parent", string(a.ParentID), "root", string(a.RootID))
	}
	return r
}

// newOf returns a command about one attempt, whose number is its argument. It connects by
// Options.With or Options.Ask.
func newOf(c *cobra.Command, connect connector, do func(context.Context, Server, client.ID) error) *cobra.Command {
	c.GroupID, c.Args = "remote", cobra.ExactArgs(1)
	c.RunE = func(c *cobra.Command, args []string) error {
		attempt, err := id("an attempt", args[0])
		if err != nil {
			return err
		}
		return connect(c.Context(), func(ctx context.Context, r Server) error { return do(ctx, r, attempt) })
	}
	return c
}

type attemptOptions struct {
	Options
	console.OutputOptions
}

func newAttempt(world console.IO) *cobra.Command {
	o := attemptOptions{Options: Options{World: world}}
	definition := false
	c := newOf(&cobra.Command{
		Use: "attempt ATTEMPT", Short: "Show an attempt",
		Example: "  pawl attempt 35\n  pawl attempt 35 --definition\n  pawl attempt 35 --definition --json | jq -r .digest",
	}, o.Ask,
		func(ctx context.Context, r Server, attempt client.ID) error {
			if definition {
				return o.showDefinition(ctx, r, attempt)
			}
			a, err := r.Attempt(ctx, attempt)
			if err != nil {
				return err
			}
			var failed []string
			if a.Done && !a.Success && !o.JSON {
				tasks, err := r.Tasks(ctx, attempt)
				if err != nil {
					return err
				}
				failed = failuresOf(tasks)
			}
			return console.List(o.World.Stdout, o.OutputOptions, "", []client.Attempt{a}, func(a client.Attempt) console.Record {
				about := taggedRecord(a)
				for _, line := range failed {
					about = append(about, "failed", line)
				}
				return about
			})
		})
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.BoolVar(&definition, "definition", false, "show the tasks that it runs, as they were when it was started; with --json, all that is known of them")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// showDefinition shows what an attempt runs.
func (o *attemptOptions) showDefinition(ctx context.Context, r Server, attempt client.ID) error {
	if o.JSON {
		d, err := r.Definition(ctx, attempt)
		if err != nil {
			return err
		}
		return console.PrintObject(o.World.Stdout, d)
	}
	text, err := r.AttemptOutline(ctx, attempt)
	if err == nil {
		_, err = o.World.Stdout.Write(text)
	}
	return err
}

func newTasks(world console.IO) *cobra.Command {
	o := attemptOptions{Options: Options{World: world}}
	c := newOf(&cobra.Command{
		Use: "tasks ATTEMPT", Short: "List the tasks of an attempt",
		Example: "  pawl tasks 35\n  pawl tasks 35 --json | jq -r 'select(.state == \"error\") | .fullName'",
	}, o.Ask, func(ctx context.Context, r Server, attempt client.ID) error {
		found, err := r.Tasks(ctx, attempt)
		if err == nil && len(found) == 0 {
			_, err = r.Attempt(ctx, attempt)
		}
		if err != nil {
			return err
		}
		return o.showTasks(found)
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// taskIndent is before the labels of tasks.
const taskIndent = "   "

func (o *attemptOptions) showTasks(found []client.Task) error {
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, nil)
	}
	for _, t := range found {
		if err := taskRecord(t).Print(o.World.Stdout, taskIndent); err != nil {
			return err
		}
	}
	return printCount(o.World, len(found))
}

// printCount ends some lists.
func printCount(world console.IO, n int) error {
	_, err := fmt.Fprintf(world.Stdout, "%s.\n", console.Count(n, "entry", "entries"))
	return err
}

func taskRecord(t client.Task) console.Record {
	parent := "null"
	if t.ParentID != "" {
		parent = string(t.ParentID)
	}
	upstreams := make([]string, len(t.Upstreams))
	for i, u := range t.Upstreams {
		upstreams[i] = string(u)
	}
	about := console.Record{
		"id", string(t.ID), "name", t.FullName, "state", t.State,
		"started", LocalTime(t.StartedAt), "updated", LocalTime(t.UpdatedAt),
		"config", console.AsJSON(t.Config), "parent", parent, "upstreams", "[" + strings.Join(upstreams, ", ") + "]",
		"export params", console.AsJSON(t.ExportParams), "store params", console.AsJSON(t.StoreParams), "state params", console.AsJSON(t.StateParams),
	}
	if t.Outcome != "" {
		about = append(about, "outcome", strings.ReplaceAll(t.Outcome, "_", " "))
	}
	about = append(about, failureRecord(t.Error)...)
	if t.Waiting != nil {
		about = append(about, "waits for", awaited(t.Waiting))
	}
	if !t.Deadline.IsZero() {
		about = append(about, "deadline", LocalTime(client.Instant(t.Deadline)))
	}
	return about
}

// failureRecord says why a task has failed, as far as that is known.
func failureRecord(e params.Map) (about console.Record) {
	for _, key := range []string{"message", "class", "label", "description"} {
		if text, err := e.String(key); err == nil && text != "" {
			about = append(about, strings.Replace(key, "message", "error", 1), text)
		}
	}
	if file, err := e.String("file"); err == nil {
		if line, _ := e.IntOr("line", 0); line > 0 {
			file = fmt.Sprintf("%s:%d", file, line)
		}
		about = append(about, "at", file)
	}
	if cause, err := e.MapAt("cause"); err == nil {
		class, _ := cause.StringOr("class", "")
		message, _ := cause.StringOr("message", "")
		about = append(about, "cause", class+": "+message)
	}
	if v, ok := e.Get("metadata"); ok {
		about = append(about, "metadata", string(params.AppendJSON(nil, v)))
	}
	if text, err := e.String("traceback"); err == nil && text != "" {
		about = append(about, "traceback", strings.TrimRight(text, "\n"))
	}
	return about
}

// maxFailures bounds how many failed tasks an attempt is shown with.
const maxFailures = 10

// failuresOf says which tasks have failed by themselves, and why: each in a line, with
// its hint.
func failuresOf(tasks []client.Task) (lines []string) {
	more := 0
	for _, t := range tasks {
		message, _ := t.Error.StringOr("message", "")
		if message == "" || t.State != "error" {
			continue
		}
		if len(lines) == maxFailures {
			more++
			continue
		}
		line := t.FullName + ": " + message
		if hint, _ := t.Error.StringOr("hint", ""); hint != "" {
			line += " (hint: " + hint + ")"
		}
		lines = append(lines, harmless(client.Text(strings.ReplaceAll(line, "\n", " "))))
	}
	if more > 0 {
		lines = append(lines, console.Count(more, "more task", "more tasks")+" failed")
	}
	return lines
}

func newKill(world console.IO) *cobra.Command {
	o := Options{World: world}
	c := newOf(&cobra.Command{
		Use: "kill ATTEMPT", Short: "End an attempt on a server",
		Long: "Ask an attempt on a server to end. What runs is called off, and nothing else of it begins.",
	}, o.With, func(ctx context.Context, r Server, attempt client.ID) error {
		if _, err := r.Kill(ctx, attempt); err != nil {
			return err
		}
		_, err := fmt.Fprintf(world.Stdout, "Kill requested session attempt %s\n", attempt)
		return err
	})
	o.Flags(c)
	return c
}
