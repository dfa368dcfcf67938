package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// shelf stands for what surrounds an attempt with a collection whose items are rows:
// the store, with its rows, and what is under way.
type shelf struct {
	attempt *engine.Attempt
	def     *workflow.Workflow
	row     engine.AttemptRow
	tasks   map[model.TaskID]engine.TaskRow
	growths []engine.Growth
	seq     int64
	now     model.Instant

	items   []engine.Item
	ran     []int // how often the body of each item has ended well or badly
	fetches []engine.Owned
	// dispatched are the tries that run, in order.
	dispatched []engine.Owned
	// most is how many tasks were in memory at a time.
	most int
	// page bounds how many items are served at a time; zero does not.
	page int
}

// newShelf returns an attempt that has begun with a collection of n items, which
// something comes after and something else does not.
func newShelf(t fataler, n int, each workflow.Each, body *workflow.Node, change ...func(root *workflow.Node)) *shelf {
	return carriedShelf(t, make([]model.State, n), each, body, change...)
}

// carriedShelf is newShelf with items that have states already.
func carriedShelf(t fataler, states []model.State, each workflow.Each, body *workflow.Node, change ...func(root *workflow.Node)) *shelf {
	each.Source, each.Key = "list", "item"
	def := &workflow.Workflow{Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{
		{Name: "+each", Each: &each, Children: []*workflow.Node{body}},
		{Name: "+after", Operator: "do", After: []workflow.Edge{{From: 0}}},
		{Name: "+beside", Operator: "do"},
	}}}
	for _, f := range change {
		f(def.Root)
	}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	s := &shelf{def: def, attempt: engine.New(1, def, params.Map{}), tasks: make(map[model.TaskID]engine.TaskRow), now: epoch, ran: make([]int, len(states))}
	for i, state := range states {
		s.items = append(s.items, engine.Item{Index: int64(i), Value: int64(i), State: state})
	}
	counts := s.count()
	listed := &engine.Listed{Total: int64(len(states)), Done: counts[model.Success], Failed: counts[model.Failed], Cancelled: counts[model.Cancelled]}
	s.must(t, engine.Command{Kind: engine.Begin})
	s.must(t, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1, Result: &engine.Result{Listed: listed}})
	return s
}

type fataler interface{ Fatal(...any) }

func (s *shelf) must(t fataler, c engine.Command) {
	if err := s.apply(c); err != nil {
		t.Fatal(err)
	}
}

func (s *shelf) apply(c engine.Command) error {
	s.now++
	step := &engine.Step{}
	if err := s.attempt.Apply(s.now, c, step); err != nil {
		return err
	}
	return s.take(step)
}

// take stores a step.
func (s *shelf) take(step *engine.Step) error {
	for _, r := range step.Attempts {
		s.row = r
	}
	for _, r := range step.Tasks {
		s.tasks[r.ID] = r
	}
	s.growths = append(s.growths, step.Grown...)
	for _, e := range step.Events {
		s.seq = e.Seq
	}
	for i := range step.Items {
		if err := s.change(&step.Items[i]); err != nil {
			return err
		}
	}
	for _, d := range step.Dropped {
		for id := d.From; id < d.To; id++ {
			delete(s.tasks, id)
		}
		s.growths = slices.DeleteFunc(s.growths, func(g engine.Growth) bool {
			return g.First == d.From && g.Kind == engine.GrowPage || d.From <= g.Parent && g.Parent < d.To
		})
	}
	for _, e := range step.Effects {
		switch e.Kind {
		case engine.FetchItems:
			s.fetches = append(s.fetches, e)
		case engine.Dispatch:
			s.dispatched = append(s.dispatched, e)
		}
	}
	s.most = max(s.most, len(slices.Collect(s.attempt.Tasks())))
	return nil
}

// change stores what became of items.
func (s *shelf) change(r *engine.ItemRow) error {
	if r.To == 0 {
		item := &s.items[r.Index]
		if item.State.Final() && r.State.Final() && r.State != model.Cancelled {
			return fmt.Errorf("item %d is %s and becomes %s", r.Index, item.State, r.State)
		}
		item.State = r.State
		if r.State == model.Success || r.State == model.Failed {
			s.ran[r.Index]++
		}
		return nil
	}
	for i := r.Index; i < r.To; i++ {
		if s.items[i].State == model.Blocked {
			s.items[i].State = r.State
		}
	}
	return nil
}

// serve answers the first fetch.
func (s *shelf) serve() error { return s.serveFrom(s.items) }

// serveAll answers all fetches that there are with what is stored now.
func (s *shelf) serveAll() error {
	stored := slices.Clone(s.items)
	for range s.fetches {
		if err := s.serveFrom(stored); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) serveFrom(stored []engine.Item) error {
	e := s.fetches[0]
	s.fetches = s.fetches[1:]
	supplied := &engine.Supplied{Fetch: e.Fetch}
	if s.page > 0 {
		e.Fetch.Most = min(e.Fetch.Most, s.page)
	}
	for i := e.Fetch.From; i < int64(len(stored)) && len(supplied.Items) < e.Fetch.Most; i++ {
		if stored[i].State == model.Blocked || e.Fetch.Again {
			supplied.Items = append(supplied.Items, stored[i])
		}
	}
	return s.apply(engine.Command{Kind: engine.Supply, Task: e.Task, Supplied: supplied})
}

// report ends the try at a place among those that run.
func (s *shelf) report(i int, kind engine.CommandKind) error {
	e := s.dispatched[i]
	s.dispatched = slices.Delete(s.dispatched, i, i+1)
	if s.row.State.Done() || !s.runs(e) {
		return nil
	}
	c := engine.Command{Kind: kind, Task: e.Task, Try: e.Try}
	if kind == engine.Fail {
		c.Failure = &engine.Failure{Error: params.Of("message", "no")}
	}
	return s.apply(c)
}

// ends reports the end of the try of a task.
func (s *shelf) ends(t *testing.T, name string, kind engine.CommandKind) {
	t.Helper()
	i := slices.IndexFunc(s.dispatched, func(e engine.Owned) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("%s does not run", name)
	}
	if err := s.report(i, kind); err != nil {
		t.Fatal(err)
	}
}

// runs reports whether a try is still the one that counts.
func (s *shelf) runs(e engine.Owned) bool {
	r, ok := s.tasks[e.Task]
	return ok && r.State == model.Running && r.Try == e.Try
}

func (s *shelf) restored() (*engine.Attempt, error) {
	growths := slices.Clone(s.growths)
	slices.SortStableFunc(growths, func(a, b engine.Growth) int { return int(a.First) - int(b.First) })
	var rows []engine.TaskRow
	for _, r := range s.tasks {
		rows = append(rows, r)
	}
	return engine.Restore(s.def, s.row, growths, rows, s.seq)
}

// crash loses all but what was stored.
func (s *shelf) crash() error {
	a, err := s.restored()
	if err != nil {
		return err
	}
	s.attempt, s.fetches, s.dispatched = a, nil, nil
	step := &engine.Step{}
	a.Revive(s.now, nil, step)
	return s.take(step)
}

func (s *shelf) counters() engine.Items { return *s.attempt.Task(1).Detail.Items }

// count counts the rows of items by their states.
func (s *shelf) count() map[model.State]int64 {
	m := make(map[model.State]int64)
	for _, i := range s.items {
		m[i.State]++
	}
	return m
}

// check checks what is true after every step.
func (s *shelf) check(window int) error {
	c, rows, running := s.counters(), s.count(), int64(len(s.attempt.ItemsInWork(1)))
	for _, count := range []struct {
		name          string
		counted, said int64
	}{
		{"total", c.Total, int64(len(s.items))},
		{"running", c.Running, running},
		{"done", c.Done, rows[model.Success]},
		{"failed", c.Failed, rows[model.Failed]},
		{"cancelled", c.Cancelled, rows[model.Cancelled]},
		{"pending", c.Pending(), rows[model.Blocked] - running},
	} {
		if count.counted != count.said {
			return fmt.Errorf("%s: %d are counted, the rows and tasks say %d", count.name, count.counted, count.said)
		}
	}
	if c.Running > int64(window) {
		return fmt.Errorf("%d items are in work, and the window is %d", c.Running, window)
	}
	if after := s.attempt.Task(2); after.Started != 0 && (c.Done != c.Total || s.attempt.Task(1).State != model.Success) {
		return fmt.Errorf("what comes after the items began before they had all ended well: %+v", c)
	}
	a, err := s.restored()
	if err != nil {
		return err
	}
	return sameViews(s.attempt, a)
}

// ended returns the tasks that were dispatched, by name.
func (s *shelf) drain(t fataler, fails func(item int64) bool) {
	for range 100_000 {
		switch {
		case len(s.fetches) > 0:
			if err := s.serve(); err != nil {
				t.Fatal(err)
			}
		case len(s.dispatched) > 0:
			kind := engine.Succeed
			v, isItem := s.dispatched[0].Scope.Get("item")
			if i, ok := v.(int64); isItem && ok && fails(i) {
				kind = engine.Fail
			}
			if err := s.report(0, kind); err != nil {
				t.Fatal(err)
			}
		default:
			return
		}
	}
	t.Fatal("it does not end")
}

func action() *workflow.Node { return &workflow.Node{Name: "+item", Operator: "do"} }
