// Package value holds the operators that share values between workflows
// through the key-value service, and the service itself on top of a store.
package value

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// Specs returns the operators.
func Specs() []operator.Spec {
	return []operator.Spec{
		{Name: "param_set", Operator: operator.Func(set), Check: check},
		{Name: "param_get", Operator: operator.Func(get), Check: check},
	}
}

var errNoService = errors.New("shared values are not available where this task runs")

// set writes the task's own parameters, all or none.
func set(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.Values == nil {
		return operator.Result{}, errNoService
	}
	pairs, err := own(t)
	if err != nil || pairs.Len() == 0 {
		return operator.Result{}, err
	}
	return operator.Result{}, t.Services.Values.Set(ctx, pairs)
}

// get reads values. Each of the task's own parameters is a key, and its text
// the parameter to store the value as, "" where there is none.
func get(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.Values == nil {
		return operator.Result{}, errNoService
	}
	names, err := own(t)
	if err != nil || names.Len() == 0 {
		return operator.Result{}, err
	}
	keys := make([]string, 0, names.Len())
	for key := range names.Keys() {
		keys = append(keys, key)
	}
	found, err := t.Services.Values.Get(ctx, keys)
	if err != nil {
		return operator.Result{}, err
	}
	var stored params.Map
	for key, name := range names.All() {
		v, ok := found.Get(key)
		if !ok {
			v = ""
		}
		stored = stored.Set(name.(string), v)
	}
	return operator.Result{Store: stored}, nil
}

// own returns the task's own parameters as texts. Directives, which begin with
// '_', are none.
func own(t *operator.Task) (params.Map, error) {
	var out params.Map
	for key, v := range t.Local.All() {
		if strings.HasPrefix(key, "_") {
			continue
		}
		text, err := scalar(key, v)
		if err != nil {
			return params.Map{}, err
		}
		out = out.Set(key, text)
	}
	return out, nil
}

func scalar(key string, v params.Value) (string, error) {
	text, ok := params.ToString(v)
	if !ok {
		return "", model.Errorf(model.Invalid, "value of %q must be a text, a number or a boolean, not %s",
			key, params.AppendJSON(nil, v))
	}
	return text, nil
}

// check sees which of a task's own parameters can be no texts.
func check(d *operator.Draft) {
	for key, v := range d.Local.All() {
		if strings.HasPrefix(key, "_") {
			continue
		}
		if _, err := scalar(key, v); err != nil {
			d.Fail(key, err)
		}
	}
}

// Service is the shared values of a store. Each lives for store.ValueTTL after
// it was set last.
type Service struct {
	Store store.Values
	// Now tells the time.
	Now func() time.Time
}

// Set writes all pairs or none.
func (s Service) Set(ctx context.Context, pairs params.Map) error {
	now := model.InstantOf(s.Now())
	return s.Store.SetValues(ctx, pairs, now, now.Add(store.ValueTTL))
}

// Get returns those of the keys that have a value.
func (s Service) Get(ctx context.Context, keys []string) (params.Map, error) {
	return s.Store.GetValues(ctx, keys, model.InstantOf(s.Now()))
}

var _ operator.Values = Service{}
