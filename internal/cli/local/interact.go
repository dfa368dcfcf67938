package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/params"
	source "github.com/pawlhq/pawl/internal/source/python"
)

type interactOptions struct {
	world    console.IO
	pipeline pipelineOptions
}

func newInteract(world console.IO) *cobra.Command {
	o := interactOptions{world: world}
	c := &cobra.Command{
		Use: "interact", GroupID: "look",
		Short: "Start Python with the pipeline as dag",
		Long: "Start IPython, or Python where that is not installed, with the pipeline as dag: dag.build(),\n" +
			"dag.status(), list(dag), dag['task'].\n\n" + console.ExitHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	o.pipeline.envFlags(c, world.Args)
	return c
}

// interactive is what Python does first; what it is about stands before it.
const interactive = `
import os, sys
sys.path[:0] = folders
if factory:
    from _pawl import factories
    dag = factories.make(factory)
elif not file:
    from ploomber.spec import DAGSpec
    dag = (DAGSpec.from_directory if os.path.isdir(entry) else DAGSpec.from_files)(entry).to_dag()
else:
    from _pawl import loaded
    dag = loaded.dag({'file': file, 'set': settings})
try:
    from IPython import start_ipython
except ImportError:
    import code
    code.interact(banner='The pipeline is dag.', local={'dag': dag}, exitmsg='')
else:
    start_ipython(argv=['--no-banner'], user_ns={'dag': dag})
`

func (o *interactOptions) run(ctx context.Context) error {
	p, err := o.pipeline.open(ctx, o.world)
	if err != nil {
		return err
	}
	defer p.close()
	host, err := p.python(ctx)
	if err != nil {
		return err
	}
	settings := make([]params.Value, len(o.pipeline.set))
	for i, s := range o.pipeline.set {
		settings[i] = params.Of("path", s.Path, "value", s.Value)
	}
	code := fmt.Sprintf("folders = %s\nentry = %s\nfile = %s\nsettings = %s\nfactory = %s\n%s",
		source.Repr([]params.Value{p.Dir, p.Root}), source.Repr(o.pipeline.entry), source.Repr(p.File), source.Repr(settings), source.Repr(p.factory), interactive)
	environment := host.Environment()
	if self, err := os.Executable(); err == nil { // else it is looked for on PATH
		environment = append(environment, "PAWL_EXECUTABLE="+self)
	}
	return hand(ctx, o.world, environment, host.Interpreter(), "-c", code)
}

// use is hand for a program that is one step of a command: if it fails, so does
// the command, whatever the program's exit code is.
func use(ctx context.Context, w console.IO, env []string, program string, args ...string) error {
	err := hand(ctx, w, env, program, args...)
	if errors.As(err, new(console.Quiet)) {
		return console.Quiet{Code: console.ExitFailed}
	}
	return err
}

// hand lets a program have the terminal until it ends. Signals are for the program
// then, and its exit code is the command's.
func hand(ctx context.Context, w console.IO, env []string, program string, args ...string) error {
	signals, stop := w.Signals()
	defer stop()
	c := exec.CommandContext(ctx, program, args...)
	c.Dir, c.Env = w.Dir, env
	c.Stdin, c.Stdout, c.Stderr = w.Stdin, w.Stdout, w.Stderr
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }() // the loop waits for it
	for {
		select {
		case err := <-ended:
			var failed *exec.ExitError
			if errors.As(err, &failed) {
				return console.Quiet{Code: max(console.ExitFailed, failed.ExitCode())}
			}
			return err
		case got := <-signals:
			if got != os.Interrupt { // which the keyboard gives to both
				_ = c.Process.Signal(got) // it fails only where the program has ended
			}
		}
	}
}
