package rerun_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// ended is an attempt of three tasks that wait, of which the first has passed, the
// second was skipped and the third has failed.
func ended(t *testing.T, dialect string) *store.Snapshot {
	t.Helper()
	node := func(name string, after ...workflow.Edge) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "do", Wait: &workflow.Wait{For: 1}, After: after}
	}
	w := &workflow.Workflow{Name: "w", Dialect: dialect, Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{
		node("+a"), node("+b", workflow.Edge{From: 0}), node("+c", workflow.Edge{From: 1}),
	}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	a := store.Attempt{AttemptRow: engine.AttemptRow{
		ID: 7, State: engine.AttemptFailed, Started: 1, Params: params.Of("a", 1, "b", 1), Edits: params.Of("b", 2),
	}, Index: 3, Workflow: 5, Session: store.Session{Key: "k"}}
	return &store.Snapshot{Attempt: a, Definition: w, Tasks: []engine.TaskRow{
		{ID: 1, Name: "+w+a", State: model.Failed}, {ID: 2, Name: "+w+b", State: model.Skipped}, {ID: 3, Name: "+w+c", State: model.Failed},
		{ID: 4, Name: "+w+a", State: model.Success}, // the newest of the name
	}}
}

func TestAnAttemptGoesOnWhereAnotherHasEnded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		dialect string
		plan    rerun.Plan
		resume  store.Resume
		skips   []string
		waits   []string
	}{
		"what failed":                   {"dig", rerun.Plan{}, store.Resume{Attempt: 7}, []string{"+b"}, []string{"+a", "+c"}},
		"all":                           {"dig", rerun.Plan{All: true}, store.Resume{From: store.Anew}, nil, []string{"+a", "+b", "+c"}},
		"what failed, memoised or not":  {"dig", rerun.Plan{Rerun: true}, store.Resume{Attempt: 7, From: store.Anew}, []string{"+b"}, []string{"+a", "+c"}},
		"from a task, memoised or not":  {"dig", rerun.Plan{From: "+w+b", Rerun: true}, store.Resume{Attempt: 7, From: "+w+b"}, nil, []string{"+a", "+b", "+c"}},
		"from a task":                   {"dig", rerun.Plan{From: "+w+b"}, store.Resume{Attempt: 7, From: "+w+b"}, nil, []string{"+a", "+b", "+c"}},
		"from one after it":             {"dig", rerun.Plan{From: "+w+c"}, store.Resume{Attempt: 7, From: "+w+c"}, []string{"+b"}, []string{"+a", "+c"}},
		"without a task":                {"dig", rerun.Plan{Skip: []string{"+w+c"}}, store.Resume{Attempt: 7}, []string{"+b", "+c"}, []string{"+a"}},
		"what failed of a process":      {workflow.Program, rerun.Plan{}, store.Resume{Attempt: 7}, nil, []string{"+c"}},
		"what failed of it, memoised":   {workflow.Program, rerun.Plan{Rerun: true}, store.Resume{Attempt: 7, From: store.Anew}, nil, []string{"+c"}},
		"a process from a step":         {workflow.Program, rerun.Plan{From: "+w+b"}, store.Resume{Attempt: 7, From: "+w+b"}, nil, []string{"+b", "+c"}},
		"all of a process":              {workflow.Program, rerun.Plan{All: true}, store.Resume{From: store.Anew}, nil, []string{"+a", "+b", "+c"}},
		"a process without its failure": {workflow.Program, rerun.Plan{Skip: []string{"+w+c"}}, store.Resume{Attempt: 7}, []string{"+c"}, nil},
	} {
		snap := ended(t, test.dialect)
		got, err := rerun.Start(snap, test.plan)
		if err != nil {
			t.Fatal(err)
		}
		var skips, waits []string
		for _, n := range got.Definition.Root.Children {
			if n.Skip {
				skips = append(skips, n.Name)
			}
			if n.Wait != nil {
				waits = append(waits, n.Name)
			}
		}
		if diff := cmp.Diff(test.skips, skips) + cmp.Diff(test.waits, waits) + cmp.Diff(test.resume, got.Resume); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if text := params.AppendJSON(nil, got.Params); string(text) != `{"a":1,"b":2}` || got.Name != "run 4" || got.Workflow != 5 || got.Session.Key != "k" {
			t.Errorf("%s: %s, %q of %d, %q", name, text, got.Name, got.Workflow, got.Session.Key)
		}
		if n := snap.Definition.Root.Children; n[0].Wait == nil || n[2].Skip {
			t.Errorf("%s: it has changed the definition that it was given", name)
		}
	}
}

func TestNamesOfTasksThatRunAgainAreBounded(t *testing.T) {
	t.Parallel()
	only := map[string]bool{"+w+" + strings.Repeat("a", store.MaxFrom-8): true} // with its quotes and brackets
	if _, err := rerun.Start(ended(t, "dig"), rerun.Plan{Only: only}); err != nil {
		t.Error(err)
	}
	only["+w+b"] = true
	if _, err := rerun.Start(ended(t, "dig"), rerun.Plan{Only: only}); model.CodeOf(err) != model.Invalid {
		t.Error(err)
	}
}

func TestWhatWasPassedOverComesBackWithAll(t *testing.T) {
	t.Parallel()
	first, err := rerun.Start(ended(t, "dig"), rerun.Plan{Skip: []string{"+w+c"}})
	if err != nil {
		t.Fatal(err)
	}
	snap := ended(t, "dig")
	snap.Definition = first.Definition
	for _, all := range []bool{false, true} {
		again, err := rerun.Start(snap, rerun.Plan{All: all})
		if err != nil {
			t.Fatal(err)
		}
		if skipped := again.Definition.Root.Children[2].Skip; skipped == all {
			t.Errorf("all is %v: +c is skipped: %v", all, skipped)
		}
	}
}

func TestWhatIsDoneAgainWaitsAgain(t *testing.T) {
	t.Parallel()
	first, err := rerun.Start(ended(t, workflow.Program), rerun.Plan{Skip: []string{"+w+c"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		plan         rerun.Plan
		waits, skips []string
	}{
		"all":                        {rerun.Plan{All: true}, []string{"+a", "+b", "+c"}, nil},
		"from a task":                {rerun.Plan{From: "+w+b"}, []string{"+b", "+c"}, nil},
		"what failed":                {rerun.Plan{}, nil, []string{"+c"}},
		"from one that was not done": {rerun.Plan{From: "+w+c"}, []string{"+c"}, nil},
	} {
		snap := ended(t, workflow.Program)
		snap.Definition = first.Definition
		got, err := rerun.Start(snap, test.plan)
		if err != nil {
			t.Fatal(err)
		}
		var waits, skips []string
		for _, n := range got.Definition.Root.Children {
			if n.Wait != nil {
				waits = append(waits, n.Name)
			} else if n.Past == nil {
				t.Errorf("%s: %s forgets that it waited", name, n.Name)
			}
			if n.Skip {
				skips = append(skips, n.Name)
			}
		}
		if diff := cmp.Diff(test.waits, waits) + cmp.Diff(test.skips, skips); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
