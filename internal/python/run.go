package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// Run runs a task in a process of its own, with its hooks on finish and on
// failure, and returns when that has ended. What it prints goes to output, as
// with process.Command. Parent folders of File products are made before.
//
// A task whose code fails is a *Failure; one that asks for an early stop too.
// If ctx is done before, the process and all in its group are ended and the
// error is ctx's cause.
func (h *Host) Run(ctx context.Context, t Task, output io.Writer) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	mode, err := modeOf(t.Mode, h.config.Mode, h.config.Env)
	if err != nil {
		return Result{}, err
	}
	value := h.withMade(t.value().Set("path", h.folders()))
	cwd := t.Cwd
	if cwd == "" {
		cwd = h.config.Cwd
	}
	if t.Debug == DebugNow {
		return h.debug(ctx, cwd, value)
	}
	text, status, err := h.runAs(ctx, mode, cwd, params.AppendJSON(nil, value), output)
	if err != nil {
		return Result{}, err
	}
	return resultOf(text, status)
}

func (h *Host) runAs(ctx context.Context, mode Mode, cwd string, request []byte, output io.Writer) ([]byte, process.Status, error) {
	if err := h.keepLibrary(); err != nil {
		return nil, process.Status{}, err
	}
	if mode != Cold {
		text, status, err := h.runForked(ctx, cwd, request, output)
		if !errors.Is(err, pyfork.ErrCold) {
			return text, status, err
		}
		if mode == Forked || runtime.GOOS == "linux" {
			h.cannot.Do(func() { sayCold(output, err) })
		}
	}
	c, err := h.fresh(ctx, cwd, output)
	if err != nil {
		return nil, process.Status{}, err
	}
	return h.runCold(ctx, request, c)
}

// sayCold tells in the output of a task that tasks are not forked, and why.
func sayCold(output io.Writer, err error) {
	if output == nil {
		return
	}
	// A task whose output can't be written fails by what it prints itself.
	_, _ = fmt.Fprintf(output, "pawl: each task starts a Python of its own: %v\n", err)
}

// runCold runs a task in a new Python, with files between it and that.
func (h *Host) runCold(ctx context.Context, request []byte, c *process.Command) (text []byte, status process.Status, err error) {
	folder, err := os.MkdirTemp("", "pawl-python-")
	if err != nil {
		return nil, status, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	source, target := filepath.Join(folder, "request.json"), filepath.Join(folder, "result.json")
	if err := os.WriteFile(source, request, 0o600); err != nil {
		return nil, status, err
	}
	c.Args = append(c.Args, source, target)
	status, err = c.Run(ctx)
	if err != nil {
		return nil, status, err
	}
	text, err = os.ReadFile(target)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return text, status, err
}

// child is a new Python with what child.py is to do.
func (h *Host) child(cwd string, output io.Writer, words ...string) *process.Command {
	return &process.Command{
		Path:   h.config.Python,
		Args:   append([]string{h.config.Python, filepath.Join(h.library, "_pawl", "child.py")}, words...),
		Dir:    cwd,
		Env:    h.env,
		Output: output,
	}
}

// resultOf returns what came of a task that has left a text and a status.
func resultOf(text []byte, status process.Status) (Result, error) {
	v, err := params.ParseJSON(text)
	said, _ := v.(params.Map)
	outcome, _ := said.Get("outcome")
	switch {
	case err == nil && outcome == "done" && status.Code == 0:
		metadata, has := said.Get("metadata")
		m, _ := metadata.(params.Map)
		return Result{Metadata: m, HasMetadata: has}, nil
	case err == nil && outcome == "failed":
		f, _ := said.Get("error")
		m, _ := f.(params.Map)
		return Result{}, failureOf(m)
	case outcome == "done":
		return Result{}, &Failure{Message: fmt.Sprintf("the task was done, but its Python ended with %s", status)}
	}
	return Result{}, &Failure{Message: fmt.Sprintf("Python ended with %s before the task was done", status)}
}
