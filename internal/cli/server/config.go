package server

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/serve"
)

func newConfig(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	var origin, asJSON bool
	c := &cobra.Command{
		Use: "config show", GroupID: "server", ValidArgs: []string{"show"},
		Args:  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		Short: "Show the settings that a server would have",
		Long: "Show the settings in force that a server would have, those that nobody set included, with where each\n" +
			"comes from. What nobody may see is masked.",
		Example: "  pawl config show --origin\n  pawl config show -c /etc/pawl/config --json",
		RunE: func(*cobra.Command, []string) error {
			cfg, err := o.settings()
			if err != nil {
				return err
			}
			list := serve.Settings(cfg)
			if asJSON {
				return json.NewEncoder(o.world.Stdout).Encode(list)
			}
			tell := console.Teller{To: o.world.Stdout}
			for _, s := range list {
				if origin {
					tell.Line("%s = %s  # %s", s.Key, s.Value, s.Origin)
				} else {
					tell.Line("%s = %s", s.Key, s.Value)
				}
			}
			return tell.Err
		},
	}
	f := c.Flags()
	o.ConfigOptions.Flags(f)
	f.BoolVar(&origin, "origin", false, "show where each setting comes from")
	f.BoolVar(&asJSON, "json", false, "print a JSON list")
	return c
}
