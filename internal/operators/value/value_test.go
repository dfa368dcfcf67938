package value_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/value"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// shelf is a store of values in memory.
type shelf struct {
	values  params.Map
	expires model.Instant
	sets    int
}

func (s *shelf) SetValues(_ context.Context, pairs params.Map, _, expires model.Instant) error {
	s.values = s.values.Merge(pairs)
	s.expires = expires
	s.sets++
	return nil
}

func (s *shelf) GetValues(_ context.Context, keys []string, now model.Instant) (params.Map, error) {
	var found params.Map
	for _, k := range keys {
		if v, ok := s.values.Get(k); ok && now < s.expires {
			found = found.Set(k, v)
		}
	}
	return found, nil
}

// world is a shelf and the clock that it goes by.
type world struct {
	shelf
	now time.Time
}

func (w *world) run(t *testing.T, name string, local params.Map) (operator.Result, error) {
	t.Helper()
	var r operator.Registry
	r.Register(value.Specs()...)
	spec, _ := r.Lookup(name)
	return spec.Operator.Run(t.Context(), &operator.Task{
		Params: params.Of("other", "x").Merge(local), Local: local,
		Services: operator.Services{Values: value.Service{Store: &w.shelf, Now: func() time.Time { return w.now }}},
	})
}

func TestValuesAreSharedUntilTheyExpire(t *testing.T) {
	t.Parallel()
	w := &world{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	_, err := w.run(t, "param_set", params.Of("_type", "param_set", "_retry", 3, "a", "1", "b", 2, "c", true, "d", 1.0))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.values); got != `{"a":"1","b":"2","c":"true","d":"1.0"}` || w.sets != 1 {
		t.Errorf("stored %s in %d steps", got, w.sets)
	}
	ask := params.Of("_type", "param_get", "b", "x", "missing", "y")
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{
		{90*24*time.Hour - time.Second, `{"x":"2","y":""}`},
		{time.Second, `{"x":"","y":""}`},
	} {
		w.now = w.now.Add(tt.after)
		r, err := w.run(t, "param_get", ask)
		if got := fmt.Sprint(r.Store); got != tt.want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, tt.want)
		}
	}
}

func TestNothingToDoAsksNobody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"param_set", "param_get"} {
		w := &world{}
		if r, err := w.run(t, name, params.Of("_type", name)); err != nil || r.Store.Len() != 0 || w.sets != 0 {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

func TestOnlyScalarsAreValues(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, []any{}, params.Of()} {
		for _, name := range []string{"param_set", "param_get"} {
			w := &world{}
			if _, err := w.run(t, name, params.Of("good", "x", "bad", v)); model.CodeOf(err) != model.Invalid || w.sets != 0 {
				t.Errorf("%s %v: %v", name, v, err)
			}
		}
	}
}

func TestWithoutTheServiceTasksFail(t *testing.T) {
	t.Parallel()
	for _, spec := range value.Specs() {
		_, err := spec.Operator.Run(t.Context(), &operator.Task{Local: params.Of("a", "b")})
		if err == nil {
			t.Errorf("%s succeeded", spec.Name)
		}
	}
}

// failing is a service that cannot be reached.
type failing struct{}

var errDown = errors.New("down")

func (failing) Set(context.Context, params.Map) error { return errDown }

func (failing) Get(context.Context, []string) (params.Map, error) { return params.Map{}, errDown }

func TestErrorsOfTheServiceReachTheTask(t *testing.T) {
	t.Parallel()
	for _, spec := range value.Specs() {
		_, err := spec.Operator.Run(t.Context(), &operator.Task{
			Local: params.Of("a", "b"), Services: operator.Services{Values: failing{}},
		})
		if !errors.Is(err, errDown) {
			t.Errorf("%s: %v", spec.Name, err)
		}
	}
}
