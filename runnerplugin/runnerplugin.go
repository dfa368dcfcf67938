// Package runnerplugin is for authors of plug-ins that run tasks: programs named
// pawl-runner-NAME through which a server with runner.type = NAME has each task run by
// a program somewhere.
//
// A plug-in is a Launcher and a main function:
//
//	func main() { os.Exit(runnerplugin.Main("pawl-runner-NAME 1.0", open)) }
//
// The package speaks the protocol of docs/reference/runner-plugins.md, over standard
// input and output. Package runner/runnertest has the suite that every launcher
// passes.
package runnerplugin

import (
	"context"
	"errors"
	"io"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin/wire"
	"github.com/pawlhq/pawl/runner"
)

// Launcher starts programs somewhere. Its methods may be called concurrently;
// contexts end when the caller is not interested any more.
type Launcher = runner.Launcher

// Order is a program that is to run. Its ReadOptions reads what the task says to the
// plug-in.
type Order = runner.Order

// Status is what a Launcher knows of a program.
type Status = runner.Status

// Resources are what a program takes of a machine.
type Resources = runner.Resources

// State says what has become of a program.
type State = runner.State

// States of programs.
const (
	Waiting = runner.Waiting
	Running = runner.Running
	Exited  = runner.Exited
	Failed  = runner.Failed
	Lost    = runner.Lost
)

// Error is an error with a code, which callers go by, and a hint for people.
type Error = model.Error

// Code says what kind of failure an error is.
type Code = model.Code

// The codes that errors have. An error without a code is Internal.
const (
	Internal    = model.Internal
	Invalid     = model.Invalid
	NotFound    = model.NotFound
	Forbidden   = model.Forbidden
	Unavailable = model.Unavailable
)

// Errorf returns an error with a code; %w sets its cause.
func Errorf(code Code, format string, args ...any) *Error { return model.Errorf(code, format, args...) }

// Settings are those of the runner, by the rest of their keys: what the server has as
// runner.NAME.zone is zone.
type Settings map[string]string

// Check refuses settings that are not among the known ones.
func (s Settings) Check(known ...string) error { return wire.CheckSettings(s, known) }

// Open opens the launcher that settings describe, once for each process. It may ask
// whether what it launches on can be reached.
type Open func(ctx context.Context, settings Settings) (Launcher, error)

// Main runs a plug-in until standard input ends, and returns its exit code. Program is
// its name and version for the server's log. What is printed to os.Stdout meanwhile
// goes to standard error, and that to the server's log.
//
// A plug-in takes no arguments. It lets signals pass that end the server, which may
// still launch what it was asked for when it gets them.
func Main(program string, open Open) int { return server(program, open).Main() }

// Serve answers what is asked on in until that ends, which is no error; then it calls
// off what is left, waits for it and closes the launcher. Programs go on.
func Serve(in io.Reader, out io.Writer, program string, open Open) error {
	return server(program, open).Serve(in, out)
}

func server(program string, open Open) *wire.Server[Launcher] {
	return &wire.Server[Launcher]{
		Program: program, Answer: answer,
		Open: func(ctx context.Context, settings map[string]string) (Launcher, error) { return open(ctx, settings) },
	}
}

func answer(call *wire.Call, l Launcher, m wire.Message) (answer wire.Message, err error) {
	ctx := call.Context()
	switch m.Type {
	case wire.Launch:
		if m.Order == nil {
			return answer, errors.New("there is no order to launch")
		}
		err = l.Launch(ctx, *m.Order)
	case wire.Programs:
		answer.Programs, err = l.List(ctx, m.Prefix)
	case wire.End:
		err = l.Cancel(ctx, m.Name)
	case wire.Forget:
		err = l.Forget(ctx, m.Name)
	default:
		err = wire.ErrNoCall
	}
	return answer, err
}
