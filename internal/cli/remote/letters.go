package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type lettersOptions struct {
	Options
	console.OutputOptions
	keyOptions
	topic, keep string
	early       bool
	count       int
	given       *pflag.FlagSet
}

func newLetters(world console.IO) *cobra.Command {
	o := lettersOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "letters [resend ID... | drop ID...]", GroupID: "remote", Args: letterArgs, ValidArgs: []string{"resend", "drop"},
		Short: "List, send again or forget messages that a server keeps",
		Long: "List the dead letters of a server, the oldest first: messages that nobody has waited for in time, that could not\n" +
			"be read, or that a task could not handle; or, with --early, those that nobody waits for yet.\n\n" +
			"`resend` gives dead letters to the tasks that wait for them now, or to the task that could not handle them;\n" +
			"`drop` forgets messages, dead or not.",
		Example: "  pawl letters --topic payments\n  pawl letters --early\n  pawl letters resend 3 4\n  pawl letters drop 5",
		RunE: func(c *cobra.Command, args []string) error {
			o.given = c.Flags()
			return o.run(c.Context(), args)
		},
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		f.BoolVar(&o.early, "early", false, "list messages that nobody waits for yet")
		f.StringVar(&o.topic, "topic", "", "list those of this `TOPIC`")
		o.keyOptions.flags(f, "list those about this `NAME=VALUE`")
		f.IntVar(&o.count, "count", 100, "list this `number` at most")
	})
	console.Grouped(c, "What is sent again", func(f *pflag.FlagSet) {
		f.StringVar(&o.keep, "keep", "", "keep it for this `time` while nobody waits for it, such as 12h; 0s is not at all (default: 24h)")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

var errLetterArgs = errors.New("this is neither resend nor drop with the IDs of letters")

// letterArgs accepts what is done, and the numbers of the letters it is done to.
func letterArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) > 1 && (args[0] == "resend" || args[0] == "drop") {
		return nil
	}
	return errLetterArgs
}

func (o *lettersOptions) run(ctx context.Context, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	if len(args) == 0 {
		filter, err := o.filter(o.topic)
		if err != nil {
			return err
		}
		return o.Ask(ctx, func(ctx context.Context, r Server) error { return o.show(ctx, r, filter) })
	}
	ids, err := idList("a letter", args[1:])
	if err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		if args[0] == "resend" {
			return o.resend(ctx, r, ids)
		}
		if err := r.DropLetters(ctx, ids); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "Not kept any more: %s\n", strings.Join(args[1:], ", "))
		return nil
	})
}

// check refuses flags that say nothing of what is done.
func (o *lettersOptions) check(args []string) error {
	what := append(args, "list")[0]
	for _, flag := range []string{"early", "topic", "key", "json-key", "count"} {
		if what != "list" && o.given.Changed(flag) {
			return model.Errorf(model.Invalid, "--%s is for a list, not for `%s`", flag, what)
		}
	}
	switch {
	case what != "resend" && o.keep != "":
		return model.Errorf(model.Invalid, "--keep is for `pawl letters resend`")
	case o.count < 1:
		return tooFew(o.count)
	}
	return nil
}

func (o *lettersOptions) resend(ctx context.Context, r Server, ids []client.ID) error {
	done, err := r.ResendLetters(ctx, ids, o.keep)
	if err != nil {
		return err
	}
	var missing []string
	for _, l := range done {
		if l.Outcome == "missing" {
			missing = append(missing, string(l.ID))
		}
		if o.JSON {
			err = console.PrintObject(o.World.Stdout, l)
		} else {
			_, err = fmt.Fprintf(o.World.Stdout, "%s %s\n", l.ID, deliveredText(l.Delivered))
		}
		if err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return model.Errorf(model.NotFound, "there is no dead letter %s", strings.Join(missing, ", "))
	}
	return nil
}

func (o *lettersOptions) show(ctx context.Context, r Server, filter client.KeyFilter) error {
	if o.early {
		found, err := r.Messages(ctx, filter, o.count)
		if err != nil {
			return err
		}
		return tabulate(o.World, o.OutputOptions, found, messageTable)
	}
	found, err := r.Letters(ctx, filter, o.count)
	if err != nil {
		return err
	}
	return tabulate(o.World, o.OutputOptions, found, letterTable)
}

func messageTable(found []client.Message) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "id", Fixed: true}, {Title: "topic", Fixed: true}, {Title: "keys", Fixed: true},
		{Title: "came at", Fixed: true}, {Title: "kept until", Fixed: true}, {Title: "body", Fixed: true},
	}}
	for _, m := range found {
		t.Rows = append(t.Rows, []string{
			string(m.ID), harmless(client.Text(m.Topic)), keysText(m.Keys), LocalTime(client.Instant(m.CameAt)),
			LocalTime(client.Instant(m.ExpiresAt)), bodyText(m.Body),
		})
	}
	return t
}

func letterTable(found []client.Letter) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "id", Fixed: true}, {Title: "topic", Fixed: true}, {Title: "keys", Fixed: true}, {Title: "attempt", Fixed: true},
		{Title: "died at", Fixed: true}, {Title: "reason", Fixed: true}, {Title: "body", Fixed: true},
	}}
	for _, l := range found {
		body := bodyText(l.Body)
		if l.Raw != nil {
			body = "(" + console.Count(len(l.Raw), "byte", "bytes") + ")"
		}
		t.Rows = append(t.Rows, []string{
			string(l.ID), harmless(client.Text(l.Topic)), keysText(l.Keys), harmless(client.Text(l.AttemptID)),
			LocalTime(client.Instant(l.DiedAt)), harmless(client.Text(l.Reason)), body,
		})
	}
	return t
}

// keysText are keys as people see them.
func keysText(keys []client.MessageKey) string {
	if len(keys) == 0 {
		return "-"
	}
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = keyText(k.Param, k.Value)
	}
	return strings.Join(texts, " ")
}

// mostBody is how many characters of a body people see in a table.
const mostBody = 60

func bodyText(body []byte) string {
	text := []rune(harmless(client.Text(body)))
	if len(text) > mostBody {
		return string(text[:mostBody-3]) + "..."
	}
	return string(text)
}
