package workflow_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/workflow"
)

func TestNamesBefore(t *testing.T) {
	t.Parallel()
	after := func(name string, from ...int) *workflow.Node {
		n := &workflow.Node{Name: name, Operator: "do"}
		for _, i := range from {
			n.After = append(n.After, workflow.Edge{From: i})
		}
		return n
	}
	group := after("+c", 1)
	group.Operator, group.Children = "", []*workflow.Node{after("+x"), after("+y", 0)}
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{after("+a"), after("+b", 0), group, after("+d"), after("+e", 2)}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"+w": "", "+w+a": "", "+w+c": "+w+a +w+b", "+w+c+y": "+w+a +w+b +w+c+x", "+w+e": "+w+a +w+b +w+c +w+c+x +w+c+y", "+y": "", "+gone": "",
	} {
		names := w.Root.NamesBefore(name)
		if got := strings.Join(slices.Sorted(maps.Keys(names)), " "); got != want || names == nil {
			t.Errorf("before %s: %q, want %q", name, got, want)
		}
	}
	if names := w.Root.NamesBefore(""); names != nil {
		t.Errorf("before nothing: %v", names)
	}
}
