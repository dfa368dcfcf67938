package server

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/serve"
)

func newMigrate(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	c := &cobra.Command{
		Use: "migrate run|check", GroupID: "server", ValidArgs: []string{"run", "check"},
		Args:  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		Short: "Bring the database of a server to the version of this program",
		Long: "Bring the tables of a server's database to the version of this program, or make them (run), or say\n" +
			"what that would do (check). A server does it when it starts, unless database.migrate is false.",
		Example: "  pawl migrate check -c /etc/pawl/config\n  pawl migrate run -o /var/lib/pawl",
		RunE: func(c *cobra.Command, args []string) error {
			if args[0] == "run" {
				return o.migrate(c.Context())
			}
			return o.showPending(c.Context())
		},
	}
	o.ConfigOptions.Flags(c.Flags())
	c.Flags().StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	return c
}

// migrate does what is pending.
func (o *serverOptions) migrate(ctx context.Context) error {
	cfg, err := o.checked()
	if err != nil {
		return err
	}
	tell := console.Teller{To: o.world.Stdout}
	pending, _, err := serve.Pending(ctx, cfg)
	switch {
	case err != nil:
		return err
	case len(pending) == 0:
		tell.Line("No update")
		return tell.Err
	}
	if err := serve.Migrate(ctx, cfg); err != nil {
		return err
	}
	for _, name := range pending {
		tell.Line("  %s", name)
	}
	tell.Line("Migrations successfully finished")
	return tell.Err
}

// showPending says what is pending.
func (o *serverOptions) showPending(ctx context.Context) error {
	cfg, err := o.checked()
	if err != nil {
		return err
	}
	pending, none, err := serve.Pending(ctx, cfg)
	if err != nil {
		return err
	}
	tell := console.Teller{To: o.world.Stdout}
	switch {
	case none:
		tell.Line("No table exist")
	case len(pending) == 0:
		tell.Line("No update")
	default:
		tell.Line("Following migrations are pending:")
	}
	for _, name := range pending {
		tell.Line("  %s", name)
	}
	return tell.Err
}
