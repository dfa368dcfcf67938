package pawl

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// State is where a run stands.
type State string

// States of runs.
const (
	// Running is one that goes on, also while it waits.
	Running State = "running"
	// Succeeded is one that has ended well.
	Succeeded State = "success"
	// Failed is one of which a step has failed.
	Failed State = "error"
	// Stopped is one that Stop has ended.
	Stopped State = "killed"
)

// filters select the runs in a state.
var filters = map[State]store.Filter{
	"":        {},
	Running:   {Running: true},
	Succeeded: {Ended: engine.AttemptSuccess},
	Failed:    {Ended: engine.AttemptFailed},
	Stopped:   {Ended: engine.AttemptKilled},
}

// Filter says which runs Find yields; zero fields match all.
type Filter struct {
	// In is the state that they are in.
	In State
	// Key is what their keys begin with.
	Key string
	// Since and Until are when they were started: not before Since, and before Until.
	Since, Until time.Time
	// Params are values that their parameters have now, by the names of parameters,
	// with dots to fields within fields: texts, numbers and booleans.
	Params map[string]any
	// Tags are what they have, all of them.
	Tags Tags
	// Topic selects those with a step that waits for a message on it, with Param for
	// one about that parameter, and with Value for one with that value.
	Topic Topic
	Param string
	Value any
}

// Find yields the runs of the process that match, the newest first, of each key the
// newest. A key of a message, the beginning of a key that few runs have, and a short
// time lead to them at once; for parameters, all runs that match else are looked at.
// An error is the last that it yields.
func (p *Process[P]) Find(ctx context.Context, e *Engine, f Filter) iter.Seq2[*Run[P], error] {
	return func(yield func(*Run[P], error) bool) {
		s, err := f.search()
		if err != nil {
			yield(nil, fmt.Errorf("find runs of %s: %w", p.of.name, err))
			return
		}
		s.Project, s.Workflow, s.Last = e.project, p.of.name, true
		for a, err := range paged(func(page store.Page) ([]store.Attempt, string, error) { return e.store.SearchAttempts(ctx, s, page) }) {
			if err != nil {
				yield(nil, fmt.Errorf("find runs of %s: %w", p.of.name, explained(err)))
				return
			}
			if !yield(p.Run(e, a.Session.Key), nil) {
				return
			}
		}
	}
}

// search returns what is looked for.
func (f Filter) search() (s store.Search, err error) {
	in, ok := filters[f.In]
	if !ok {
		return s, fmt.Errorf("there is no state %q: %w", f.In, ErrInvalid)
	}
	s = store.Search{Filter: in, Key: f.Key, Tags: model.Tags(f.Tags), Awaits: store.SubscriptionFilter{Topic: string(f.Topic), Param: f.Param}}
	if !f.Since.IsZero() {
		s.From = model.InstantOf(f.Since)
	}
	if !f.Until.IsZero() {
		s.Until = model.InstantOf(f.Until)
	}
	for name, v := range f.Params {
		text, err := scalar(name, v)
		if err != nil {
			return s, err
		}
		s.Params = append(s.Params, store.ParamValue{Path: params.SplitPath(name), Text: params.Literal(text)})
	}
	if f.Value != nil {
		v, err := scalar(f.Param, f.Value)
		if err != nil {
			return s, err
		}
		s.Awaits.Value = engine.Canonical(v)
	}
	return s, nil
}

// scalar returns a value of a parameter as it is stored.
func scalar(name string, of any) (params.Value, error) {
	v, err := encode(of)
	if err != nil {
		return nil, fmt.Errorf("%q can't be written as JSON: %w", name, err)
	}
	if _, ok := params.ToString(v); !ok || name == "" {
		return nil, fmt.Errorf("%q is %s, and must be a text, a number or a boolean: %w", name, jsonOf(v), ErrInvalid)
	}
	return v, nil
}

// Delete deletes all that is stored of a run that is over. A later Start with its key
// starts a run like any other. One that goes on is ErrConflict.
func (r *Run[P]) Delete(ctx context.Context) error {
	a, err := r.attempt(ctx)
	if err != nil {
		return r.explain("delete", err)
	}
	var ids []model.AttemptID
	for one, err := range paged(func(page store.Page) ([]store.Attempt, string, error) {
		return r.engine.store.ListAttempts(ctx, store.Filter{Session: a.Session.ID}, page)
	}) {
		if err != nil {
			return r.explain("delete", err)
		}
		ids = append(ids, one.ID)
	}
	gone, err := r.engine.store.DeleteAttempts(ctx, ids, 0)
	if err == nil {
		r.engine.removeOutputs(ctx, &gone)
	}
	return r.explain("delete", err)
}
