package script

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

//go:embed runner.py
var pythonRunner string

var python = language{operator: "py", name: "Python", runner: pythonRunner}

// Python is the operator py with the templates that it has started.
type Python struct {
	templates *templates
	cannot    sync.Once // says that what was asked for is not to be had
}

// NewPython returns the operator. Close it when no task runs any more.
func NewPython() *Python { return &Python{templates: newTemplates()} }

// Spec describes the operator.
//
// Its command names a function, a method or a class with a method `run`, which
// is called with the parameters that it names. The program is `python`, or
// `python3` where there is none, or what the parameter `python` says.
//
// A task is run by a new interpreter (`python_mode: cold`) or by a child of
// one that has started already (`forked`). Where neither the parameter nor the
// variable PAWL_PYTHON_MODE says which, it is forked if that makes no
// difference but in time. Where nothing can be forked, all are cold; the first
// task that was to be forked says so.
func (p *Python) Spec() operator.Spec {
	return operator.Spec{Name: "py", Defaults: "py", Operator: operator.Func(p.run), Check: checkPython, Needs: needsPython}
}

// Close ends the templates.
func (p *Python) Close() error {
	p.templates.close()
	return nil
}

func (p *Python) run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	c, err := newCall(ctx, t)
	if err != nil {
		return operator.Result{}, err
	}
	words, err := pythonOf(c)
	if err != nil {
		return operator.Result{}, err
	}
	mode, err := modeOf(t)
	if err != nil {
		return operator.Result{}, err
	}
	kept := c.newOutputs()
	defer kept.remove()
	if c.given, err = kept.input(ctx, c); err != nil {
		return operator.Result{}, err
	}
	output, status, err := p.call(ctx, c, words, mode)
	if err != nil {
		kept.left = true
		return operator.Result{}, err
	}
	r, err := python.result(output, status)
	if err == nil {
		err = kept.keep(ctx, t, output, &r)
	}
	kept.left = kept.left || err != nil
	return r, err
}

// errCold says that a call has to be run, and was not run, in a process of its own.
var errCold = errors.New("no template for the call")

func (p *Python) call(ctx context.Context, c *call, words []string, m mode) ([]byte, process.Status, error) {
	if c.command != "" && (m == forked || m == automatic && startsAlike(c, words)) {
		output, status, err := p.templates.call(ctx, c, words, m)
		if !errors.Is(err, errCold) {
			return output, status, err
		}
		if m == forked {
			p.cannot.Do(func() { sayCold(c, err) })
		}
	}
	return c.runFiles(ctx, python, words)
}

// sayCold tells in the output of a task that it is not forked, and why.
func sayCold(c *call, err error) {
	why, ok := strings.CutPrefix(err.Error(), errCold.Error()+": ")
	if !ok {
		why = "the task can't be handed over"
	}
	// A task whose output can't be written fails by what it prints itself.
	_, _ = fmt.Fprintf(c.Output, "pawl: python_mode forked has no effect: %s\n", why)
}

func pythonOf(c *call) ([]string, error) {
	words, err := interpreter(c.Params, "python")
	if words != nil || err != nil {
		return words, err
	}
	for _, name := range []string{"python", "python3"} {
		if _, err := process.Look(name, c.Workdir, c.env); err == nil {
			return []string{name}, nil
		}
	}
	return []string{"python"}, nil // running it says what is wrong
}

// mode is how a py task gets its interpreter.
type mode string

const (
	automatic mode = ""
	cold      mode = "cold"
	forked    mode = "forked"
)

func modeOf(t *operator.Task) (mode, error) {
	origin := "python_mode"
	text, err := t.Params.StringOr(origin, "")
	if err != nil {
		return "", err
	}
	if text == "" {
		origin = "PAWL_PYTHON_MODE"
		text, _ = process.Variable(t.Env, origin)
	}
	m := mode(text)
	return m, m.check(origin)
}

// check refuses a mode that there is not; the origin is where it was set.
func (m mode) check(origin string) error {
	switch m {
	case automatic, cold, forked:
		return nil
	}
	return fmt.Errorf(`%s must be "cold" or "forked", not %q`, origin, string(m))
}
