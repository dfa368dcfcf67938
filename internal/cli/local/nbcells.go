package local

import (
	"context"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/notebooks"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
	source "github.com/pawlhq/pawl/internal/source/python"
)

// newNbCells makes the command that Jupyter's contents manager asks (see the
// module ploomber.jupyter of the embedded library).
func newNbCells(world console.IO) *cobra.Command {
	var o pipelineOptions
	c := &cobra.Command{
		Use: "cells", Hidden: true,
		Short: "Print what editors show in the notebooks of a pipeline, as one JSON object",
		Long: "Print what editors show in the notebooks and scripts of a pipeline besides what stands there,\n" +
			"as one JSON object.\n\n" + console.ExitHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := nbCells(c.Context(), world, &o)
			if err != nil {
				return err
			}
			return console.PrintJSON(world.Stdout, m)
		},
	}
	console.WrapArgs(c)
	console.Grouped(c, "Pipeline", o.flags)
	return c
}

// nbCells returns what the command prints. Warnings are left to other commands:
// it is asked whenever a notebook is opened.
func nbCells(ctx context.Context, world console.IO, o *pipelineOptions) (params.Map, error) {
	p, err := o.openWith(ctx, world, func(document.Errors) {})
	if err != nil {
		return params.Map{}, err
	}
	defer p.close()
	priority, err := pipeline.Configured(world.Dir, "inject-priority")
	if err != nil {
		return params.Map{}, err
	}
	cells, err := notebooks.Cells(p.Pipeline, priority)
	if err != nil {
		return params.Map{}, err
	}
	list := make([]params.Value, len(cells))
	for i, c := range cells {
		list[i] = nbCell(c)
	}
	functions, err := nbFunctions(p.Pipeline)
	if err != nil {
		return params.Map{}, err
	}
	var links params.Map
	for _, path := range slices.Sorted(maps.Keys(p.Paths)) {
		links = links.Set(path, p.Paths[path])
	}
	return params.Of("files", list, "functions", functions, "root", p.Root, "folders", values(slices.Compact([]string{p.Dir, p.Root})),
		"inputs", values(p.Inputs), "links", links, "volatile", p.Volatile), nil
}

func nbCell(c notebooks.Cell) params.Map {
	products := c.Products()
	metadata := make([]string, len(products))
	for i, path := range products {
		metadata[i] = files.MetadataPath(path)
	}
	m := params.Of("path", c.Path, "task", c.Task, "products", values(products), "metadata", values(metadata))
	if c.Err != nil {
		return m.Set("error", c.Err.Error())
	}
	return m.Set("code", c.Code)
}

// nbFunctions returns the functions that are to be shown as notebooks.
func nbFunctions(p *pipeline.Pipeline) ([]params.Value, error) {
	list := []params.Value{}
	if !p.Config.JupyterFunctionsAsNotebooks {
		return list, nil
	}
	functions, err := notebooks.Functions(p)
	for _, f := range functions {
		list = append(list, params.Of("path", f.Path, "module", f.Module, "function", f.Name, "task", f.Task, "code", f.Code))
	}
	return list, err
}

func values(texts []string) []params.Value {
	list := make([]params.Value, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// printJupyter prints lines for the configuration of Jupyter's server.
func (o *nbOptions) printJupyter() error {
	library, err := python.Library()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return o.say(`# The notebooks of pipelines get the parameters of their tasks when they are opened.
import os, sys
sys.path.insert(0, %s)
os.environ.setdefault("PAWL_EXECUTABLE", %s)
c.ServerApp.contents_manager_class = "ploomber.jupyter.manager.PloomberContentsManager"`, source.Repr(library), source.Repr(program))
}
