package rerun_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// fits is an attempt with a group of two tasks between two others, of which the first
// has added a task.
func fits(t *testing.T) *store.Snapshot {
	t.Helper()
	do := func(name string, after ...workflow.Edge) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "do", After: after}
	}
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{
		do("+load"),
		{Name: "+fit", After: []workflow.Edge{{From: 0}}, Children: []*workflow.Node{do("+fit-a"), do("+fit-b")}},
		do("+tell", workflow.Edge{From: 1}), do("+clean"),
	}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return &store.Snapshot{Attempt: store.Attempt{AttemptRow: engine.AttemptRow{ID: 7, State: engine.AttemptFailed}}, Definition: w, Tasks: []engine.TaskRow{
		{ID: 0, Parent: model.NoTask, Name: "+w", State: model.Failed},
		{ID: 1, Name: "+w+load", State: model.Success}, {ID: 2, Name: "+w+fit", State: model.Failed},
		{ID: 4, Parent: 2, Name: "+w+fit+fit-a", State: model.Failed}, {ID: 5, Parent: 2, Name: "+w+fit+fit-b", State: model.Success},
		{ID: 6, Parent: 1, Name: "+w+load^sub", State: model.Success}, {ID: 7, Name: "+w+clean", State: model.Skipped},
	}}
}

func TestTasksAreChosenByPatterns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		patterns string
		after    bool
		want     string
	}{
		{"fit-a", false, "+w+fit+fit-a"},
		{"+fit-*", false, "+w+fit+fit-a +w+fit+fit-b"},
		{"+fit", false, "+w+fit +w+fit+fit-a +w+fit+fit-b"},
		{"fit/fit-[b]", false, "+w+fit+fit-b"},
		{"fit-a", true, "+w+fit+fit-a +w+tell"},
		{"load", false, "+w+load +w+load^sub"},
		{"load", true, "+w+fit +w+fit+fit-a +w+fit+fit-b +w+load +w+load^sub +w+tell"},
		{"clean tell", true, "+w+clean +w+tell"},
		{"load^sub", false, "+w+load^sub"},
	} {
		chosen, err := rerun.Choose(fits(t), strings.Fields(test.patterns), test.after)
		if err != nil {
			t.Errorf("%s: %v", test.patterns, err)
		}
		if diff := cmp.Diff(strings.Fields(test.want), slices.Sorted(maps.Keys(chosen))); diff != "" {
			t.Errorf("%s, and after: %v: %s", test.patterns, test.after, diff)
		}
	}
	for pattern, code := range map[string]model.Code{"fit-x": model.NotFound, "w": model.NotFound, "": model.NotFound, "fit-[": model.Invalid} {
		if _, err := rerun.Choose(fits(t), []string{pattern}, false); model.CodeOf(err) != code {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	if _, err := rerun.Choose(fits(t), []string{"fitt-a"}, false); err == nil || !strings.Contains(err.Error()+model.HintsOf(err), "+fit-a") {
		t.Errorf("the nearest name is not told: %v", err)
	}
}

func TestChosenTasksAloneRunAgain(t *testing.T) {
	t.Parallel()
	snap := fits(t)
	chosen, err := rerun.Choose(snap, []string{"fit-a"}, false)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rerun.Start(snap, rerun.Plan{Only: chosen})
	if err != nil {
		t.Fatal(err)
	}
	var skips []string
	got.Definition.Root.Walk(func(p workflow.Path) bool {
		if p.Node().Skip {
			skips = append(skips, p.Name())
		}
		return true
	})
	if diff := cmp.Diff([]string{"+w+tell", "+w+clean"}, skips); diff != "" {
		t.Error("passed over:", diff)
	}
	again, ok := got.Resume.Tasks()
	if !ok || got.Resume.Attempt != 7 || !maps.Equal(again, chosen) {
		t.Errorf("it goes on with %+v", got.Resume)
	}
	if _, _, ok := got.Resume.Item(); ok {
		t.Error("tasks are taken for an item")
	}
	if passed := slices.Sorted(maps.Keys(rerun.Passed(snap, got.Resume))); !slices.Equal(passed, []string{"+w+clean", "+w+fit+fit-b", "+w+load"}) {
		t.Errorf("what counts: %v", passed)
	}
}
