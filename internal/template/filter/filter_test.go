package filter_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/template/filter"
	"github.com/pawlhq/pawl/internal/template/value"
)

func TestTheNamesOfFiltersAndTestsAreKnown(t *testing.T) {
	t.Parallel()
	if p := filter.Problem("upper"); p != "" {
		t.Errorf("upper: %s", p)
	}
	if p := filter.Problem("uper"); p == "" {
		t.Error("uper is a filter")
	}
	if !filter.IsTest("defined") || filter.IsTest("define") {
		t.Error("defined is no test, or define is one")
	}
}

// A filter is called with what stands behind its name, and refuses the rest.
func TestAFilterTakesItsArguments(t *testing.T) {
	t.Parallel()
	w := value.NewWork(false, 0)
	list := value.NewList([]any{int64(1), int64(2)})
	got, err := filter.Apply(&w, "join", list, &value.Arguments{Positional: []any{"-"}})
	if err != nil || got != "1-2" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := filter.Apply(&w, "join", list, &value.Arguments{Named: []value.NamedValue{{Name: "x", Value: "-"}}}); err == nil {
		t.Errorf("got %v of an argument that join does not have", got)
	}
	if ok, err := filter.Test(&w, "divisibleby", int64(9), &value.Arguments{Positional: []any{int64(3)}}); !ok || err != nil {
		t.Errorf("9 is divisible by 3: %v, %v", ok, err)
	}
}
