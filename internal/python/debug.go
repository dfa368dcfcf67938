package python

import (
	"context"
	"errors"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// debug runs a task to which people can talk. Once they have looked into a
// failure they want to mend it: what is to come after that waits for its end.
func (h *Host) debug(ctx context.Context, cwd string, task params.Map) (Result, error) {
	if h.debugged.Load() {
		<-ctx.Done()
		return Result{}, context.Cause(ctx)
	}
	run := h.runAtTerminal
	if h.adopted {
		run = h.runThere
	}
	text, status, err := run(ctx, cwd, task)
	if err != nil {
		return Result{}, err
	}
	r, err := resultOf(text, status)
	var f *Failure
	if errors.As(err, &f) && !f.EarlyStop {
		h.debugged.Store(true)
	}
	return r, err
}

// runAtTerminal runs a task in a new Python.
func (h *Host) runAtTerminal(ctx context.Context, cwd string, task params.Map) ([]byte, process.Status, error) {
	terminal := h.config.Terminal
	if terminal == nil {
		return nil, process.Status{}, errors.New("there is no terminal for a debugger")
	}
	c, err := h.fresh(ctx, cwd, terminal.Output)
	if err != nil {
		return nil, process.Status{}, err
	}
	c.Input = terminal.Input
	return h.runCold(ctx, params.AppendJSON(nil, task), c)
}

// runThere runs a task in the process that was adopted, to which people talk
// already.
func (h *Host) runThere(ctx context.Context, cwd string, task params.Map) ([]byte, process.Status, error) {
	v, err := h.ask(ctx, "debug", cwd, params.Of("task", task))
	if err != nil {
		return nil, process.Status{}, err
	}
	return params.AppendJSON(nil, v), process.Status{}, nil
}
