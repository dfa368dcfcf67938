package server

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

type configOptions struct {
	serverOptions
	origin, asJSON, schema bool
}

func newConfig(world console.IO) *cobra.Command {
	o := configOptions{serverOptions: serverOptions{world: world}}
	c := &cobra.Command{
		Use: "config [show | check]", GroupID: "server", ValidArgs: []string{"show", "check"},
		Args:  cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		Short: "Show and check the settings that a server would have",
		Long: "Show the settings in force that a server would have, those that nobody set included, with where each\n" +
			"comes from: as a pawl.yaml, with `show` a line for each. What nobody may see is masked.\n\n" +
			"`check` says all that is wrong with them, and opens nothing. It ends with 2 if anything is.",
		Example: "  pawl config\n  pawl config check -c pawl.yaml\n  pawl config show --origin\n  pawl config --json\n  pawl config --schema > pawl.schema.json",
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(strings.Join(args, "")) },
	}
	f := c.Flags()
	o.ConfigOptions.Flags(f)
	f.BoolVar(&o.origin, "origin", false, "show where each setting comes from, with show")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON list")
	f.BoolVar(&o.schema, "schema", false, "print the JSON Schema of pawl.yaml")
	c.MarkFlagsMutuallyExclusive("schema", "json")
	return c
}

func (o *configOptions) run(what string) error {
	if o.schema {
		if what != "" {
			return model.Errorf(model.Invalid, "--schema is for `pawl config` alone")
		}
		_, err := o.world.Stdout.Write(serve.Table().Schema())
		return err
	}
	cfg, err := o.settings()
	switch {
	case err != nil:
		return err
	case what == "check":
		return o.check(cfg)
	}
	if err := o.print(cfg, what); err != nil {
		return err
	}
	return flawed(cfg.Faults().Err()) // which are missing in what was printed
}

// print shows the settings in force.
func (o *configOptions) print(cfg *config.Config, what string) error {
	list := serve.Settings(cfg)
	switch {
	case o.asJSON:
		return json.NewEncoder(o.world.Stdout).Encode(list)
	case what == "show":
		return o.show(list)
	}
	return o.structured(list, serve.Doubts(cfg))
}

// show prints a line for each setting.
func (o *configOptions) show(list []serve.Effective) error {
	tell := console.Teller{To: o.world.Stdout}
	for _, s := range list {
		if o.origin {
			tell.Line("%s = %s  # %s", s.Key, s.Value, s.Origin)
		} else {
			tell.Line("%s = %s", s.Key, s.Value)
		}
	}
	return tell.Err
}

// structured prints a YAML file with where each setting is from. Defaults and settings
// that do nothing are comments.
func (o *configOptions) structured(list []serve.Effective, unused []serve.Doubt) error {
	tell := console.Teller{To: o.world.Stdout}
	section := ""
	for _, s := range list {
		above, name, ok := strings.Cut(s.Key, ".")
		switch {
		case !ok:
			name = above
		case above != section:
			section = above
			tell.Line("%s:", section)
		}
		indent := ""
		if ok {
			indent = "  "
		}
		if s.Origin == serve.ByDefault || slices.ContainsFunc(unused, func(d serve.Doubt) bool { return d.Key == s.Key }) {
			indent += "# " // some settings mean more than their defaults once they are there
		}
		tell.Line("%s%s: %s  # %s", indent, name, quoted(s.Value), s.Origin)
	}
	return tell.Err
}

// plain are texts that YAML has as they are.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w/.$+][\w/.$+@%=,:*-]*$`) })

func quoted(text string) string {
	if plain().MatchString(text) && !strings.HasSuffix(text, ":") {
		return text
	}
	return strconv.Quote(text)
}

// flaw is what `pawl config check --json` says is wrong.
type flaw struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// checked is what `pawl config check --json` prints.
type checked struct {
	OK       bool   `json:"ok"`
	Settings int    `json:"settings"`
	Faults   []flaw `json:"faults"`
	// Unused are settings that do nothing.
	Unused []string `json:"unused"`
}

func (o *configOptions) check(cfg *config.Config) error {
	err := flawed(serve.Check(cfg))
	unused := serve.Doubts(cfg)
	if o.asJSON {
		c := checked{OK: err == nil, Settings: serve.Given(cfg), Faults: []flaw{}, Unused: []string{}}
		var list document.Errors
		_ = errors.As(err, &list)
		for _, e := range list {
			c.Faults = append(c.Faults, flaw{e.File, e.Line, e.Column, e.Message, strings.Join(e.Hints, "\n")})
		}
		for _, d := range unused {
			c.Unused = append(c.Unused, d.Key)
		}
		if failed := json.NewEncoder(o.world.Stdout).Encode(c); failed != nil || err == nil {
			return failed
		}
		return console.Quiet{Code: console.ExitUsage}
	}
	tell := console.Teller{To: o.world.Stderr}
	for _, d := range unused {
		tell.Line("pawl: warning: %s: %s %s", d.Origin, d.Key, d.Reason)
	}
	if err = errors.Join(err, tell.Err); err != nil {
		return err
	}
	tell = console.Teller{To: o.world.Stdout}
	tell.Line("%s", console.Count(serve.Given(cfg), "setting is set, and nothing is wrong with it", "settings are set, and nothing is wrong with them"))
	return tell.Err
}
