package local

import (
	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// newDescribe is for the Python library, which makes a DAG of what it prints.
func newDescribe(world console.IO) *cobra.Command {
	var o pipelineOptions
	c := &cobra.Command{
		Use: "describe", GroupID: "look", Hidden: true,
		Short: "Print what a pipeline consists of",
		Long:  "Print what a pipeline consists of as JSON, as the library for Python reads it.\n\n" + console.ExitHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.open(c.Context(), world)
			if err != nil {
				return err
			}
			defer p.close()
			return console.PrintJSON(world.Stdout, pipeline.Describe(p.Pipeline))
		},
	}
	console.Grouped(c, "Pipeline", o.flags)
	o.envFlags(c, world.Args)
	return c
}
