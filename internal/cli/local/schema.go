package local

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/shape"
)

func newSchema(world console.IO) *cobra.Command {
	o := ProjectOptions{World: world}
	c := &cobra.Command{
		Use: "schema [WORKFLOW]", GroupID: "look", Args: cobra.MaximumNArgs(1),
		Short: "Print the JSON Schema of .pawl.yaml files, or of the inputs of a workflow",
		Long: "Print the JSON Schema of .pawl.yaml files, for editors; or, with a workflow of the project, that of the\n" +
			"parameters that a start of it gives, for forms and for checks.",
		Example: "  pawl schema > pawl.schema.json\n  pawl schema reindex",
		RunE:    func(_ *cobra.Command, args []string) error { return o.schema(args) },

		ValidArgsFunction: o.completeWorkflows,
	}
	console.Grouped(c, "Project", o.Flags)
	return c
}

func (o *ProjectOptions) schema(args []string) error {
	schema := pawlfile.Schema()
	if len(args) > 0 {
		p, err := o.Load()
		if err != nil {
			return err
		}
		w, err := findWorkflow(p, strings.Join(args, ""))
		if err != nil {
			return err
		}
		var inputs params.Value
		if w.Inputs.Len() > 0 {
			inputs = w.Inputs
		}
		schema = shape.Schema(w.Name, inputs)
	}
	return console.PrintJSON(o.World.Stdout, schema)
}
