package stored_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/calls/stored"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// depot returns what the tasks of a project "shop" may call, where a project "depot"
// has a workflow "ship".
func depot(t *testing.T) (stored.Runs, store.Store) {
	t.Helper()
	s := memory.New()
	w := &workflow.Workflow{Name: "ship", Dialect: "dig", Root: &workflow.Node{Name: "+ship", Children: []*workflow.Node{{Name: "+a", Operator: "x"}}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	var own model.ProjectID
	for project, workflows := range map[string][]store.Workflow{"depot": {{Name: "ship", Zone: "UTC", Definition: w}}, "shop": nil} {
		p, err := s.Push(t.Context(), store.Push{
			Project: project, Workflows: workflows, Revision: store.Revision{Name: "1", Archive: store.Archive{Type: store.NoArchive}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if project == "shop" {
			own = p.ID
		}
	}
	return stored.Runs{Store: s, Own: own, Begin: func(ctx context.Context, w *store.Workflow, r operator.StartRequest) (store.Attempt, error) {
		a, _, err := s.StartAttempt(ctx, store.Start{
			Session: store.Session{UUID: r.Key, Project: w.Project, Workflow: w.Name, Key: r.Key}, Name: r.Name, Zone: "UTC", Definition: w.Definition,
		})
		return a, err
	}}, s
}

// Of a run that others have started, a task hears once it follows it.
func TestRunsAreFollowedThatGoOn(t *testing.T) {
	t.Parallel()
	runs, s := depot(t)
	started, err := runs.Start(t.Context(), operator.StartRequest{Project: "depot", Workflow: "ship", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	by := model.TryID{Attempt: 12, Task: 3, Try: 2}
	if goesOn, err := runs.Follow(t.Context(), started.Attempt, by); err != nil || !goesOn {
		t.Errorf("it goes on: %v, %v", goesOn, err)
	}
	snap, err := s.Load(t.Context(), model.AttemptID(started.Attempt))
	if err != nil || len(snap.Inbox) != 1 {
		t.Fatalf("%+v, %v", snap, err)
	}
	follow := snap.Inbox[0].Command
	row := snap.Attempt.AttemptRow
	row.State = engine.AttemptKilled
	told, ok := calls.Ended("", &row, []string{follow.By})
	if want := (calls.ID{Attempt: 12, Task: 3}).Key(); follow.Kind != engine.Follow || !ok || told.Message.Share.Keys[0].Value != want.Value {
		t.Errorf("told %+v of %+v", told, follow)
	}
	if err := s.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}}); err != nil {
		t.Fatal(err)
	}
	for _, attempt := range []int64{started.Attempt, 1000} {
		if goesOn, err := runs.Follow(t.Context(), attempt, by); err != nil || goesOn {
			t.Errorf("attempt %d: %v, %v", attempt, goesOn, err)
		}
	}
}

func TestRunsAreFoundByProjectWorkflowAndKey(t *testing.T) {
	t.Parallel()
	runs, s := depot(t)
	p, err := s.ProjectNamed(t.Context(), "depot")
	if err != nil {
		t.Fatal(err)
	}
	by := operator.StartRequest{Project: "depot", Workflow: "ship", Key: "k"}
	if found, err := runs.Find(t.Context(), by); err != nil || found != (operator.RunStatus{Project: int64(p.ID)}) {
		t.Errorf("before it is started: %+v, %v", found, err)
	}
	by.Name = "^1.2.0"
	want := operator.RunStatus{Project: int64(p.ID), Attempt: 1, Name: "^1.2.0"}
	for range 2 {
		if started, err := runs.Start(t.Context(), by); err != nil || started != want {
			t.Errorf("started %+v, %v", started, err)
		}
	}
	for _, r := range []operator.StartRequest{by, {ProjectID: int64(p.ID), Workflow: "ship", Key: "k"}} {
		if found, err := runs.Find(t.Context(), r); err != nil || found != want {
			t.Errorf("%+v: found %+v, %v", r, found, err)
		}
	}
	for _, r := range []operator.StartRequest{{Workflow: "ship"}, {Project: "depot", Workflow: "x"}, {Project: "none", Workflow: "ship"}, {ProjectID: 99, Workflow: "ship"}} {
		_, found := runs.Find(t.Context(), r)
		_, started := runs.Start(t.Context(), r)
		if !errors.Is(found, operator.ErrNoWorkflow) || !errors.Is(started, operator.ErrNoWorkflow) {
			t.Errorf("%+v: %v, %v", r, found, started)
		}
	}
}

func TestOutcomesHaveWhatWasStoredAndWhyItFailed(t *testing.T) {
	t.Parallel()
	for want, end := range map[string]engine.Command{
		`{"n":1} ""`:                  {Kind: engine.Succeed, Result: &engine.Result{Store: params.Of("n", 1)}},
		`{} "+ship+a failed: no way"`: {Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", "no way")}},
		`{} "it was killed"`:          {Kind: engine.Kill},
	} {
		runs, s := depot(t)
		r, err := runs.Start(t.Context(), operator.StartRequest{Project: "depot", Workflow: "ship", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := s.Load(t.Context(), model.AttemptID(r.Attempt))
		if err != nil {
			t.Fatal(err)
		}
		a, end := engine.New(snap.Attempt.ID, snap.Definition, params.Map{}), end
		end.Task, end.Try = 1, 1
		var step engine.Step
		for _, c := range []engine.Command{{Kind: engine.Begin}, end, {Kind: engine.TryCancelled, Task: 1, Try: 1}} {
			if err := a.Apply(1, c, &step); err != nil && c.Kind != engine.TryCancelled {
				t.Fatal(err)
			}
		}
		if err := s.Commit(t.Context(), &store.Batch{Attempts: step.Attempts, Tasks: step.Tasks, Grown: step.Grown}); err != nil {
			t.Fatal(err)
		}
		out, err := runs.Outcome(t.Context(), r.Attempt)
		if got := fmt.Sprintf("%v %q", out.Result, out.Reason); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	runs, _ := depot(t)
	if _, err := runs.Outcome(t.Context(), 99); model.CodeOf(err) != model.NotFound {
		t.Errorf("of nothing: %v", err)
	}
}
