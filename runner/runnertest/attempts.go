package runnertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
	"go.uber.org/goleak"
)

// RunAttempts runs whole attempts on a runner, as a server would, and looks whether
// these rules hold: no task runs before all that it comes after have ended; tasks that
// come after nothing run at any point, at the same time where the runner can; items of
// a collection run independently of each other, whichever fails; and of a task for all
// items, one that fails cancels the others, and what comes after it never runs.
//
// Each test gets a new runner from open, not started yet, as with Run. Together says
// that it runs several jobs at a time. Each test is made twice: the second time, some
// reports are made losses and others come again, which changes none of the rules.
func RunAttempts(t *testing.T, together bool, open func(t *testing.T) runner.Runner) {
	runAttempts(t, together, false, open)
}

// RunFewAttempts is RunAttempts with a quarter of the tasks, for runners with which each
// takes long. With -short, each test is made once, with losses.
func RunFewAttempts(t *testing.T, together bool, open func(t *testing.T) runner.Runner) {
	runAttempts(t, together, true, open)
}

func runAttempts(t *testing.T, together, few bool, open func(t *testing.T) runner.Runner) {
	rounds := []bool{false, true}
	if few && testing.Short() {
		rounds = rounds[1:]
	}
	for _, test := range []struct {
		name     string
		run      func(f *floor)
		together bool // it needs several jobs at a time
	}{
		{"NoTaskRunsBeforeThoseThatItComesAfter", parentsComeFirst, false},
		{"TasksThatComeAfterNothingRunTogether", orphansRunTogether, true},
		{"ItemsAreIndependent", itemsAreIndependent, false},
		{"AFailureCancelsTheOthersAndWhatComesAfter", failureCancels, false},
		{"KillEndsWhatRunsAndBeginsNothing", killEnds, false},
	} {
		if test.together && !together {
			continue
		}
		for _, faults := range rounds {
			t.Run(fmt.Sprintf("%s/faults=%t", test.name, faults), func(t *testing.T) {
				before := goleak.IgnoreCurrent()
				t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one to run
				f := newFloor(t, open(t), together, faults)
				f.few = few
				test.run(f)
			})
		}
	}
}

// floor is a server in small: a store and a conductor with the runner under test.
type floor struct {
	*testing.T
	*conductor.Conductor
	together, faults bool
	few              bool // tasks

	mu sync.Mutex
	// works are what tasks do, by their names; others succeed at once.
	works map[string]func(context.Context) engine.Command
	// noted are the beginnings and ends of tasks.
	noted []note
}

type note struct {
	task string
	end  bool
}

func newFloor(t *testing.T, r runner.Runner, together, faults bool) *floor {
	t.Helper()
	f := &floor{T: t, together: together, faults: faults, works: make(map[string]func(context.Context) engine.Command)}
	if faults {
		r = &faulty{Runner: r}
	}
	s := memory.New()
	f.Conductor = conductor.New(conductor.Config{Store: s, Runner: r, Open: f.jobs, Owner: "the suite"})
	if err := f.Start(context.Background()); err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := within(t, "Close", r.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := f.Stop(); err != nil {
			t.Errorf("the conductor: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *floor) jobs(a store.Attempt, _ *workflow.Workflow) func(*engine.Effect) runner.Job {
	return func(e *engine.Effect) runner.Job {
		name := e.Name
		return runner.Job{
			ID: runner.ID{Attempt: a.ID, Task: e.Task, Try: e.Try}, Task: name,
			Work: workFunc(func(ctx context.Context) runner.Outcome { return f.work(ctx, name) }),
		}
	}
}

// work does what a task does, and notes it.
func (f *floor) work(ctx context.Context, task string) runner.Outcome {
	f.note(task, false)
	defer f.note(task, true)
	f.mu.Lock()
	do := f.works[task]
	f.mu.Unlock()
	if do == nil {
		return engine.Command{Kind: engine.Succeed}
	}
	return do(ctx)
}

func (f *floor) note(task string, end bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noted = append(f.noted, note{task, end})
}

// began counts how often a task began.
func (f *floor) began(task string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.noted {
		if e.task == task && !e.end {
			n++
		}
	}
	return n
}

func fails(context.Context) engine.Command {
	return engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", "it was to fail")}}
}

// stays runs until it is told to end.
func stays(ctx context.Context) engine.Command {
	<-ctx.Done()
	return engine.Command{Kind: engine.TryCancelled}
}

// size is how many tasks there are of so many.
func (f *floor) size(n int) int {
	if f.few {
		return n / 4
	}
	return n
}

// node returns a task with some below it, that comes after the siblings of some
// indexes.
func node(name string, children []*workflow.Node, after ...int) *workflow.Node {
	n := &workflow.Node{Name: "+" + name, Children: children}
	if len(children) == 0 {
		n.Operator = "act"
	}
	for _, i := range after {
		n.After = append(n.After, workflow.Edge{From: i})
	}
	return n
}

// begin starts an attempt of tasks.
func (f *floor) begin(tasks ...*workflow.Node) model.AttemptID {
	f.Helper()
	w := &workflow.Workflow{Name: "w", Root: node("w", tasks)}
	if err := w.Finish(); err != nil {
		f.Fatal(err)
	}
	a, _, err := f.StartAttempt(f.Context(), store.Start{
		Session: store.Session{UUID: f.Name(), Project: 1, Workflow: "w", Key: f.Name()}, Definition: w,
	})
	if err != nil {
		f.Fatal(err)
	}
	return a.ID
}

// end waits for the end of an attempt, which must be as wanted.
func (f *floor) end(id model.AttemptID, want engine.AttemptState) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 2*patience)
	defer cancel()
	a, err := f.Wait(ctx, id)
	if err != nil || a.State != want {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.Fatalf("the attempt ended as %v, want %v, error %v; it did %v", a.State, want, err, f.noted)
	}
}

func parentsComeFirst(f *floor) {
	n := f.size(40)
	var tasks []*workflow.Node
	edges := make(map[int][]int)
	for i := range n {
		for _, from := range []int{i - 1 - i%3, i - 5, i - 11} {
			if from >= 0 && i%7 != 0 && !slices.Contains(edges[i], from) {
				edges[i] = append(edges[i], from)
			}
		}
		tasks = append(tasks, node(fmt.Sprint(i), nil, edges[i]...))
	}
	f.end(f.begin(tasks...), engine.AttemptSuccess)
	name := func(i int) string { return fmt.Sprint("+w+", i) }
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, from := range edges {
		first := slices.Index(f.noted, note{name(i), false})
		for _, k := range from {
			ended := slices.Index(f.noted, note{name(k), true})
			if first < 0 || ended < 0 || slices.Contains(f.noted[first:], note{name(k), false}) || ended > first {
				f.Errorf("task %d comes after %d and began before that ended: %v", i, k, f.noted)
			}
		}
	}
}

func orphansRunTogether(f *floor) {
	var met sync.WaitGroup
	met.Add(2)
	both := closedAfter(met.Wait)
	for _, name := range []string{"+w+a", "+w+b"} {
		arrive := sync.OnceFunc(met.Done)
		f.works[name] = func(ctx context.Context) engine.Command {
			arrive()
			select {
			case <-both:
				return engine.Command{Kind: engine.Succeed}
			case <-ctx.Done():
				return stays(ctx)
			}
		}
	}
	f.end(f.begin(node("a", nil), node("b", nil)), engine.AttemptSuccess)
}

func itemsAreIndependent(f *floor) {
	n := f.size(8)
	bad := n / 2
	var items []*workflow.Node
	for i := range n {
		items = append(items, node(fmt.Sprint(i), []*workflow.Node{node("a", nil), node("b", nil, 0), node("c", nil, 1)}))
	}
	f.works[fmt.Sprintf("+w+%d+b", bad)] = fails
	f.end(f.begin(items...), engine.AttemptFailed)
	for i := range n {
		ran := f.began(fmt.Sprintf("+w+%d+c", i)) > 0
		if ran != (i != bad) {
			f.Errorf("the last task of item %d ran: %t, and item %d failed", i, ran, bad)
		}
	}
}

func failureCancels(f *floor) {
	const n = 6
	var instances []*workflow.Node
	for i := range n {
		instances = append(instances, node(fmt.Sprint(i), nil))
		instances[i].Failure = workflow.Failure{Scope: workflow.WholeGroup, Effect: workflow.CancelOthers}
		if !f.faults { // else what stays could leave no room for the first one to run again
			f.works[fmt.Sprint("+w+all+", i)] = stays
		}
	}
	// The first may be the only one that runs.
	f.works["+w+all+0"] = fails
	id := f.begin(node("all", instances), node("child", nil, 0), node("other", nil))
	f.end(id, engine.AttemptFailed)
	if n := f.began("+w+child"); n > 0 {
		f.Errorf("what comes after it ran %d times", n)
	}
	if f.began("+w+other") == 0 {
		f.Error("what has nothing to do with it did not run")
	}
}

func killEnds(f *floor) {
	f.works["+w+a"] = stays
	id := f.begin(node("a", nil), node("b", nil, 0))
	for tick := time.NewTicker(time.Millisecond); f.began("+w+a") == 0; <-tick.C {
		continue
	}
	if err := f.Send(f.Context(), id, engine.Command{Kind: engine.Kill, By: "the suite"}); err != nil {
		f.Fatal(err)
	}
	f.end(id, engine.AttemptKilled)
	if n := f.began("+w+b"); n > 0 {
		f.Errorf("what comes after it ran %d times", n)
	}
}

// faulty is a runner that loses track of some jobs and reports others again.
type faulty struct {
	runner.Runner
	mu sync.Mutex
	n  int
}

// Start implements runner.Runner.
func (f *faulty) Start(report func([]runner.Report)) error {
	return f.Runner.Start(func(list []runner.Report) {
		f.mu.Lock()
		told := make([]runner.Report, 0, 2*len(list))
		for _, r := range list {
			f.n++
			switch {
			case f.n%4 == 1:
				told = append(told, runner.Report{ID: r.ID, Lost: true}, r)
			case f.n%4 == 2:
				told = append(told, r, r, runner.Report{ID: r.ID, Lost: true})
			default:
				told = append(told, r)
			}
		}
		f.mu.Unlock()
		report(told)
	})
}
