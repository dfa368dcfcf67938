package gofunc_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/operators/gofunc"
	"github.com/pawlhq/pawl/operator"
)

var now = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

func run(t *testing.T, r *gofunc.Registry, process, version, step string) operator.Result {
	t.Helper()
	got, err := r.Spec().Operator.Run(t.Context(), &operator.Task{
		Local: gofunc.Config(process, version, step, "do"), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFunctionsAreFoundByProcessVersionAndStep(t *testing.T) {
	t.Parallel()
	var missing []string
	r := gofunc.Registry{Missing: func(_ context.Context, what string) { missing = append(missing, what) }}
	says := func(output string) gofunc.Function {
		return func(context.Context, *operator.Task) (operator.Result, error) {
			return operator.Result{Outputs: []string{output}}, nil
		}
	}
	if !r.Add("p", "1", map[string]gofunc.Function{"a/b": says("one")}) || !r.Add("p", "2", map[string]gofunc.Function{"a/b": says("two")}) {
		t.Fatal("a version is refused")
	}
	if r.Add("p", "1", nil) {
		t.Error("a version is taken twice")
	}
	for version, want := range map[string]string{"1": "one", "2": "two"} {
		if got := run(t, &r, "p", version, "a/b"); !slices.Equal(got.Outputs, []string{want}) {
			t.Errorf("version %s: %v", version, got.Outputs)
		}
	}
	for range 2 {
		for reason, at := range map[string][3]string{
			`this program does not have version "3" of process "p"`:      {"p", "3", "a/b"},
			`version "1" of process "p" has no step "a" in this program`: {"p", "1", "a"},
		} {
			w := run(t, &r, at[0], at[1], at[2]).Wait
			if w == nil || !w.Postpone || !w.Until.Equal(now.Add(time.Minute)) || w.Reason != reason+"; it is looked for again every 1m0s" {
				t.Errorf("%v: %+v", at, w)
			}
		}
	}
	if len(missing) != 2 {
		t.Errorf("what is missing was told %d times: %q", len(missing), missing)
	}
}

func TestATaskNamesItsFunction(t *testing.T) {
	t.Parallel()
	var r gofunc.Registry
	if _, err := r.Spec().Operator.Run(t.Context(), &operator.Task{}); err == nil {
		t.Error("one without a process runs")
	}
}
