package engine_test

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Who follows an attempt is kept with its root, also where that is an action which is
// tried again.
func TestFollowersAreKeptWithTheRoot(t *testing.T) {
	t.Parallel()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Operator: "do", Check: &workflow.Node{Name: "^check", Operator: "do"}}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	a, step := engine.New(1, def, params.Map{}), &engine.Step{}
	apply := func(c engine.Command) {
		t.Helper()
		if err := a.Apply(1, c, step); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Apply(1, engine.Command{Kind: engine.Follow, By: "x"}, step); model.CodeOf(err) != model.Conflict {
		t.Errorf("one that has not begun is followed: %v", err)
	}
	apply(engine.Command{Kind: engine.Begin})
	for _, by := range []string{"x", "y", "x"} {
		apply(engine.Command{Kind: engine.Follow, By: by})
	}
	apply(engine.Command{Kind: engine.Fail, Try: 1, Failure: &engine.Failure{Retry: workflow.Retry{Limit: 1}}})
	apply(engine.Command{Kind: engine.Succeed, Try: 2, Result: &engine.Result{Store: params.Of("a", 1)}})
	rows := make(map[model.TaskID]engine.TaskRow)
	for _, r := range step.Tasks {
		rows[r.ID] = r
	}
	b, err := engine.Restore(def, a.Row(), step.Grown, []engine.TaskRow{rows[0], rows[1]}, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []*engine.Attempt{a, b} {
		if got := of.Followers(); !slices.Equal(got, []string{"x", "y"}) {
			t.Errorf("%q follow it", got)
		}
	}
	written := len(step.Tasks)
	apply(engine.Command{Kind: engine.Follow, By: "y"})
	if len(step.Tasks) != written {
		t.Error("nothing changes, and something is written")
	}
}
