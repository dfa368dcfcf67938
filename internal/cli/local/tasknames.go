package local

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
)

// completeTasks offers the names of the pipeline's tasks.
func (o *pipelineOptions) completeTasks(world console.IO) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		world.Stderr = io.Discard
		quiet := pipelineOptions{entry: o.entry, set: o.set}
		p, err := quiet.openWith(c.Context(), world, func(document.Errors) {})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer p.close()
		names := make([]string, len(p.Tasks))
		for i, t := range p.Tasks {
			names[i] = t.Name
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
