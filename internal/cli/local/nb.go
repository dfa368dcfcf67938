package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/notebooks"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// nbOptions are those of nb.
type nbOptions struct {
	world    console.IO
	pipeline pipelineOptions

	inject, remove, sync      bool
	format, pair              string
	installHook, uninstall    bool
	singleClick, noMoreClicks bool
	jupyter                   bool
}

func newNb(world console.IO) *cobra.Command {
	o := nbOptions{world: world}
	c := &cobra.Command{
		Use: "nb", GroupID: "run",
		Short: "Prepare notebooks and scripts for editors",
		Long: "Prepare the notebooks and scripts of a pipeline for those who edit them: with the\n" +
			"parameters that their tasks get, in another format, or paired with notebooks.\n\n" +
			"Nothing of this changes what their tasks are: they stay up to date.\n\n" + console.ExitHelp,
		Example: "  pawl nb --inject\n  pawl nb --format py:percent\n  pawl nb --pair notebooks",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().NFlag() == 0 {
				return console.Misused(c, errors.New("pawl nb needs a flag that says what is to be done"))
			}
			return o.run(c.Context())
		},
	}
	console.Grouped(c, "Parameters", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.inject, "inject", "i", false, "write a cell with the parameters of its task into each notebook")
		f.BoolVarP(&o.remove, "remove", "r", false, "take these cells out")
	})
	console.Grouped(c, "Files", func(f *pflag.FlagSet) {
		f.StringVarP(&o.format, "format", "f", "", "write them in a `format`: py:percent, py:light, ipynb, Rmd, ...")
		f.StringVarP(&o.pair, "pair", "p", "", "pair scripts with notebooks in a `folder`, by jupytext")
		f.BoolVarP(&o.sync, "sync", "s", false, "bring paired files up to date, by jupytext")
	})
	console.Grouped(c, "Tools", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.installHook, "install-hook", "I", false, "have git take the cells out of what is committed, and put them in again")
		f.BoolVarP(&o.uninstall, "uninstall-hook", "u", false, "remove these hooks")
		f.BoolVarP(&o.singleClick, "single-click", "S", false, "have JupyterLab open scripts as notebooks")
		f.BoolVarP(&o.noMoreClicks, "single-click-disable", "d", false, "have JupyterLab open scripts as text")
		f.BoolVar(&o.jupyter, "jupyter-config", false, "print what has Jupyter show parameters in open notebooks, for jupyter_server_config.py")
	})
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	c.MarkFlagsMutuallyExclusive("inject", "remove")
	c.MarkFlagsMutuallyExclusive("install-hook", "uninstall-hook")
	c.MarkFlagsMutuallyExclusive("single-click", "single-click-disable")
	o.pipeline.envFlags(c, world.Args)
	c.AddCommand(newNbCells(world))
	return c
}

// run does what was asked for. What changes files comes before what reads them.
func (o *nbOptions) run(ctx context.Context) error {
	if err := o.tools(); err != nil {
		return err
	}
	for _, step := range []struct {
		asked bool
		do    func(context.Context, *opened) error
	}{
		{o.format != "", o.reformat}, {o.inject, o.injectAll}, {o.remove, o.removeAll}, {o.sync, o.syncAll}, {o.pair != "", o.pairAll},
	} {
		if !step.asked {
			continue
		}
		if err := o.with(ctx, step.do); err != nil {
			return err
		}
	}
	return nil
}

// tools does what needs no pipeline.
func (o *nbOptions) tools() error {
	for _, step := range []struct {
		asked bool
		do    func() error
	}{
		{o.singleClick, o.enableClick}, {o.noMoreClicks, o.disableClick}, {o.installHook, o.installHooks}, {o.uninstall, o.removeHooks}, {o.jupyter, o.printJupyter},
	} {
		if !step.asked {
			continue
		}
		if err := step.do(); err != nil {
			return err
		}
	}
	return nil
}

// with calls do with the pipeline as it is now.
func (o *nbOptions) with(ctx context.Context, do func(context.Context, *opened) error) error {
	p, err := o.pipeline.open(ctx, o.world)
	if err != nil {
		return err
	}
	defer p.close()
	return do(ctx, p)
}

func (o *nbOptions) injectAll(_ context.Context, p *opened) error {
	priority, err := pipeline.Configured(o.world.Dir, "inject-priority")
	if err != nil {
		return err
	}
	done, err := notebooks.Inject(p.Pipeline, priority)
	for _, one := range done {
		if err := o.warnOfOthers(one); err != nil {
			return err
		}
		if err := o.say("%s: parameters of %s", o.shown(one.Path), one.Task); err != nil {
			return err
		}
	}
	return err
}

// warnOfOthers tells of the tasks with the same file, whose parameters it has not.
func (o *nbOptions) warnOfOthers(one notebooks.Injected) error {
	if len(one.Others) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(o.world.Stderr,
		"pawl: warning: %s is the source of %s too; name the task that is meant as inject-priority in the section [ploomber] of setup.cfg\n",
		o.shown(one.Path), strings.Join(one.Others, ", "))
	return err
}

func (o *nbOptions) removeAll(_ context.Context, p *opened) error {
	changed, err := notebooks.Remove(p.Pipeline)
	for _, path := range changed {
		if err := o.say("%s: parameters removed", o.shown(path)); err != nil {
			return err
		}
	}
	return err
}

func (o *nbOptions) reformat(_ context.Context, p *opened) error {
	done, err := notebooks.Reformat(p.Pipeline, notebook.Format(o.format))
	for _, one := range done {
		if err := o.say("%s: now %s in the format %s", o.shown(one.Old), o.shown(one.Path), o.format); err != nil {
			return err
		}
	}
	return err
}

func (o *nbOptions) syncAll(ctx context.Context, p *opened) error {
	some := false
	for _, f := range notebooks.Files(p.Pipeline) {
		paired, err := notebooks.Paired(f.Path)
		if err != nil {
			return err
		}
		if !paired {
			continue
		}
		some = true
		if err := jupytext(ctx, p, "--sync", f.Path); err != nil {
			return err
		}
		if err := o.say("%s: synced", o.shown(f.Path)); err != nil {
			return err
		}
	}
	if !some {
		return model.Errorf(model.Invalid, "no file of the pipeline is paired with another one").WithHint("`pawl nb --pair FOLDER` pairs them")
	}
	return nil
}

func (o *nbOptions) pairAll(ctx context.Context, p *opened) error {
	files := notebooks.Files(p.Pipeline)
	for _, f := range files {
		if filepath.Ext(f.Path) == ".ipynb" {
			return model.Errorf(model.Invalid, "%s is a notebook: only scripts are paired", o.shown(f.Path)).
				WithHint("`pawl nb --format py:percent` makes scripts of notebooks")
		}
	}
	for _, f := range files {
		nb, err := notebooks.Read(f.Path)
		if err != nil {
			return err
		}
		if err := jupytext(ctx, p, "--set-formats", o.pair+"//ipynb,"+string(nb.Format()), f.Path); err != nil {
			return err
		}
		if err := o.say("%s: paired with a notebook in %s", o.shown(f.Path), o.pair); err != nil {
			return err
		}
	}
	return nil
}

// jupytext calls jupytext in the project's Python, because it knows how to bring
// the outputs of notebooks and the code of scripts together.
func jupytext(ctx context.Context, p *opened, args ...any) error {
	host, err := p.python(ctx)
	if err != nil {
		return err
	}
	_, err = host.Call(ctx, python.Call{Path: "_pawl.notebooks.pairs.jupytext", Args: params.Of("args", args)})
	var f *python.Failure
	if errors.As(err, &f) && f.Class == "NotebookError" { // it is not installed
		return model.Errorf(model.Unavailable, "%s", f.Message)
	}
	return err
}

// shown is a path for people: relative where it is below the working directory.
func (o *nbOptions) shown(path string) string {
	if below, err := filepath.Rel(o.world.Dir, path); err == nil && filepath.IsLocal(below) {
		return below
	}
	return path
}

func (o *nbOptions) say(format string, args ...any) error {
	_, err := fmt.Fprintf(o.world.Stdout, format+"\n", args...)
	return err
}
