package local

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/workflow"
)

// debugging says how people look into functions and notebooks that fail.
type debugging struct{ now, later bool }

func (d *debugging) flags(c *cobra.Command) {
	console.Grouped(c, "Debugging", func(f *pflag.FlagSet) {
		f.BoolVarP(&d.now, "debug", "d", false, "start a debugger here where a function or notebook fails, and run one task at a time")
		f.BoolVarP(&d.later, "debuglater", "D", false, "write NAME.dump where one fails; `dltr` NAME.dump, of the package debuglater, starts a debugger there")
	})
}

// sane refuses what makes no sense. That Ploomber's two variables are set means
// --debug.
func (d *debugging) sane(o *buildOptions) error {
	d.now = d.now || !d.later && o.World.Getenv("PLOOMBER_DEBUG") != "" && o.World.Getenv("PLOOMBER_POST_MORTEM") != ""
	switch {
	case d.now && d.later:
		return model.Errorf(model.Invalid, "--debug and --debuglater can't be had at once")
	case d.now && o.json:
		return model.Errorf(model.Invalid, "--debug and --json both want the standard output")
	}
	return nil
}

// prepare has tasks of a workflow looked into when they fail, and reports
// whether one at a time is given the terminal.
func (d *debugging) prepare(ctx context.Context, p *opened, w *workflow.Workflow) (atTerminal bool, err error) {
	later := false
	for _, n := range w.Root.Children {
		how := d.of(n)
		if how == python.DebugNever {
			continue
		}
		n.Config = n.Config.Set("debug", string(how))
		atTerminal = atTerminal || how == python.DebugNow
		later = later || how == python.DebugLater
	}
	if later {
		if err := needDebuglater(ctx, p); err != nil {
			return false, err
		}
	}
	if !atTerminal {
		return false, nil
	}
	if p.pool.Terminal == nil {
		return false, model.Errorf(model.Invalid, "a debugger needs a terminal, which is not there")
	}
	for _, n := range w.Root.Children { // who has looked into a failure wants to mend it
		n.Failure = workflow.Failure{Scope: workflow.WholeGroup, Effect: workflow.CancelOthers}
	}
	return true, nil
}

// terminalOf is where a debugger talks to people; nil where nobody can.
func terminalOf(w console.IO) *python.Terminal {
	in, readable := w.Stdin.(*os.File)
	out, writable := w.Stdout.(*os.File)
	if !readable || !writable {
		return nil
	}
	return &python.Terminal{Input: in, Output: out}
}

// of returns how people look into a task: as the options say, or its own
// debug_mode.
func (d *debugging) of(n *workflow.Node) python.Debug {
	if n.Operator != "function" && n.Operator != "notebook" {
		return python.DebugNever
	}
	options, _ := n.Config.MapOr("options", params.Map{}) // running it tells what is wrong
	own, _ := options.StringOr("debug_mode", "")
	switch {
	case d.now || !d.later && own == string(python.DebugNow):
		return python.DebugNow
	case d.later || own == string(python.DebugLater):
		return python.DebugLater
	}
	return python.DebugNever
}

// needDebuglater is an error where the pipeline's Python lacks what writes dumps.
func needDebuglater(ctx context.Context, p *opened) error {
	command, err := (caller{p}).Call(ctx, pipeline.Call{Path: "_pawl.debugging.missing", Args: params.Of("module", "debuglater")})
	if command, ok := command.(string); ok {
		return model.Errorf(model.Unavailable, "the Python of the pipeline has no package debuglater, which --debuglater needs").
			WithHint("%s", command)
	}
	return err
}
