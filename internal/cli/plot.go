package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/dig"
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
			"Nothing else needs to be installed.\n\n" +
			"Bodies of loops and conditions are drawn once, as groups. What runs after a failure\n" +
			"hangs on a dashed arrow.",
		Example: "  pawl plot -o daily.svg\n  pawl plot daily -f mermaid",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args) },

		ValidArgsFunction: o.completeWorkflows,
	}
	grouped(c, "Project", o.flags)
	grouped(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&o.output, "output", "o", "", "`file` to write (default: standard output)")
		f.StringVarP(&o.format, "format", "f", "", "`svg`, html, dot or mermaid (default: by the file's extension: .svg, .html, .dot, .gv or .mmd; else svg)")
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
	return o.write(func(to io.Writer) error { return write(to, graphOf(w)) })
}

// write writes the picture to the file that was asked for.
func (o *plotOptions) write(draw func(io.Writer) error) error {
	path := o.output
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.world.Dir, path)
	}
	f, err := os.Create(path)
	if err != nil {
		return o.cannot(path, err)
	}
	if err := errors.Join(draw(f), f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.world.Stderr, "wrote %s\n", o.output)
	return err
}

// cannot says why a file can't be written.
func (o *plotOptions) cannot(path string, err error) error {
	_, none := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(none, fs.ErrNotExist):
		return model.Errorf(model.NotFound, "can't write %s: there is no folder %s", o.output, filepath.Dir(o.output))
	case errors.Is(err, syscall.EISDIR):
		return model.Errorf(model.Conflict, "can't write %s: it is a folder", o.output).
			WithHint("give the name of a file, such as %s", filepath.Join(o.output, "workflow.svg"))
	}
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err // the path is told already
	}
	return fmt.Errorf("can't write %s: %w", o.output, err)
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
	shown := plot.Node{ID: id, Label: n.Name, Detail: describe(n), Group: parent}
	if n.Name == workflow.Generated { // nobody gave it one
		shown.Label, shown.Detail = shown.Detail, ""
	}
	b.graph.Nodes = append(b.graph.Nodes, shown)
	b.children(n, id)
	b.bodies(n, id)
	b.beside(n, parent, id)
	return id
}

// children adds the tasks of a group, which has the given id.
func (b *graphBuilder) children(n *workflow.Node, id string) {
	ids := make([]string, len(n.Children))
	for i, c := range n.Children {
		ids[i] = b.node(c, id, id)
		for _, e := range c.After {
			b.graph.Edges = append(b.graph.Edges, plot.Edge{
				From: ids[e.From], To: ids[i], Label: e.Output, Dashed: e.On == workflow.OnDone,
			})
		}
	}
}

// bodies adds the tasks that an action makes of its own keys, in groups that
// say when they run.
func (b *graphBuilder) bodies(n *workflow.Node, id string) {
	for _, key := range []string{"_do", "_else_do"} {
		v, _ := n.Config.Get(key)
		config, ok := v.(params.Map)
		if !ok {
			continue
		}
		body, err := dig.CompileSubtasks(workflow.Generated, config)
		if err != nil || body.IsGroup() && len(body.Children) == 0 {
			continue // check tells what is wrong with it
		}
		group := id + key
		b.graph.Nodes = append(b.graph.Nodes, plot.Node{ID: group, Label: when(n.Operator, key), Group: id})
		if body.IsGroup() {
			b.children(body, group)
			b.beside(body, id, group)
			continue
		}
		b.node(body, group, group)
	}
}

// when says when a body runs.
func when(operator, key string) string {
	switch {
	case operator != "if":
		return "repeated"
	case key == "_do":
		return "if true"
	}
	return "if false"
}

// beside adds what runs after a task by itself: its check and what is run on
// failure. What every workflow does by itself on a failure goes without saying.
func (b *graphBuilder) beside(n *workflow.Node, parent, id string) {
	hooks := n.OnFailure
	if n.Check != nil {
		hooks = append(hooks[:len(hooks):len(hooks)], n.Check)
	}
	for _, h := range hooks {
		if h.Name == "^failure-alert" {
			continue
		}
		hook := b.node(h, parent, id)
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
