package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/operators/calling"
	"github.com/pawlhq/pawl/operator"
)

// Call returns a step that starts a run of another process and waits until that has
// ended. With gives its parameters. Done, which may be nil, gets them as they were
// when it had ended well. If it fails, or is stopped, so the step fails; then Retry
// starts it again, and so does a Retry of the run that calls.
//
// The key of the run is made of the key of the one that calls and of the path of the
// step, such as "orders/o-17/delivery/ship" for step ship of group delivery in run
// o-17 of orders. It is started once for a step, whatever processes die, and one
// that has ended well is not run again: a step that is run again takes its result.
// When it is deleted before the step has its result, the step fails, and its Retry
// does not start it again.
//
// While a run waits for another, it takes no memory. When the step ends before what
// it has called, as the run is stopped, at a deadline or for another step that has
// won, that is stopped, too; see Leave.
//
// Open needs the process that is called. What is started is the version that others
// than Start begin new runs with.
func Call[P, C any](name string, of *Process[C], with func(ctx context.Context, p *P) (C, error), done func(ctx context.Context, p *P, result C) error) Step[P] {
	s := &step{kind: calls, name: name}
	if of != nil {
		s.child = of.of
	}
	if with != nil && of != nil {
		s.call = typed(func(ctx context.Context, p *P, t *operator.Task) (operator.Result, error) {
			return s.calls(ctx, t,
				func() (operator.Map, error) { return given(with(ctx, p)) },
				func(result operator.Map) error {
					var c C
					if err := decode(result, &c); err != nil || done == nil {
						return Permanent(err)
					}
					return done(ctx, p, c)
				})
		})
	}
	return Step[P]{s}
}

// given returns the parameters that a function has given.
func given[C any](with C, err error) (operator.Map, error) {
	if err != nil {
		return operator.Map{}, err
	}
	text, err := json.Marshal(with)
	if err != nil {
		return operator.Map{}, Permanent(fmt.Errorf("%T can't be written as JSON: %w", with, err))
	}
	m, err := fields(text)
	return m, Permanent(err)
}

// calls carries a call on by one try.
func (s *step) calls(ctx context.Context, t *operator.Task, with func() (operator.Map, error), done func(operator.Map) error) (operator.Result, error) {
	key, err := callKey(ctx, t)
	if err != nil {
		return operator.Result{}, err
	}
	c := calling.Call{
		Request: operator.StartRequest{Workflow: s.child.name, Key: key}, Params: with,
		Done:  func(out operator.Outcome) error { return done(out.Result) },
		Leave: leaves(t), // which the task has, as the function is that of any step made of this one
	}
	wait, err := c.Do(ctx, t)
	return operator.Result{Wait: wait}, err
}

// callKey is that of the run which a step calls.
func callKey(ctx context.Context, t *operator.Task) (string, error) {
	process, err := t.Local.String(processKey)
	return url.PathEscape(process) + "/" + url.PathEscape(host.Key(ctx)) + "/" + host.Path(t.Name), err
}

// processKey and leaveKey are those of a task's configuration.
const (
	processKey = "process"
	leaveKey   = "leave"
)

func leaves(t *operator.Task) bool {
	v, _ := t.Local.Get(leaveKey)
	return v == true
}

// Leave lets the run that a Call has started go on when the step ends before it.
func (s Step[P]) Leave() Step[P] {
	return s.with(func(s *step) {
		if s.kind != calls {
			s.faults = append(s.faults, "only a Call has something to Leave")
		}
		s.leave = true
	})
}

// unknownCallee returns a process that one of those given calls, and that is not
// among them; nil is none.
func unknownCallee(all []Definition) (by, missing *process) {
	known := make(map[string]bool)
	for _, d := range all {
		known[d.definition().name] = true
	}
	for _, d := range all {
		for _, callee := range d.definition().callees {
			if !known[callee.name] {
				return d.definition(), callee
			}
		}
	}
	return nil, nil
}
