package remote

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

type workflowsOptions struct {
	Options
	console.OutputOptions
	pageOptions
	contains, order string
	plan, schema    bool
	plot            string
}

// plots are the forms of pictures, by what the server calls them.
var plots = map[string]string{"svg": "svg", "html": "html", "dot": "dot", "mermaid": "mmd"}

func newWorkflows(world console.IO) *cobra.Command {
	o := workflowsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "workflows [PROJECT [WORKFLOW]]", Aliases: []string{"workflow"}, GroupID: "remote", Args: cobra.MaximumNArgs(2),
		Short: "List the workflows, or show one",
		Long: "List the workflows on a server, or in the files of this folder, or those of a project, or show the definition of one. They are those\n" +
			"of the newest revisions; processes of Go programs are among them.",
		Example: "  pawl workflows\n  pawl workflows shop daily\n  pawl workflows order-service orders --plan\n" +
			"  pawl workflows shop daily --plot svg > daily.svg\n  pawl workflows shop daily --schema",
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(len(args)); err != nil {
				return err
			}
			return o.AskDefined(c.Context(), func(ctx context.Context, r Server) error { return o.show(ctx, r, args) })
		},
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) {
		o.countFlags(f, &o.contains)
		f.StringVar(&o.order, "order", "asc", "`asc` or desc: the oldest or the newest first")
	})
	console.Grouped(c, "What is shown of one", func(f *pflag.FlagSet) {
		f.BoolVar(&o.plan, "plan", false, "show its tasks as lines: what each does, waits for and is tried again")
		f.StringVar(&o.plot, "plot", "", "draw it as `svg`, html, dot or mermaid")
		f.BoolVar(&o.schema, "schema", false, "print the JSON Schema of its inputs")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *workflowsOptions) check(args int) error {
	_, drawn := plots[o.plot]
	switch {
	case (o.plan || o.schema || o.plot != "") && args != 2:
		return model.Errorf(model.Invalid, "--plan, --plot and --schema are about one workflow").WithHint("give its project and its name")
	case o.plot != "" && !drawn:
		return model.Errorf(model.Invalid, "there is no format %q", o.plot).WithHint("there are svg, html, dot and mermaid")
	case o.plan && o.plot != "", o.schema && (o.plan || o.plot != ""), o.JSON && (o.plan || o.plot != ""):
		return model.Errorf(model.Invalid, "--plan, --plot, --schema and --json show it in different ways").WithHint("give one of them")
	case o.order != "asc" && o.order != "desc":
		return model.Errorf(model.Invalid, "--order must be asc or desc, not %q", o.order)
	case args > 0 && (o.size != 0 || o.last != "" || o.contains != "" || o.order != "asc"):
		return model.Errorf(model.Invalid, "--count, --last-id, --name and --order are for the list of all projects").
			WithHint("leave out the project, or these options")
	}
	return nil
}

func (o *workflowsOptions) show(ctx context.Context, r Server, args []string) error {
	if len(args) == 2 {
		return o.definition(ctx, r, args[0], args[1])
	}
	found, err := o.find(ctx, r, args)
	if err != nil {
		return err
	}
	if o.JSON {
		return console.List(o.World.Stdout, o.OutputOptions, "", found, nil)
	}
	tell, project := console.Teller{To: o.World.Stdout}, ""
	if len(args) > 0 {
		project = args[0]
		tell.Line("  %s", project)
	}
	for _, w := range found {
		if w.Project.Name != project {
			project = w.Project.Name
			tell.Line("  %s", project)
		}
		if w.Title != "" {
			tell.Line("    %s  %s", w.Name, w.Title)
			continue
		}
		tell.Line("    %s", w.Name)
	}
	tell.Line("")
	o.Hint(o.World.Stderr, "`pawl workflows PROJECT WORKFLOW` shows one")
	return tell.Err
}

func (o *workflowsOptions) find(ctx context.Context, r Server, args []string) ([]client.Workflow, error) {
	if len(args) == 0 {
		page, err := o.page()
		if err != nil {
			return nil, err
		}
		return r.Workflows(ctx, client.WorkflowFilter{Contains: o.contains, Order: o.order}, page)
	}
	p, err := r.Project(ctx, args[0])
	if err != nil {
		return nil, err
	}
	return r.ProjectWorkflows(ctx, p.ID)
}

// drawn prints a workflow as a plan, or as a picture.
func (o *workflowsOptions) drawn(ctx context.Context, r Server, w client.Workflow) error {
	var text []byte
	var err error
	if o.plan {
		text, err = r.Outline(ctx, w.ID)
	} else {
		text, err = r.Picture(ctx, w.ID, plots[o.plot])
	}
	if err != nil {
		return err
	}
	_, err = o.World.Stdout.Write(text)
	return err
}

// definition prints what a workflow is.
func (o *workflowsOptions) definition(ctx context.Context, r Server, project, name string) error {
	p, err := r.Project(ctx, project)
	if err != nil {
		return err
	}
	w, err := r.Workflow(ctx, p.ID, name, "")
	if err != nil {
		return err
	}
	switch {
	case o.schema:
		schema, err := r.Inputs(ctx, w.ID)
		if err != nil {
			return err
		}
		return console.PrintJSON(o.World.Stdout, schema)
	case o.JSON:
		return console.PrintObject(o.World.Stdout, w)
	case o.plan, o.plot != "":
		return o.drawn(ctx, r, w)
	}
	_, err = o.World.Stdout.Write(append(document.AppendYAML(nil, w.Config, ""), '\n'))
	return err
}
