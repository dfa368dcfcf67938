package local

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/plot"
)

func newReport(world console.IO) *cobra.Command {
	o := plotOptions{buildOptions: buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}}
	c := &cobra.Command{
		Use: "report", GroupID: "look",
		Short:   "Write a page about a pipeline: its picture and the status of its tasks",
		Long:    "Write a page that needs nothing from elsewhere: the picture of a pipeline and the status of\nits tasks.\n\n" + console.ExitHelp,
		Example: "  pawl report\n  pawl report -o status.html",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return o.report(c.Context()) },
	}
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&o.output, "output", "o", "", "`file` to write, or - for standard output (default: pipeline.html, or pipeline.NAME.html for pipeline.NAME.yaml)")
		f.StringVarP(&o.backend, "backend", "b", "", "what draws with Ploomber: d3, mermaid or pygraphviz; the picture is the same")
		f.BoolVarP(&o.products, "include-products", "i", false, "show the products in the picture, too")
		f.BoolVar(&o.json, "json", false, "print what the page would tell as status --json does, and write none")
	})
	o.pipeline.envFlags(c, world.Args)
	return c
}

func (o *plotOptions) report(ctx context.Context) error {
	if o.backend != "" {
		if _, err := formatOfBackend(o.backend); err != nil {
			return err
		}
	}
	p, err := o.pipeline.open(ctx, o.World)
	if err != nil {
		return err
	}
	defer p.close()
	plan, err := p.plan(ctx, o.World, build.Options{})
	if err != nil {
		return err
	}
	rows := statusRows(plan, o.World)
	if o.json {
		return printStatus(o.World.Stdout, plan, rows)
	}
	t := statusTable(rows)
	page := plot.Table{Rows: t.Rows}
	for _, c := range t.Columns {
		page.Columns = append(page.Columns, c.Title)
	}
	if o.output == "" {
		o.output = p.fileOf(".html")
	}
	return o.draw(func(to io.Writer) error { return plot.Report(to, p.graph(plan, o.World.Dir, o.products), page) })
}
