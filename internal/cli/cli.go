// Package cli is the command line. It puts together the families of commands, each
// a package below: local works on the files here, remote talks to a server, server
// is one; they share console. Results go to standard output, everything else to
// standard error.
package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
)

// version is set when the program is built.
var version = "dev"

// IO is the world that a command works in.
type IO = console.IO

// OS is the world of this process.
func OS() IO { return console.OS() }

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, world console.IO) (code int) {
	defer func() {
		if p := recover(); p != nil {
			_, _ = fmt.Fprintf(world.Stderr, "pawl: error: internal fault: %v\npawl: hint: nothing that was finished is lost; please report this\n", p)
			code = console.ExitInternal
		}
	}()
	args = habitual(args)
	world.Args, world.Version = args, version
	root := newRoot(world, args)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return console.ExitOK
	}
	var q console.Quiet
	if errors.As(err, &q) {
		return q.Code
	}
	err = console.Coded(err)
	console.PrintError(world.Stderr, err)
	return console.ExitCode(err)
}

// newRoot returns what runs a command line.
func newRoot(world console.IO, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "pawl",
		Short: "Run workflows and never lose progress",
		Long: "pawl runs workflows from .dig files and never loses progress: what is done stays done.\n\n" +
			console.ExitHelp,
		Args:              console.KnownCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(world.Stdin)
	root.SetOut(world.Stdout)
	root.SetErr(world.Stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetUsageFunc(console.Usage)
	root.SetFlagErrorFunc(console.Misused)
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run workflows"},
		&cobra.Group{ID: "look", Title: "Look at workflows"},
		&cobra.Group{ID: "server", Title: "Serve"},
		&cobra.Group{ID: "remote", Title: "Look at runs, and work with a server"},
		&cobra.Group{ID: "other", Title: "Other"},
	)
	root.SetHelpCommand(console.NewHelp())
	addCommands(root, world, args)
	return root
}
