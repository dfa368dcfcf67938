package remote

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
)

func newTag(world console.IO) *cobra.Command {
	o := Options{World: world}
	var unset []string
	c := &cobra.Command{
		Use: "tag ATTEMPT [NAME=VALUE...]", GroupID: "remote", Args: cobra.MinimumNArgs(1),
		Short: "Give an attempt on a server tags, or take some away",
		Long: "Give an attempt on a server tags, in place of those of the same names, or take some away; and show those that it\n" +
			"has then. A run that waits in the run queue counts by its new tags at once.",
		Example: "  pawl tag 35 team=search reviewed=yes\n  pawl tag 35 --unset reviewed",
		RunE: func(c *cobra.Command, args []string) error {
			attempt, err := id("an attempt", args[0])
			if err != nil {
				return err
			}
			tags, err := model.ParseTags(args[1:])
			if err != nil {
				return err
			}
			if len(tags)+len(unset) == 0 {
				return model.Errorf(model.Invalid, "give tags as NAME=VALUE, or --unset NAME")
			}
			return o.With(c.Context(), func(ctx context.Context, r Server) error {
				a, err := r.Tag(ctx, attempt, tags, unset)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(world.Stdout, "Tags of attempt %s: %s\n", attempt, a.Tags)
				return err
			})
		},
	}
	c.Flags().Var((*console.Repeated)(&unset), "unset", "take away the tag of this `NAME`; repeatable")
	o.Flags(c)
	return c
}
