package remote

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

func newVersion(world console.IO) *cobra.Command {
	o := Options{World: world}
	c := &cobra.Command{
		Use: "version", GroupID: "other", Args: cobra.NoArgs,
		Short: "Print the versions of this program and of the server",
		Long: "Print the versions of this program and of the server. Where nobody said which server, there need not be one.\n" +
			"--version prints that of this program only.",
		RunE: func(c *cobra.Command, _ []string) error { return o.showVersions(c.Context()) },
	}
	o.Flags(c)
	return c
}

func (o *Options) showVersions(ctx context.Context) error {
	if _, err := fmt.Fprintf(o.World.Stdout, "Client version: %s\n", o.World.Version); err != nil {
		return err
	}
	const never = -1 // whoever asks wants to know how it is now
	o.about = aboutKept
	return o.open(ctx, client.Config{Retries: never}, func(r Server) error {
		if o.here {
			return nil
		}
		of, err := r.Version(ctx)
		if model.CodeOf(err) == model.Unavailable && err != nil {
			if at, e := o.chosen(r.config); at == "" && e == nil {
				return nil
			}
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.World.Stdout, "Server version: %s\n", of)
		return err
	})
}

func newSelfUpdate(world console.IO) *cobra.Command {
	return &cobra.Command{
		Use: "selfupdate [VERSION]", GroupID: "other", Args: cobra.MaximumNArgs(1),
		Short: "Say how to update this program",
		Long:  "Say how to update this program. It does not replace itself: that is for whoever installed it to do.",
		RunE: func(_ *cobra.Command, args []string) error {
			which := "latest"
			if len(args) > 0 {
				which = "v" + strings.TrimPrefix(args[0], "v")
			}
			return sayHowToUpdate(world, which)
		},
	}
}

func sayHowToUpdate(world console.IO, which string) error {
	tell := console.Teller{To: world.Stdout}
	tell.Line("This is pawl %s. It is one file, which an update replaces:", world.Version)
	tell.Line("")
	if exe, err := os.Executable(); err == nil {
		tell.Line("  %s", exe)
		tell.Line("")
	}
	tell.Line("With Go installed, this builds the new one into the folder of Go's programs:")
	tell.Line("")
	tell.Line("  go install github.com/pawlhq/pawl/cmd/pawl@%s", which)
	tell.Line("")
	tell.Line("State on disk stays as it is: a release reads what every earlier one wrote.")
	return tell.Err
}
