// Package gofunc holds the operator that calls functions of the program it is
// part of. It knows them by process, version and step, and knows neither what
// they do nor of whose parameters they are.
package gofunc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Name is that of the operator.
const Name = "go"

// Function is a step of a process.
type Function = func(context.Context, *operator.Task) (operator.Result, error)

// Keys of a task's configuration.
const (
	processKey = "process"
	versionKey = "version"
	stepKey    = "step"
)

// Config returns the configuration of a task that calls the function of a step.
// What it does is said for people.
func Config(process, version, step, does string) params.Map {
	return params.Of("_command", does, processKey, process, versionKey, version, stepKey, step)
}

// Version returns the version of the process that a task and those below it are
// of, or "" where none of them calls a function.
func Version(n *workflow.Node) string {
	if n.Operator == Name {
		v, _ := n.Config.StringOr(versionKey, "") // Config made it
		return v
	}
	for _, kid := range n.Children {
		if v := Version(kid); v != "" {
			return v
		}
	}
	return ""
}

// Registry has the functions of a program. Fill it before use.
type Registry struct {
	// Here has functions called in the goroutine of who calls the operator, where
	// one that ends its goroutine ends that: for tests, which do so to fail.
	Here bool
	// Missing, when set, is called with what is missing when a task first waits
	// for it.
	Missing func(ctx context.Context, what string)

	of   map[process]map[string]Function
	told sync.Map // what Missing was called with
}

type process struct{ name, version string }

// Add adds the functions of a process, by step. It reports false if it has some of
// that name and version already.
func (r *Registry) Add(name, version string, functions map[string]Function) bool {
	if r.of == nil {
		r.of = make(map[process]map[string]Function)
	}
	p := process{name, version}
	if _, taken := r.of[p]; taken {
		return false
	}
	r.of[p] = functions
	return true
}

// Spec returns the operator.
func (r *Registry) Spec() operator.Spec {
	return operator.Spec{Name: Name, Operator: operator.Func(r.run), Keys: []string{processKey, versionKey, stepKey, "leave"}}
}

// lookAgain is how long after a function was missing it is looked for again: by
// then, another process that has it may be there.
const lookAgain = time.Minute

func (r *Registry) run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	var at process
	var step string
	for key, to := range map[string]*string{processKey: &at.name, versionKey: &at.version, stepKey: &step} {
		v, err := t.Local.String(key)
		if err != nil {
			return operator.Result{}, err
		}
		*to = v
	}
	f, missing := r.find(at, step)
	if missing != "" {
		if _, known := r.told.LoadOrStore(missing, true); !known && r.Missing != nil {
			r.Missing(ctx, missing)
		}
		return operator.Result{Wait: &operator.Wait{
			Until: t.Now().Add(lookAgain), Postpone: true,
			Reason: missing + "; it is looked for again every " + lookAgain.String(),
		}}, nil
	}
	return r.call(ctx, f, t)
}

// call calls a function and says more about its error.
func (r *Registry) call(ctx context.Context, f Function, t *operator.Task) (operator.Result, error) {
	calling := boundary.Call[operator.Result]
	if r.Here {
		calling = here
	}
	result, err := calling(func() (operator.Result, error) { return f(ctx, t) })
	var crash *boundary.Panic
	if errors.As(err, &crash) && t.Output != nil {
		_, _ = fmt.Fprintf(t.Output, "%v\n\n%s", crash, crash.Traceback()) // the error says the most of it
	}
	return result, explained(err)
}

// here is boundary.Call in this goroutine.
func here(f func() (operator.Result, error)) (result operator.Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = boundary.Recovered(v)
		}
	}()
	return f()
}

// explained adds to a function's error what class it has, and what it comes from.
// Deliberate failures and errors of pawl say what they are themselves.
func explained(err error) error {
	var deliberate *operator.Error
	var crash *boundary.Panic
	switch {
	case err == nil, errors.As(err, &deliberate):
		return err
	case errors.As(err, &crash): // what it was panicked with may be an error of pawl
	case model.CodeOf(err) != model.Internal, model.HintsOf(err) != "":
		return err
	}
	return &failure{operator.Error{Message: boundary.Text(err), Props: boundary.Describe(err)}, err}
}

// failure is an operator's error that keeps its cause.
type failure struct {
	of    operator.Error
	cause error
}

func (e *failure) Error() string { return e.of.Message }

// Unwrap gives executors what they look for, and callers the cause.
func (e *failure) Unwrap() []error { return []error{&e.of, e.cause} }

// find returns a function, or what is missing.
func (r *Registry) find(at process, step string) (f Function, missing string) {
	functions, ok := r.of[at]
	if !ok {
		return nil, fmt.Sprintf("this program does not have version %q of process %q", at.version, at.name)
	}
	if f, ok = functions[step]; !ok {
		return nil, fmt.Sprintf("version %q of process %q has no step %q in this program", at.version, at.name, step)
	}
	return f, ""
}
