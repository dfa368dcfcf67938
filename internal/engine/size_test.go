package engine_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The tests of sizes do not run in parallel where they measure memory: what
// others allocate would count.

const many = 100_000

// actions returns a group of n actions. Each comes after what after says.
func actions(n int, after func(i int) []workflow.Edge) *workflow.Node {
	g := &workflow.Node{Name: "+w", Children: make([]*workflow.Node, n)}
	for i := range g.Children {
		g.Children[i] = &workflow.Node{Name: fmt.Sprint("+t", i), Operator: "do", After: after(i)}
	}
	return g
}

func alone(int) []workflow.Edge { return nil }

func inLine(i int) []workflow.Edge {
	if i == 0 {
		return nil
	}
	return []workflow.Edge{{From: i - 1}}
}

func stores(e engine.Effect) *engine.Result {
	return &engine.Result{Store: params.Of(e.Name, int64(e.Task))}
}

func nothing(engine.Effect) *engine.Result { return nil }

// bytesPerTask runs a workflow and returns what that allocated, by task.
func bytesPerTask(t *testing.T, root *workflow.Node, result func(engine.Effect) *engine.Result) float64 {
	a := engine.New(1, finished(t, root), params.Map{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	drive(t, a, result)
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(a.Len())
}

func TestMemoryIsLinearInTheNumberOfTasks(t *testing.T) {
	joined := func(n int) *workflow.Node {
		return actions(n, func(i int) []workflow.Edge {
			if i < n-1 {
				return nil
			}
			all := make([]workflow.Edge, n-1)
			for from := range all {
				all[from].From = from
			}
			return all
		})
	}
	// Maps that share structure cost the logarithm of their size, and no more:
	// ten times the tasks may cost half as much again for each.
	for name, test := range map[string]struct {
		root   func(n int) *workflow.Node
		result func(engine.Effect) *engine.Result
	}{
		"a chain that stores":                 {func(n int) *workflow.Node { return actions(n, inLine) }, stores},
		"side by side":                        {func(n int) *workflow.Node { return actions(n, alone) }, nothing},
		"a join of all, each of which stores": {joined, stores},
	} {
		t.Run(name, func(t *testing.T) {
			small := bytesPerTask(t, test.root(many/10), test.result)
			large := bytesPerTask(t, test.root(many), test.result)
			t.Logf("%.0f bytes a task in %d tasks, %.0f in %d", small, many/10, large, many)
			if large > 1.5*small+200 {
				t.Errorf("%.0f bytes a task in %d tasks, %.0f in %d", small, many/10, large, many)
			}
		})
	}
}

// answer applies a command that fits.
func answer(t *testing.T, a *engine.Attempt, c engine.Command) *engine.Step {
	t.Helper()
	step := &engine.Step{}
	if err := a.Apply(epoch, c, step); err != nil {
		t.Fatal(err)
	}
	return step
}

func TestAStepSaysOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	a := engine.New(1, finished(t, actions(many, alone)), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	for id := model.TaskID(1); id < many; id += many / 10 {
		step := answer(t, a, engine.Command{Kind: engine.Succeed, Task: id, Try: 1})
		if len(step.Tasks) != 1 || len(step.Events) != 1 || len(step.Effects) != 0 {
			t.Fatalf("task %d ended with %d rows, %d events and %d effects", id, len(step.Tasks), len(step.Events), len(step.Effects))
		}
	}
}

func TestManyEmptyGroupsInALine(t *testing.T) {
	t.Parallel()
	root := actions(many, inLine)
	for _, c := range root.Children {
		c.Operator = ""
	}
	a := engine.New(1, finished(t, root), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	if s := a.Row().State; s != engine.AttemptSuccess {
		t.Fatalf("the attempt is %v", s)
	}
}

func TestManyTasksThatAreNotReached(t *testing.T) {
	t.Parallel()
	a := engine.New(1, finished(t, actions(many, inLine)), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	step := answer(t, a, engine.Command{Kind: engine.Fail, Task: 1, Try: 1})
	if s := a.Row().State; s != engine.AttemptFailed || len(step.Tasks) != 2 {
		t.Fatalf("the attempt is %v after %d rows", s, len(step.Tasks))
	}
}

func TestManyFailuresThatCloseTheirGroup(t *testing.T) {
	t.Parallel()
	root := actions(many, alone)
	for i, c := range root.Children {
		c.Failure.Scope = workflow.WholeGroup
		if i >= many/2 {
			c.After = []workflow.Edge{{From: i - many/2}}
		}
	}
	a := engine.New(1, finished(t, root), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	for id := model.TaskID(1); id <= many/2; id++ {
		answer(t, a, engine.Command{Kind: engine.Fail, Task: id, Try: 1})
	}
	if s := a.Row().State; s != engine.AttemptFailed {
		t.Fatalf("the attempt is %v", s)
	}
}

func TestManyTasksAreKilled(t *testing.T) {
	t.Parallel()
	a := engine.New(1, finished(t, actions(many, alone)), params.Map{})
	answer(t, a, engine.Command{Kind: engine.Begin})
	if got := len(answer(t, a, engine.Command{Kind: engine.Kill}).Effects); got != many {
		t.Fatalf("%d of %d tries were interrupted", got, many)
	}
	for id := model.TaskID(1); id <= many; id++ {
		answer(t, a, engine.Command{Kind: engine.TryCancelled, Task: id, Try: 1})
	}
	if s := a.Row().State; s != engine.AttemptKilled {
		t.Fatalf("the attempt is %v", s)
	}
}

func TestManyItems(t *testing.T) {
	t.Parallel()
	a := engine.New(1, finished(t, collection(0)), params.Map{})
	drive(t, a, lists(many))
	if s := a.Row().State; s != engine.AttemptSuccess || a.Len() != many+1 {
		t.Fatalf("the attempt of %d tasks is %v", a.Len(), s)
	}
}

// collection returns a collection of actions.
func collection(window int) *workflow.Node {
	return &workflow.Node{
		Name: "+w", Each: &workflow.Each{Source: "list", Key: "item", Window: window},
		Children: []*workflow.Node{{Name: "+body", Operator: "do", Failure: workflow.Failure{Scope: workflow.WholeGroup}}},
	}
}

// lists has the root's source give n items.
func lists(n int) func(engine.Effect) *engine.Result {
	return func(e engine.Effect) *engine.Result {
		if e.Task != 0 {
			return nil
		}
		return &engine.Result{Items: make([]params.Value, n)}
	}
}

// throughWindow has many items begin in a window of 100.
func throughWindow(t *testing.T) (*driver, *engine.Step) {
	t.Helper()
	d := newDriver(finished(t, collection(100)), params.Map{})
	apply(t, d, engine.Command{Kind: engine.Begin})
	return d, apply(t, d, engine.Command{Kind: engine.Succeed, Try: 1, Result: lists(many)(engine.Effect{})})
}

// apply has a driver apply a command that fits.
func apply(t *testing.T, d *driver, c engine.Command) *engine.Step {
	t.Helper()
	step, err := d.apply(c)
	if err != nil {
		t.Fatal(err)
	}
	return step
}

func TestManyItemsInAWindow(t *testing.T) {
	t.Parallel()
	d, step := throughWindow(t)
	if len(step.Tasks) != 101 || len(step.Effects) != 100 {
		t.Fatalf("%d rows and %d effects for the first 100 items", len(step.Tasks), len(step.Effects))
	}
	for id := model.TaskID(1); id <= many; id++ {
		if id == many/2 {
			if _, err := d.crash(); err != nil {
				t.Fatal(err)
			}
		}
		step := apply(t, d, engine.Command{Kind: engine.Succeed, Task: id, Try: d.try(id)})
		if next := id + 100; next <= many && (len(step.Tasks) != 2 || len(step.Effects) != 1 || step.Effects[0].Task != next) {
			t.Fatalf("the end of item %d wrote %d rows and led to %+v", id, len(step.Tasks), step.Effects)
		}
	}
	if s := d.attempt.Row().State; s != engine.AttemptSuccess {
		t.Fatalf("the attempt is %v", s)
	}
}

func TestManyItemsThatAreNotReached(t *testing.T) {
	t.Parallel()
	for _, end := range []engine.Command{{Kind: engine.Fail, Task: 1, Try: 1}, {Kind: engine.Kill}} {
		d, _ := throughWindow(t)
		apply(t, d, end)
		for id := model.TaskID(1); id <= 100; id++ {
			if step := apply(t, d, engine.Command{Kind: engine.Lose, Task: id, Try: 1}); len(step.Tasks) > 2 {
				t.Fatalf("the end of item %d wrote %d rows", id, len(step.Tasks))
			}
			apply(t, d, engine.Command{Kind: engine.Succeed, Task: id, Try: 2})
		}
		if s := d.attempt.Row().State; !s.Done() || s == engine.AttemptSuccess || len(d.ledger.tasks) != 101 {
			t.Fatalf("the attempt is %v with %d rows", s, len(d.ledger.tasks))
		}
		if s := d.attempt.Task(many).State; s != model.NotReached {
			t.Fatalf("the last item is %v", s)
		}
	}
}

// nested returns groups in groups, each with a storing action before the next.
func nested(depth int) *workflow.Node {
	n := &workflow.Node{Name: "+g"}
	top := n
	for range depth {
		inner := &workflow.Node{Name: "+g", After: []workflow.Edge{{From: 0}}}
		n.Children = []*workflow.Node{{Name: "+a", Operator: "do"}, inner}
		n = inner
	}
	return top
}

func TestDeepNesting(t *testing.T) {
	t.Parallel()
	const depth = 400
	def := finished(t, nested(depth))
	d := newDriver(def, params.Map{})
	if _, err := d.apply(engine.Command{Kind: engine.Begin}); err != nil {
		t.Fatal(err)
	}
	for n := range depth {
		id := model.TaskID(2*n + 1)
		if got := d.dispatched[id].Scope.Len(); got != n {
			t.Fatalf("at depth %d a task sees %d values", n, got)
		}
		result := &engine.Result{Store: params.Of(fmt.Sprint(n), n)}
		if _, err := d.apply(engine.Command{Kind: engine.Succeed, Task: id, Try: 1, Result: result}); err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 {
			if err := d.remembers(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s := d.attempt.Row().State; s != engine.AttemptSuccess {
		t.Fatalf("the attempt is %v", s)
	}
}

func TestManyTasksAreRestored(t *testing.T) {
	t.Parallel()
	d := newDriver(finished(t, actions(many, inLine)), params.Map{})
	command := engine.Command{Kind: engine.Begin}
	for id := model.TaskID(1); id <= many/2; id++ {
		if _, err := d.apply(command); err != nil {
			t.Fatal(err)
		}
		command = engine.Command{Kind: engine.Succeed, Task: id, Try: 1, Result: &engine.Result{Store: params.Of("last", int64(id))}}
	}
	step, err := d.crash()
	if err != nil {
		t.Fatal(err)
	}
	want := params.Of("last", many/2-1)
	for _, e := range step.Effects {
		if e.Kind == engine.Dispatch && (e.Task != many/2 || !e.Scope.Equal(want)) {
			t.Errorf("task %d runs again and sees %v, want %v", e.Task, e.Scope, want)
		}
	}
}
