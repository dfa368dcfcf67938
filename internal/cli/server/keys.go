package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/serve"
)

func newKeys(world console.IO) *cobra.Command {
	o := serverOptions{world: world}
	var asJSON bool
	c := &cobra.Command{
		Use: "keys rotate", GroupID: "server", ValidArgs: []string{"rotate"},
		Args:  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		Short: "Encrypt the secrets of a server with its newest key",
		Long: "Encrypt the secrets in a server's database with the first key of " + secret.KeySetting + ". Put a new\n" +
			"key before the old ones, with a comma between them, and start the servers anew; once this command ends\n" +
			"without an error, the old keys can be taken out.\n\n" +
			"It works on the database itself, while servers use it or not. It can be stopped and run again: secrets\n" +
			"that are under the first key already are left as they are.",
		Example: "  pawl keys rotate -c /etc/pawl/config\n  pawl keys rotate -o /var/lib/pawl --json",
		RunE:    func(c *cobra.Command, _ []string) error { return o.rotate(c.Context(), asJSON) },
	}
	o.ConfigOptions.Flags(c.Flags())
	c.Flags().StringVarP(&o.database, "database", "o", "", "`folder` of the embedded database")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return c
}

// rotation is what `pawl keys rotate --json` prints.
type rotation struct {
	Encrypted  int `json:"encrypted"`
	Current    int `json:"current"`
	Unreadable int `json:"unreadable"`
}

// rotate tells how far it came also when it fails.
func (o *serverOptions) rotate(ctx context.Context, asJSON bool) error {
	return o.keep(ctx, func(k *serve.Keeper) error {
		done, err := k.RotateSecrets(ctx)
		if err != nil && done == (secret.Rotation{}) {
			return err
		}
		if asJSON {
			return errors.Join(json.NewEncoder(o.world.Stdout).Encode(rotation(done)), err)
		}
		tell := console.Teller{To: o.world.Stdout}
		tell.Line("Encrypted anew: %d, under the first key before: %d, unreadable: %d", done.Encrypted, done.Current, done.Unreadable)
		return errors.Join(tell.Err, err)
	})
}

// keep opens the configured database itself, for as long as do takes.
func (o *serverOptions) keep(ctx context.Context, do func(*serve.Keeper) error) (err error) {
	cfg, err := o.checked()
	if err != nil {
		return err
	}
	k, err := serve.OpenKeeper(ctx, cfg, o.world.Clock.Now)
	if err != nil {
		return err
	}
	defer func() {
		if e := k.Close(); err == nil {
			err = e
		}
	}()
	return do(k)
}
