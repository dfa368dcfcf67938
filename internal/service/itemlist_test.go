package service_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// collection starts an attempt over eight items, three at a time, of which the first
// has ended well and the second has failed.
func (f *fixture) collection() model.AttemptID {
	f.Helper()
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{
		Name: "+each", Each: &workflow.Each{Source: "list", Key: "item", Window: 3, OnFailure: workflow.IsolateItems},
		Children: []*workflow.Node{{Name: "+item", Operator: "do"}},
	}}}}
	must(f.T, w.Finish())
	at, _, err := f.store.StartAttempt(f.Context(), store.Start{Session: store.Session{UUID: "u", Workflow: "w", Key: "k"}, Definition: w})
	must(f.T, err)
	items := make([]engine.Item, 8)
	for i := range items {
		items[i] = engine.Item{Index: int64(i), Key: fmt.Sprint("k", i), Value: int64(i)}
	}
	must(f.T, f.store.AddItems(f.Context(), store.ItemList{Attempt: at.ID, Task: 1, List: 1}, items))
	snap, err := f.store.Load(f.Context(), at.ID)
	must(f.T, err)
	a, err := snap.Restore()
	must(f.T, err)
	var step engine.Step
	apply := func(c engine.Command) { must(f.T, a.Apply(model.InstantOf(noon), c, &step)) }
	report := func(name string, c engine.Command) {
		var found bool
		if c.Task, found = a.Find(name); !found {
			f.Fatalf("there is no task %s", name)
		}
		c.Try = 1
		apply(c)
	}
	apply(engine.Command{Kind: engine.Begin})
	report("+w+each", engine.Command{Kind: engine.Succeed, Result: &engine.Result{Listed: &engine.Listed{Total: 8}}})
	apply(engine.Command{Kind: engine.Supply, Task: 1, Supplied: &engine.Supplied{Fetch: engine.Fetch{List: 1, Most: 256}, Items: items}})
	report("+w+each+item-0", engine.Command{Kind: engine.Succeed})
	report("+w+each+item-1", engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", "no")}})
	must(f.T, f.store.Commit(f.Context(), &store.Batch{
		Attempts: step.Attempts, Tasks: step.Tasks, Grown: step.Grown, Events: step.Events, Items: step.Items,
	}))
	return at.ID
}

func TestItemsAreListedAsTheyStand(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	o := service.Order{Attempt: f.collection()}
	for _, test := range []struct {
		states []string
		want   []string
	}{
		{nil, []string{"0 success", "1 failed", "2 running", "3 running", "4 running", "5 pending", "6 pending", "7 pending"}},
		{[]string{"pending"}, []string{"5 pending", "6 pending", "7 pending"}},
		{[]string{"running"}, []string{"2 running", "3 running", "4 running"}},
		{[]string{"failed", "running"}, []string{"1 failed", "2 running", "3 running", "4 running"}},
		{[]string{"running", "pending"}, []string{"2 running", "3 running", "4 running", "5 pending", "6 pending", "7 pending"}},
		{[]string{"failed", "success"}, []string{"0 success", "1 failed"}},
		{[]string{"cancelled"}, nil},
	} {
		for limit := 1; limit < 10; limit++ {
			filter, err := service.ParseItemStates(test.states)
			must(t, err)
			var got []string
			for page := (store.Page{Limit: limit}); ; {
				c, items, next, err := f.Items(t.Context(), o, filter, page)
				must(t, err)
				if len(items) > limit || c.Items.Running != 3 {
					t.Errorf("%v: a page of %d has %d, and %d run", test.states, limit, len(items), c.Items.Running)
				}
				for _, e := range items {
					got = append(got, fmt.Sprint(e.Index, " ", service.ItemState(e.State)))
					if e.Key != fmt.Sprint("k", e.Index) || e.Value != e.Index || (e.Started == 0) != (e.State == model.Blocked) || (e.Ended == 0) == e.State.Final() {
						t.Errorf("item %+v", e)
					}
				}
				if page.Cursor = next; next == "" {
					break
				}
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%v, %d a page: %v, want %v", test.states, limit, got, test.want)
			}
		}
	}
	for _, page := range []store.Page{{Cursor: "!"}, {Limit: -1}} {
		if _, _, _, err := f.Items(t.Context(), o, store.ItemFilter{States: []model.State{model.Running}}, page); model.CodeOf(err) != model.Invalid {
			t.Errorf("page %+v: %v", page, err)
		}
	}
}
