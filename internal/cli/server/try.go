package server

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/runner"
)

// newTry is what a runner calls that has each task run by a program of its own.
func newTry(world console.IO) *cobra.Command {
	var o console.LogOptions
	c := &cobra.Command{
		Use: "try TASK [FILE]", Hidden: true, Args: cobra.RangeArgs(1, 2),
		Short: "Run a task that a server gave",
		Long: "Run one task that a server gave on standard input, or in a file, and store how it ended.\n\n" +
			"It ends with 0 once that is stored, however the task ended. A signal ends the task, which is run again\n" +
			"elsewhere unless it was to end.",
		RunE: func(c *cobra.Command, args []string) error { return runTry(c.Context(), world, &o, args) },
	}
	o.Flags(c.Flags())
	return c
}

func runTry(ctx context.Context, world console.IO, o *console.LogOptions, args []string) (err error) {
	if err := seclude(); err != nil {
		return err
	}
	input, err := readInput(world, args[1:])
	if err != nil {
		return err
	}
	t, err := serve.ReadTry(input)
	if err != nil {
		return err
	}
	if err := clearInput(world, args[1:]); err != nil {
		return err
	}
	log, closeLog, err := o.OpenServer(world, serve.LogFormat(t.Settings()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	with := serve.Config{Env: world.Env, Version: world.Version, Log: log}
	err = serveUntil(ctx, world, func(gently, _ context.Context) error { return t.Run(gently, with) }, func() error { return nil })
	if errors.Is(err, serve.ErrTold) {
		console.PrintError(world.Stderr, err)
		return console.Quiet{Code: runner.ExitTold}
	}
	return err
}

func readInput(world console.IO, file []string) ([]byte, error) {
	if len(file) == 0 {
		return io.ReadAll(world.Stdin)
	}
	return os.ReadFile(file[0])
}

// clearInput leaves nothing of the input where the task could find it: not in the file,
// nor behind what this process or its parents have open. It has the server's passwords.
func clearInput(world console.IO, file []string) error {
	if len(file) > 0 {
		if err := os.Truncate(file[0], 0); err != nil {
			return model.Errorf(model.Forbidden, "the task could read the passwords of the server: its input can't be emptied: %w", err).
				WithHint("let the program write its input file, or give it the input as standard input")
		}
		return nil
	}
	f, ok := world.Stdin.(*os.File)
	if !ok {
		return nil
	}
	_ = f.Truncate(0) // a pipe has no rest, and what can only be read is whoever's who opened it
	return detach(f)
}
