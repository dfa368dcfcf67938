package local

import (
	"context"
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

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/picture"
	"github.com/pawlhq/pawl/internal/plot"
)

type plotOptions struct {
	buildOptions
	output, format, backend string
	products                bool
}

var plotters = map[string]func(io.Writer, plot.Graph) error{
	"svg": plot.SVG, "html": plot.HTML, "dot": plot.DOT, "mermaid": plot.Mermaid,
}

func plotFormats() []string { return slices.Sorted(maps.Keys(plotters)) }

func newPlot(world console.IO) *cobra.Command {
	o := plotOptions{buildOptions: buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}}
	c := &cobra.Command{
		Use: "plot [WORKFLOW]", GroupID: "look",
		Short: "Draw the tasks of a workflow or of a pipeline",
		Long: "Draw the tasks of a workflow or of a pipeline as SVG, as a page, or as DOT or Mermaid text.\n" +
			"Nothing else needs to be installed.\n\n" +
			"Bodies of loops and conditions are drawn once, as groups. What runs after a failure\n" +
			"hangs on a dashed arrow. In a pipeline, the colours say what is outdated, and the picture goes to\n" +
			"pipeline.svg, or pipeline.NAME.svg for pipeline.NAME.yaml, unless -o says where to.",
		Example: "  pawl plot -o daily.svg\n  pawl plot daily -f mermaid",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.given = c.Flags()
			return o.plot(c.Context(), args)
		},

		ValidArgsFunction: o.completeWorkflows,
	}
	console.Grouped(c, "Project", o.ProjectOptions.Flags)
	console.Grouped(c, "Pipeline", func(f *pflag.FlagSet) {
		o.pipeline.flags(f)
		f.BoolVarP(&o.products, "include-products", "i", false, "show the products of a pipeline, too")
	})
	o.pipeline.envFlags(c, world.Args)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&o.output, "output", "o", "", "`file` to write, or - for standard output, which is the default for a workflow")
		f.StringVarP(&o.backend, "backend", "b", "", "what draws with Ploomber: d3 stands for html, mermaid for mermaid, pygraphviz for svg")
		f.StringVarP(&o.format, "format", "f", "", "`svg`, html, dot or mermaid (default: by the file's extension: .svg, .html, .dot, .gv or .mmd; else svg)")
	})
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(plotFormats(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return c
}

// plot draws what the arguments name.
func (o *plotOptions) plot(ctx context.Context, args []string) error {
	format, err := o.chosenFormat()
	if err != nil {
		return err
	}
	pipe, _, err := o.either(ctx, args, nil)
	if err != nil {
		return err
	}
	if pipe != nil {
		defer pipe.close()
		plan, err := pipe.plan(ctx, o.World, build.Options{})
		if err != nil {
			return err
		}
		return o.drawPipeline(pipe, plan, format)
	}
	p, err := o.Load()
	if err != nil {
		return err
	}
	w, err := findWorkflow(p, strings.Join(args, ""))
	if err != nil {
		return err
	}
	return o.draw(func(to io.Writer) error { return plotters[format](to, picture.Of(w)) })
}

// chosenFormat is what is asked for, or follows from the name of the file.
func (o *plotOptions) chosenFormat() (string, error) {
	format := o.format
	if o.backend != "" {
		of, err := formatOfBackend(o.backend)
		if err != nil {
			return "", err
		}
		if format != "" && format != of {
			return "", model.Errorf(model.Invalid, "--backend %s stands for --format %s, not %s", o.backend, of, format)
		}
		format = of
	}
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
	if _, ok := plotters[format]; !ok {
		return "", model.Errorf(model.Invalid, "there is no format %q", format).
			WithHint("pawl draws %s; choose one with --format", strings.Join(plotFormats(), ", "))
	}
	return format, nil
}

// draw draws to where the picture is to go.
func (o *plotOptions) draw(to func(io.Writer) error) error {
	if o.output == "" || o.output == "-" {
		return to(o.World.Stdout)
	}
	return o.write(to)
}

// write writes the picture to the file that was asked for.
func (o *plotOptions) write(draw func(io.Writer) error) error {
	path := o.output
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.World.Dir, path)
	}
	f, err := os.Create(path)
	if err != nil {
		return o.cannot(path, err)
	}
	if err := errors.Join(draw(f), f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.World.Stderr, "wrote %s\n", o.output)
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
