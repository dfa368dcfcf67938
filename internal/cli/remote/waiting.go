package remote

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

type waitingOptions struct {
	Options
	console.OutputOptions
	keyOptions
	topic string
	count int
}

func newWaiting(world console.IO) *cobra.Command {
	o := waitingOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "waiting [ATTEMPT]", GroupID: "remote", Args: cobra.MaximumNArgs(1),
		Short: "List what tasks wait for",
		Long: "List which tasks wait for which messages, and since when, by topic and name of the key, the longest\n" +
			"waiting first. `pawl signal` gives them one. Of one attempt, list all tasks that wait: for messages, for a time,\n" +
			"for another try.",
		Example: "  pawl waiting\n  pawl waiting 35\n  pawl waiting --topic payments --key order_id=17",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.StringVar(&o.topic, "topic", "", "list those who wait for messages to this `TOPIC`")
		o.keyOptions.flags(f, "list those who wait for this `NAME=VALUE`")
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *waitingOptions) run(ctx context.Context, args []string) error {
	if o.count < 1 {
		return tooFew(o.count)
	}
	filter, err := o.filter(o.topic)
	if err != nil {
		return err
	}
	var attempt client.ID
	if len(args) > 0 {
		if attempt, err = id("an attempt", args[0]); err != nil {
			return err
		}
	}
	return o.Ask(ctx, func(ctx context.Context, r Server) error {
		if attempt != "" && filter == (client.KeyFilter{}) {
			return o.ofAttempt(ctx, r, attempt)
		}
		found, err := r.Subscriptions(ctx, attempt, filter, o.count)
		if err != nil {
			return err
		}
		return tabulate(o.World, o.OutputOptions, found, waitingTable)
	})
}

// ofAttempt lists all tasks of an attempt that wait.
func (o *waitingOptions) ofAttempt(ctx context.Context, r Server, attempt client.ID) error {
	tasks, err := r.Tasks(ctx, attempt)
	if err != nil {
		return err
	}
	tasks = slices.DeleteFunc(tasks, func(t client.Task) bool { return t.Waiting == nil })
	return tabulate(o.World, o.OutputOptions, tasks[:min(len(tasks), o.count)], tasksTable)
}

func tasksTable(found []client.Task) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "task", Fixed: true}, {Title: "since", Fixed: true}, {Title: "deadline", Fixed: true}, {Title: "waits for", Fixed: true},
	}}
	for _, task := range found {
		t.Rows = append(t.Rows, []string{
			harmless(client.Text(task.FullName)), dashed(task.Waiting.Since), dashed(task.Deadline), awaited(task.Waiting),
		})
	}
	return t
}

// dashed writes an instant; none is a dash.
func dashed(m client.Moment) string { return cmp.Or(LocalTime(client.Instant(m)), "-") }

// awaited says what a task waits for.
func awaited(w *client.Waiting) string {
	var all []string
	for _, k := range w.Keys {
		all = append(all, harmless(client.Text(k.Topic))+" "+keyText(k.Param, k.Value))
	}
	switch {
	case w.Held:
		all = append(all, "a retry of the task, as its runner was lost")
	case w.Until.IsZero():
	case w.Retry:
		all = append(all, "another try at "+LocalTime(client.Instant(w.Until)))
	default:
		all = append(all, LocalTime(client.Instant(w.Until)))
	}
	return strings.Join(all, ", or ")
}

func waitingTable(found []client.Subscription) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "attempt", Fixed: true}, {Title: "task", Fixed: true}, {Title: "topic", Fixed: true},
		{Title: "key", Fixed: true}, {Title: "since", Fixed: true}, {Title: "deadline", Fixed: true},
	}}
	for _, s := range found {
		t.Rows = append(t.Rows, []string{
			string(s.AttemptID), harmless(cmp.Or(s.FullName, client.Text(s.TaskID))), harmless(client.Text(s.Topic)),
			keyText(s.Param, s.Value), LocalTime(client.Instant(s.Since)), dashed(s.Deadline),
		})
	}
	return t
}

// tabulate prints objects as a table, if there are any, with their number; or as
// JSON.
func tabulate[T any](world console.IO, o console.OutputOptions, found []T, lay func([]T) *console.Table) error {
	if o.JSON {
		return console.List(world.Stdout, o, "", found, nil)
	}
	if len(found) > 0 {
		if err := lay(found).Write(world.Stdout, 0); err != nil {
			return err
		}
	}
	return printCount(world, len(found))
}

// keyText is a key as people see it: a text without quotes, unless it could be
// taken for something else.
func keyText(param string, value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil || json.Valid([]byte(text)) {
		text = string(value)
	}
	return harmless(client.Text(param + "=" + text))
}
