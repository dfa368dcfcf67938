package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type signalOptions struct {
	Options
	console.OutputOptions
	keyOptions
	id, keep string
}

func newSignal(world console.IO) *cobra.Command {
	o := signalOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "signal TOPIC --key NAME=VALUE [BODY | -]", GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short: "Give a message to tasks on a server that wait for it",
		Long: "Give a message to the tasks on a server that wait for it, as those of `wait_signal>` do. If nobody waits yet,\n" +
			"it is kept for the first who will.\n\n" +
			"The body is JSON, or a text that does not begin like it; - reads it from standard input. Without one it is null.\n" +
			"A task that waits for any of the keys gets the message once.",
		Example: "  pawl signal payments --key order_id=17 '{\"ok\": true}'\n" +
			"  pawl signal payments --key order_id=17 --id payment-4711 --keep 7d - < payment.json",
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "The message", func(f *pflag.FlagSet) {
		o.keyOptions.flags(f, "say that it is about this `NAME=VALUE`; repeatable")
		f.StringVar(&o.id, "id", "", "`name` of the message: a second one of the topic within a week is a duplicate, which does nothing")
		f.StringVar(&o.keep, "keep", "", "keep it for this `time` while nobody waits for it, such as 12h; 0s is not at all (default: 24h)")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *signalOptions) run(ctx context.Context, args []string) error {
	keys, err := o.keys()
	switch {
	case err != nil:
		return err
	case keys.Len() == 0:
		return model.Errorf(model.Invalid, "what is the message about? give --key NAME=VALUE").WithHint("tasks wait for keys; `pawl waiting` lists them")
	}
	s := client.Signal{Topic: args[0], ID: o.id, Keys: keys, Keep: o.keep, Body: json.RawMessage("null")}
	if len(args) > 1 {
		if s.Body, err = o.body(args[1]); err != nil {
			return err
		}
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		done, err := r.Signal(ctx, s)
		if err != nil {
			return err
		}
		if o.JSON {
			return console.PrintObject(o.World.Stdout, done)
		}
		_, err = fmt.Fprintln(o.World.Stdout, deliveredText(done))
		return err
	})
}

// body reads a message's body: JSON, or a text that does not look like it.
func (o *signalOptions) body(arg string) (json.RawMessage, error) {
	text := []byte(arg)
	if arg == "-" {
		var err error
		if text, err = io.ReadAll(o.World.Stdin); err != nil {
			return nil, model.Errorf(model.Unavailable, "read standard input: %w", err)
		}
	}
	_, err := params.ParseJSON(text)
	switch trimmed := bytes.TrimSpace(text); {
	case err == nil:
		return text, nil
	case len(trimmed) > 0 && bytes.IndexByte([]byte(`{["`), trimmed[0]) >= 0:
		return nil, model.Errorf(model.Invalid, "the body begins like JSON: %w", err).WithHint("a text that begins so is sent as a text of JSON, in double quotes")
	}
	return params.AppendJSON(nil, string(bytes.TrimSuffix(text, []byte("\n")))), nil
}

// deliveredText says what became of a message.
func deliveredText(d client.Delivered) string {
	switch d.Outcome {
	case "taken":
		return "taken by " + console.Counted(d.Tasks, "task", "tasks")
	case "early":
		return "early: nobody waits for it yet, so it is kept"
	case "dropped":
		return "dropped: nobody waits for it, and it was not to be kept"
	case "duplicate":
		return "duplicate: a message with that id has come before"
	case "dead":
		return "dead: it is among the dead letters; `pawl letters` says why"
	case "missing":
		return "missing: there is no such dead letter"
	}
	return d.Outcome
}

// keyOptions name keys of messages.
type keyOptions struct {
	given []string
	typed bool
}

func (o *keyOptions) flags(f *pflag.FlagSet, about string) {
	f.Var((*console.Repeated)(&o.given), "key", about)
	f.BoolVar(&o.typed, "json-key", false, "take values of keys as JSON, so that 17 is a number (default: they are texts)")
}

var errKeyPair = errors.New("--key needs NAME=VALUE")

// keys returns lists of values by name.
func (o *keyOptions) keys() (params.Map, error) {
	var m params.Map
	for _, pair := range o.given {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return m, model.Errorf(model.Invalid, "%w, not %q", errKeyPair, pair)
		}
		former, err := m.ListOr(name, nil)
		if err != nil {
			return m, err
		}
		m = m.Set(name, append(slices.Clip(former), o.value(text)))
	}
	return m, nil
}

// value reads the value of a key.
func (o *keyOptions) value(text string) params.Value {
	if o.typed {
		if v, err := params.ParseJSON([]byte(text)); err == nil {
			return v
		}
	}
	return text
}

// filter returns what a list is to be about: one key of a topic, at most.
func (o *keyOptions) filter(topic string) (client.KeyFilter, error) {
	f := client.KeyFilter{Topic: topic}
	keys, err := o.keys()
	if err != nil || keys.Len() == 0 {
		return f, err
	}
	if len(o.given) > 1 || topic == "" {
		return f, model.Errorf(model.Invalid, "a list is about one --key of a --topic")
	}
	for name, v := range keys.All() {
		f.Param, f.Value = name, string(params.AppendJSON(nil, v.([]params.Value)[0]))
	}
	return f, nil
}
