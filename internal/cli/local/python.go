package local

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
)

func newPython(world console.IO) *cobra.Command {
	return &cobra.Command{
		Use: "python [ARGUMENT]...", GroupID: "run",
		Short: "Start the project's Python, in which pipelines can be built",
		Long: "Start the project's Python, with the package ploomber of pawl in front of what is installed: for\n" +
			"scripts that make a pipeline and build it. All arguments are Python's, but for a single --library,\n" +
			"which prints the folder with the package, to be put on PYTHONPATH. It ends as Python does.\n\n" + console.ExitHelp,
		Example:            "  pawl python make.py\n  pawl python -m pytest\n  export PYTHONPATH=\"$(pawl python --library)\"",
		Args:               cobra.ArbitraryArgs,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "--library" {
				return printLibrary(world)
			}
			return runPython(c.Context(), world, args)
		},
	}
}

func printLibrary(world console.IO) error {
	folder, err := python.Library()
	if err == nil {
		_, err = fmt.Fprintln(world.Stdout, folder)
	}
	return err
}

func runPython(ctx context.Context, world console.IO, args []string) error {
	var p pool.Pool
	defer p.Close()
	host, release, err := p.Of(ctx, pool.Place{Dir: world.Dir, Root: world.Dir, Cwd: world.Dir, Env: world.Env})
	if err != nil {
		return err
	}
	defer release()
	env := host.Environment()
	if self, err := os.Executable(); err == nil { // else it is looked for on PATH
		env = append(env, "PAWL_EXECUTABLE="+self)
	}
	return hand(ctx, world, env, host.Interpreter(), args...)
}
