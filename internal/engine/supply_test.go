package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// An item that was carried over as done and is ahead of those that are taken up runs
// once when it is run again, whether a page of items is on its way or not.
func TestAnItemAheadOfTheOthersIsRunAgainOnce(t *testing.T) {
	t.Parallel()
	for name, item := range map[string]int64{"that the page which is on its way goes past": 100, "behind the first page": 300} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			states := make([]model.State, 600)
			states[item] = model.Success
			s := carriedShelf(t, states, workflow.Each{Window: 20}, action())
			if item > 256 {
				if err := s.serve(); err != nil {
					t.Fatal(err)
				}
			}
			s.must(t, engine.Command{Kind: engine.RerunItem, Task: 1, Item: item})
			slices.Reverse(s.fetches) // the item comes first, and the page that lacks it last
			if err := s.serveAll(); err != nil {
				t.Fatal(err)
			}
			s.drain(t, func(int64) bool { return false })
			if c := s.counters(); c.Done != 600 || c.Left != 0 || s.row.State != engine.AttemptSuccess {
				t.Errorf("the attempt is %v with %+v", s.row.State, c)
			}
			if i := slices.IndexFunc(s.ran, func(n int) bool { return n != 1 }); i >= 0 {
				t.Errorf("item %d ran %d times", i, s.ran[i])
			}
		})
	}
}

// Rows that an earlier run of the same try has left behind those that were listed last
// are not items.
func TestRowsBeyondTheTotalAreNotTakenUp(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 3, workflow.Each{}, action())
	s.items = append(s.items, engine.Item{Index: 3}, engine.Item{Index: 4})
	s.ran = make([]int, 5)
	s.drain(t, func(int64) bool { return false })
	if c := s.counters(); c.Done != 3 || s.row.State != engine.AttemptSuccess || !slices.Equal(s.ran, []int{1, 1, 1, 0, 0}) {
		t.Errorf("the attempt is %v with %+v, ran %v", s.row.State, c, s.ran)
	}
}

// Where items can't be read, those in work end, the others are cancelled, and the
// collection fails.
func TestItemsThatCannotBeReadFailTheirCollection(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		s := newShelf(t, 30_000, workflow.Each{Window: 200, OnFailure: workflow.IsolateItems}, action())
		if err := s.serve(); err != nil {
			t.Fatal(err)
		}
		for i := range 100 { // more are asked for then
			s.ends(t, fmt.Sprint("+w+each+item-", i), engine.Succeed)
		}
		if again {
			s.must(t, engine.Command{Kind: engine.RerunItem, Task: 1, Item: 0})
			slices.Reverse(s.fetches)
		}
		f := s.fetches[0]
		if s.fetches = s.fetches[1:]; f.Fetch.Again != again {
			t.Fatalf("asked for %+v", f.Fetch)
		}
		s.must(t, engine.Command{Kind: engine.Supply, Task: 1, Supplied: &engine.Supplied{Fetch: f.Fetch, Error: "the row is damaged"}})
		s.drain(t, func(int64) bool { return false })
		if err := s.check(200); err != nil {
			t.Error(err)
		}
		each := s.attempt.Task(1)
		message, _ := each.Detail.Error.StringOr("message", "")
		if c := s.counters(); each.State != model.Failed || message != "the row is damaged" || c.Done != 200 && c.Done != 256 || c.Pending() != 0 {
			t.Errorf("the collection is %s (%s) with %+v", each.State, message, c)
		}
		if beside := s.attempt.Task(3); beside.State != model.Success || s.row.State != engine.AttemptFailed {
			t.Errorf("what is beside it is %s, the attempt %v", beside.State, s.row.State)
		}
	}
}

// The number of the list outlives the round: by it, others find what has ended well.
func TestARoundOfACollectionKnowsTheListBeforeIt(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 2, workflow.Each{}, action(), func(root *workflow.Node) { root.Children[0].Retry = workflow.Retry{Limit: 2} })
	if err := s.serveAll(); err != nil {
		t.Fatal(err)
	}
	for _, item := range []string{"+w+each+item-0", "+w+each+item-1"} {
		s.ends(t, item, engine.Fail)
	}
	failed := engine.Command{Kind: engine.Fail, Task: 1, Try: 2, Failure: &engine.Failure{Retry: workflow.Retry{Limit: 2}}}
	for range 2 {
		if d := s.attempt.Task(1).Detail; d == nil || d.Items != nil || d.Former != 1 {
			t.Fatalf("it keeps %+v", d)
		}
		s.must(t, failed)
	}
	s.must(t, engine.Command{Kind: engine.Succeed, Task: 1, Try: 3, Result: &engine.Result{Listed: &engine.Listed{Total: 2, Done: 2}}})
	if d := s.attempt.Task(1).Detail; d.Former != 0 || d.Items.List != 3 {
		t.Errorf("it keeps %+v", d)
	}
}
