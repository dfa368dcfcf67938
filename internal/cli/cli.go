// Package cli is the command line: it reads arguments, calls the rooms below
// it and prints. Results go to standard output, everything else to standard
// error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/clock"
)

// version is set when the program is built.
var version = "dev"

// IO is the world that a command works in.
type IO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Args are those of the command line.
	Args []string
	// Env is the environment, as "K=V".
	Env []string
	// Dir is the working directory.
	Dir   string
	Clock clock.Clock
	// Signals begins to catch the signals that ask the program to end, until
	// stop is called.
	Signals func() (caught <-chan os.Signal, stop func())
}

// OS is the world of this process.
func OS() IO {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return IO{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env: os.Environ(), Dir: dir, Clock: clock.System{}, Signals: catch,
	}
}

// catch catches the signals that ask for the end: SIGHUP unless whoever started
// the program wants it to outlive its terminal, as nohup does, and SIGQUIT
// unless somebody looks for a fault and wants to see the goroutines.
func catch() (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 2) // nobody asks more than twice
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	if os.Getenv("GOTRACEBACK") == "" {
		signal.Notify(signals, syscall.SIGQUIT)
	}
	// A reader that has left shows by an error of writing. The signal says the
	// same, but also of other pipes and connections, and would end the program.
	if !signal.Ignored(syscall.SIGPIPE) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	return signals, func() { signal.Stop(signals) }
}

// env returns a variable of the environment, or "".
func (w IO) env(name string) string {
	for i := len(w.Env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(w.Env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// path returns the path of a file that is named on the command line.
func (w IO) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.Dir, name)
}

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, world IO) (code int) {
	defer func() {
		if p := recover(); p != nil {
			_, _ = fmt.Fprintf(world.Stderr, "pawl: error: internal fault: %v\npawl: hint: nothing that was finished is lost; please report this\n", p)
			code = exitInternal
		}
	}()
	args = habitual(args)
	world.Args = args
	root := newRoot(world, args)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var q quiet
	if errors.As(err, &q) {
		return q.code
	}
	err = coded(err)
	printError(world.Stderr, err)
	return exitCode(err)
}

// newRoot returns what runs a command line.
func newRoot(world IO, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "pawl",
		Short: "Run workflows and never lose progress",
		Long: "pawl runs workflows from .dig files and never loses progress: what is done stays done.\n\n" +
			exitHelp,
		Args:              knownCommand,
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
	root.SetUsageFunc(usage)
	root.SetFlagErrorFunc(misused)
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run workflows"},
		&cobra.Group{ID: "look", Title: "Look at workflows"},
		&cobra.Group{ID: "server", Title: "Serve"},
		&cobra.Group{ID: "remote", Title: "Work with a server"},
		&cobra.Group{ID: "other", Title: "Other"},
	)
	root.SetHelpCommand(newHelp())
	addCommands(root, world, args)
	return root
}
