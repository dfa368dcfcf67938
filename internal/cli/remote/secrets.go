package remote

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
)

type secretsOptions struct {
	Options
	console.OutputOptions
	local       bool
	project     string
	set, delete []string
}

// secretKeeper keeps the secrets of somebody.
type secretKeeper interface {
	List() ([]string, error)
	Set(key, value string) error
	Delete(key string) error
}

func newSecrets(world console.IO) *cobra.Command {
	o := secretsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "secrets --local | --project PROJECT [--set KEY=VALUE ... | --delete KEY ...]", Aliases: []string{"secret"}, GroupID: "other",
		Short: "List, set or delete secrets",
		Long: "List, set or delete the secrets of local runs, or of a project on a server. Values are never shown.\n\n" +
			"--set KEY=VALUE sets a value, KEY=@FILE takes it from a file, KEY=- from standard input,\n" +
			"@FILE and @- set every key of a YAML or JSON mapping. A bare KEY asks for the value.\n" +
			"What follows the options is taken as more of the same.",
		Example: "  pawl secrets --local\n  pawl secrets --project shop --set db.password\n  pawl secrets --local --delete db.password",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "Whose secrets", func(f *pflag.FlagSet) {
		f.BoolVar(&o.local, "local", false, "those of local runs")
		f.StringVar(&o.project, "project", "", "those of a `PROJECT` on a server")
	})
	console.Grouped(c, "What is done", func(f *pflag.FlagSet) {
		f.Var((*console.Repeated)(&o.set), "set", "set a secret: `KEY[=VALUE]`, KEY=@FILE, KEY=-, @FILE or @-")
		f.Var((*console.Repeated)(&o.delete), "delete", "delete the secret `KEY`")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *secretsOptions) run(ctx context.Context, more []string) error {
	switch {
	case o.local == (o.project != ""):
		return model.Errorf(model.Invalid, "whose secrets? give --local or --project PROJECT")
	case len(o.set) > 0 && len(o.delete) > 0:
		return model.Errorf(model.Invalid, "--set and --delete exclude each other")
	case len(more) > 0 && len(o.set) == 0 && len(o.delete) == 0:
		return model.Errorf(model.Invalid, "%q needs --set or --delete before it", more[0])
	}
	if !o.local {
		return o.AskServer(ctx, func(ctx context.Context, r Server) error {
			p, err := r.Project(ctx, o.project)
			if err != nil {
				return err
			}
			return o.do(projectSecrets{ctx, r, p.ID}, more)
		})
	}
	dir := console.LocalSecrets(o.World)
	if dir == "" {
		return model.Errorf(model.Invalid, "there is no home directory to keep secrets in").WithHint("set XDG_CONFIG_HOME")
	}
	return o.do(secret.In(dir), more)
}

func (o *secretsOptions) do(keeper secretKeeper, more []string) error {
	switch {
	case len(o.set) > 0:
		return o.setAll(keeper, append(o.set, more...))
	case len(o.delete) > 0:
		return o.deleteAll(keeper, append(o.delete, more...))
	}
	keys, err := keeper.List()
	if err != nil {
		return err
	}
	for _, k := range keys {
		if o.JSON {
			err = console.PrintJSON(o.World.Stdout, params.Of("key", k))
		} else {
			_, err = fmt.Fprintln(o.World.Stdout, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pair is one secret to be set.
type pair struct{ key, value string }

func (o *secretsOptions) setAll(keeper secretKeeper, args []string) error {
	stdin := bufio.NewReader(o.World.Stdin)
	var pairs []pair
	for _, arg := range args {
		more, err := o.pairs(arg, stdin)
		if err != nil {
			return err
		}
		pairs = append(pairs, more...)
	}
	for _, p := range pairs {
		if err := secret.CheckKey(p.key); err != nil {
			return model.Errorf(model.Invalid, "%w", err)
		}
	}
	for _, p := range pairs {
		if err := keeper.Set(p.key, p.value); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "Secret '%s' set\n", p.key)
		if !secret.Masked(p.value) {
			_, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: %s is shorter than %d characters, so a task that prints it shows it\n", p.key, secret.MinMasked)
		}
	}
	return nil
}

// pairs reads what one argument of --set stands for.
func (o *secretsOptions) pairs(arg string, stdin *bufio.Reader) ([]pair, error) {
	if name, ok := strings.CutPrefix(arg, "@"); ok {
		return o.mapping(name, stdin)
	}
	key, value, given := strings.Cut(arg, "=")
	switch {
	case !given:
		value, err := o.World.Ask("Value of "+key, stdin)
		return []pair{{key, value}}, err
	case value == "-":
		text, err := io.ReadAll(stdin)
		return []pair{{key, strings.TrimSuffix(string(text), "\n")}}, err
	case strings.HasPrefix(value, "@"):
		text, err := o.readFile(value[1:])
		return []pair{{key, strings.TrimSuffix(string(text), "\n")}}, err
	}
	return []pair{{key, value}}, nil
}

func (o *secretsOptions) mapping(name string, stdin *bufio.Reader) ([]pair, error) {
	var text []byte
	var err error
	if name == "-" {
		name = "standard input"
		text, err = io.ReadAll(stdin)
	} else {
		text, err = o.readFile(name)
	}
	if err != nil {
		return nil, err
	}
	m, err := document.ReadParams(name, text)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for key, v := range m.All() {
		value, ok := params.ToString(v)
		if !ok {
			return nil, model.Errorf(model.Invalid, "%s: the value of %q is no text", name, key)
		}
		pairs = append(pairs, pair{key, value})
	}
	return pairs, nil
}

func (o *secretsOptions) readFile(name string) ([]byte, error) {
	text, err := os.ReadFile(o.World.Path(name))
	if err != nil {
		return nil, model.Errorf(model.NotFound, "%w", err)
	}
	return text, nil
}

func (o *secretsOptions) deleteAll(keeper secretKeeper, keys []string) error {
	have, err := keeper.List()
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !slices.Contains(have, k) {
			failure := model.Errorf(model.NotFound, "there is no secret %q", k)
			if near := document.DidYouMean(k, have); near != "" {
				failure = failure.WithHint("%s", near)
			}
			return failure
		}
	}
	for _, k := range keys {
		if err := keeper.Delete(k); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(o.World.Stderr, "Secret '%s' deleted\n", k)
	}
	return nil
}
