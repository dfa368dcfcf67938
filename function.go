package pawl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// function is the function of a step without the type of its parameters.
type function = func(ctx context.Context, t *operator.Task) (operator.Result, error)

// typed returns a function that reads the parameters of a run, calls do and adds
// to its result what do has changed in them.
func typed[P any](do func(ctx context.Context, p *P, t *operator.Task) (operator.Result, error)) function {
	return func(ctx context.Context, t *operator.Task) (operator.Result, error) {
		p := new(P)
		if err := decode(scope(t), p); err != nil {
			return operator.Result{}, Permanent(fmt.Errorf("the parameters can't be read as %T: %w", *p, err))
		}
		before, err := json.Marshal(p)
		if err != nil {
			return operator.Result{}, Permanent(fmt.Errorf("%T can't be written as JSON: %w", *p, err))
		}
		r, err := do(withTask(ctx, t), p, t)
		if err != nil {
			if !isStop(err) {
				return operator.Result{}, err
			}
			r = operator.Result{Stop: true}
		}
		store, reset, err := changes(before, p)
		if err != nil {
			return operator.Result{}, Permanent(err)
		}
		if r.Wait != nil {
			r.Wait.Store, r.Wait.Reset = store, reset
		} else {
			r.Store, r.Reset = store, reset
		}
		return r, nil
	}
}

// errorKey is the parameter under which the engine tells what runs on failure why.
const errorKey = "error"

// scope returns the parameters of the run. What runs on failure has the failure
// among what it sees, and what runs for an item that.
func scope(t *operator.Task) params.Map {
	p := inputs(t, t.Scope.Delete(itemKey))
	if host.IsOnFailure(t.Name) {
		return p.Delete(errorKey)
	}
	return p
}

// changes returns the fields that differ from what they were, and those that are
// gone. What p does not know of is not looked at, so that it stays.
func changes(before []byte, p any) (store params.Map, reset []string, err error) {
	after, err := json.Marshal(p)
	if err != nil {
		return store, nil, fmt.Errorf("%T can't be written as JSON: %w", p, err)
	}
	if bytes.Equal(before, after) {
		return store, nil, nil
	}
	was, is := members(before), members(after)
	for name, text := range is.all {
		old, had := was.get(name)
		if had && bytes.Equal(old, text) {
			continue
		}
		v, err := params.ParseJSON(text)
		if err != nil {
			return store, nil, err
		}
		if had && old[0] == '{' {
			reset = append(reset, name) // else what is gone from it would stay
		}
		store = store.Set(name, v)
	}
	for name := range was.all {
		if _, has := is.get(name); !has {
			reset = append(reset, name)
		}
	}
	if i := slices.IndexFunc(reset, func(name string) bool { return strings.Contains(name, ".") }); i >= 0 {
		return store, nil, fmt.Errorf("parameter %q can't be removed or replaced: its name has a dot", reset[i])
	}
	return store, reset, nil
}

// fields returns the parameters that are written as JSON.
func fields(text []byte) (params.Map, error) {
	v, err := params.ParseJSON(text)
	if err != nil {
		return params.Map{}, err
	}
	m, ok := v.(params.Map)
	if !ok && v != nil {
		return m, fmt.Errorf("the parameters are to be an object in JSON, not %.40s", text)
	}
	return m, nil
}
