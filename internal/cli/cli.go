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
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// version is set when the program is built.
var version = "dev"

// IO is the world that a command works in.
type IO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Env is the environment, as "K=V".
	Env []string
	// Dir is the working directory.
	Dir   string
	Clock clock.Clock
	// Signals receives interrupts; nil for none.
	Signals <-chan os.Signal
}

// OS is the world of this process.
func OS() IO {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return IO{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env: os.Environ(), Dir: dir, Clock: clock.System{}, Signals: signals,
	}
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

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitForbidden   = 4
	exitConflict    = 5
	exitUnreachable = 6
	exitInternal    = 7
	exitInterrupt   = 130
	exitTerminate   = 143
)

const exitHelp = `Exit codes:
  0 done · 1 the run failed · 2 wrong usage or definition · 3 not found
  4 not allowed · 5 conflict · 6 server unreachable · 7 internal error
  130 and 143 ended by a signal`

// quiet is an error whose text was printed already.
type quiet struct{ code int }

func (q quiet) Error() string { return fmt.Sprintf("exit code %d", q.code) }

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, world IO) (code int) {
	defer func() {
		if p := recover(); p != nil {
			_, _ = fmt.Fprintf(world.Stderr, "pawl: error: internal fault: %v\npawl: hint: nothing that was finished is lost; please report this\n", p)
			code = exitInternal
		}
	}()
	root := newRoot(world)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var q quiet
	if errors.As(err, &q) {
		return q.code
	}
	printError(world.Stderr, err)
	return exitCode(err)
}

// exitCode follows from the kind of the error and from nothing else.
func exitCode(err error) int {
	var definition document.Errors
	var fault *document.Error
	var usage usageError
	switch {
	case errors.As(err, &definition), errors.As(err, &fault), errors.As(err, &usage):
		return exitUsage
	}
	switch model.CodeOf(err) {
	case model.Invalid:
		return exitUsage
	case model.NotFound:
		return exitNotFound
	case model.Forbidden:
		return exitForbidden
	case model.Conflict:
		return exitConflict
	case model.Unavailable:
		return exitUnreachable
	case model.RunFailed:
		return exitFailed
	default:
		return exitInternal
	}
}

// printError shows an error once, with the lines of a definition that it
// points to and what to do next.
func printError(w io.Writer, err error) {
	var definition document.Errors
	var fault *document.Error
	switch {
	case errors.As(err, &definition):
		_, _ = fmt.Fprintf(w, "%s\n", definition.Excerpt())
		_, _ = fmt.Fprintf(w, "pawl: error: %s\n", counted(len(definition), "error in the definitions", "errors in the definitions"))
	case errors.As(err, &fault):
		_, _ = fmt.Fprintf(w, "%s\n", fault.Excerpt())
		_, _ = fmt.Fprintln(w, "pawl: error: 1 error in the definitions")
	default:
		_, _ = fmt.Fprintf(w, "pawl: error: %s\n", strings.TrimSpace(err.Error()))
	}
	for hint := range strings.Lines(model.HintsOf(err)) {
		_, _ = fmt.Fprintf(w, "pawl: hint: %s\n", strings.TrimSpace(hint))
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// usageError is a mistake in the arguments.
type usageError struct{ error }

func newRoot(world IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "pawl",
		Short: "Run workflows and never lose progress",
		Long: "pawl runs workflows from .dig files and never loses progress: what is done stays done.\n\n" +
			exitHelp,
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version,
		DisableAutoGenTag: true,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(world.Stdin)
	root.SetOut(world.Stdout)
	root.SetErr(world.Stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{model.Errorf(model.Invalid, "%s", err).WithHint("see `%s --help`", c.CommandPath())}
	})
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run workflows:"},
		&cobra.Group{ID: "look", Title: "Look at workflows:"},
		&cobra.Group{ID: "other", Title: "Other:"},
	)
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	for _, c := range []*cobra.Command{
		newRun(world), newInit(world), newCheck(world), newPlan(world), newPlot(world),
		newSecrets(world), newVersion(world),
	} {
		wrapArgs(c)
		root.AddCommand(c)
	}
	return root
}

// wrapArgs makes a wrong number of arguments a usage error with a hint.
func wrapArgs(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return usageError{model.Errorf(model.Invalid, "%s", err).WithHint("see `%s --help`", c.CommandPath())}
		}
		return nil
	}
}

func newVersion(world IO) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", GroupID: "other", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(world.Stdout, version)
			return err
		},
	}
}
