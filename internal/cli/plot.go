package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/plot"
	"github.com/pawlhq/pawl/internal/workflow"
)

type plotOptions struct {
	projectOptions
	output, format string
}

var plotters = map[string]func(io.Writer, plot.Graph) error{
	"svg": plot.SVG, "html": plot.HTML, "dot": plot.DOT, "mermaid": plot.Mermaid,
}

func plotFormats() []string { return slices.Sorted(maps.Keys(plotters)) }

func newPlot(world IO) *cobra.Command {
	o := plotOptions{projectOptions: projectOptions{world: world}}
	c := &cobra.Command{
		Use: "plot [WORKFLOW]", GroupID: "look",
		Short: "Draw the tasks of a workflow",
		Long: "Draw the tasks of a workflow as SVG, as a page, or as DOT or Mermaid text.\n" +
			"Nothing else needs to be installed.",
		Example: "  pawl plot -o daily.svg\n  pawl plot daily -f mermaid",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args) },

		ValidArgsFunction: o.completeWorkflows,
	}
	grouped(c, "Project", o.flags)
	grouped(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&o.output, "output", "o", "", "`file` to write (default: standard output)")
		f.StringVarP(&o.format, "format", "f", "", "`svg`, html, dot or mermaid (default: by the file's extension, else svg)")
	})
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(plotFormats(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return c
}

func (o *plotOptions) run(args []string) error {
	format := o.format
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(o.output)), ".")
	}
	switch format {
	case "":
		format = "svg"
	case "htm":
		format = "html"
	case "gv":
		format = "dot"
	case "mmd":
		format = "mermaid"
	}
	write, ok := plotters[format]
	if !ok {
		return model.Errorf(model.Invalid, "there is no format %q", format).
			WithHint("pawl draws %s; choose one with --format", strings.Join(plotFormats(), ", "))
	}
	p, err := o.load()
	if err != nil {
		return err
	}
	w, err := findWorkflow(p, strings.Join(args, ""))
	if err != nil {
		return err
	}
	if o.output == "" || o.output == "-" {
		return write(o.world.Stdout, graphOf(w))
	}
	path := o.output
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.world.Dir, path)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f, graphOf(w)); err != nil {
		_ = f.Close() // the first error is the one to tell
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.world.Stderr, "wrote %s\n", o.output)
	return err
}

// graphOf turns a definition into a picture of it.
func graphOf(w *workflow.Workflow) plot.Graph {
	var b graphBuilder
	b.node(w.Root, "", "")
	return b.graph
}

type graphBuilder struct{ graph plot.Graph }

// node adds a task and all below it and returns its id, the full name.
func (b *graphBuilder) node(n *workflow.Node, parent, prefix string) string {
	id := prefix + n.Name
	b.graph.Nodes = append(b.graph.Nodes, plot.Node{ID: id, Label: n.Name, Detail: describe(n), Group: parent})
	ids := make([]string, len(n.Children))
	for i, c := range n.Children {
		ids[i] = b.node(c, id, id)
		for _, e := range c.After {
			b.graph.Edges = append(b.graph.Edges, plot.Edge{
				From: ids[e.From], To: ids[i], Label: e.Output, Dashed: e.On == workflow.OnDone,
			})
		}
	}
	b.beside(n, parent, prefix, id)
	return id
}

// beside adds what runs after a task by itself: its check and what is run on
// failure.
func (b *graphBuilder) beside(n *workflow.Node, parent, prefix, id string) {
	if parent == "" {
		return // what the workflow as a whole does on failure stands for itself
	}
	hooks := n.OnFailure
	if n.Check != nil {
		hooks = append(hooks[:len(hooks):len(hooks)], n.Check)
	}
	for _, h := range hooks {
		hook := b.node(h, parent, prefix+n.Name)
		b.graph.Edges = append(b.graph.Edges, plot.Edge{From: id, To: hook, Label: strings.TrimPrefix(h.Name, "^"), Dashed: true})
	}
}

// describe says what an action does, in a few words.
func describe(n *workflow.Node) string {
	if n.IsGroup() {
		return ""
	}
	text := n.Operator + ">"
	if v, ok := n.Config.Get("_command"); ok {
		command, _, _ := strings.Cut(strings.TrimSpace(params.Literal(v)), "\n")
		text += " " + command
	}
	return text
}
