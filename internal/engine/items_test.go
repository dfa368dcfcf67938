package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/workflow"
	"pgregory.net/rapid"
)

func TestItemsArePropertiesOfTheirRows(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		each := workflow.Each{
			Window:    rapid.IntRange(1, 4).Draw(t, "window"),
			OnFailure: workflow.ItemFailure(rapid.IntRange(0, int(workflow.CancelAll)).Draw(t, "policy")),
		}
		body := action()
		if rapid.Bool().Draw(t, "group") {
			body = &workflow.Node{Name: "+item", Children: []*workflow.Node{
				{Name: "+a", Operator: "do"}, {Name: "+b", Operator: "do", After: []workflow.Edge{{From: 0}}},
			}}
		}
		states := make([]model.State, rapid.SampledFrom([]int{0, 1, 3, 20, 20, 270}).Draw(t, "items"))
		if every := rapid.IntRange(0, 3).Draw(t, "carried"); every > 0 {
			for i := 0; i < len(states); i += every {
				states[i] = model.Success
			}
		}
		s := carriedShelf(t, states, each, body)
		s.page = rapid.SampledFrom([]int{0, 1, 2, 7}).Draw(t, "page")
		for range rapid.IntRange(0, 60).Draw(t, "length") {
			if err := s.move(t); err != nil {
				t.Fatal(err)
			}
			if err := s.check(each.Window); err != nil {
				t.Fatal(err)
			}
		}
		s.drain(t, func(int64) bool { return false })
		if err := s.check(each.Window); err != nil {
			t.Fatal(err)
		}
		s.checkEnd(t)
	})
}

// move does something at random.
func (s *shelf) move(t *rapid.T) error {
	switch what := rapid.SampledFrom([]string{"ok", "ok", "ok", "fail", "fetch", "fetch", "fetch all", "crash", "again", "once more", "kill", "cancel"}).Draw(t, "move"); {
	case s.row.State.Done():
	case what == "fetch" && len(s.fetches) > 0:
		return s.serve()
	case what == "fetch all":
		return s.serveAll()
	case (what == "ok" || what == "fail") && len(s.dispatched) > 0:
		i := rapid.IntRange(0, len(s.dispatched)-1).Draw(t, "which")
		if what == "fail" {
			return s.report(i, engine.Fail)
		}
		return s.report(i, engine.Succeed)
	case what == "crash":
		return s.crash()
	case what == "again" && len(s.items) > 0:
		_ = s.apply(engine.Command{Kind: engine.RerunItem, Task: 1, Item: rapid.Int64Range(0, int64(len(s.items)-1)).Draw(t, "item")})
	case what == "once more":
		for v := range s.attempt.Tasks() {
			if v.OfItem() && v.State.Final() && !v.Retired && strings.HasPrefix(v.Node.Name, "+item") {
				_ = s.apply(engine.Command{Kind: engine.Again, Task: v.ID})
				return nil
			}
		}
	case what == "kill" && rapid.IntRange(0, 9).Draw(t, "really") == 0:
		return s.apply(engine.Command{Kind: engine.Kill})
	case what == "cancel" && len(s.dispatched) > 0 && rapid.IntRange(0, 4).Draw(t, "really") == 0:
		if e := s.dispatched[0]; s.runs(e) {
			return s.apply(engine.Command{Kind: engine.Cancel, Task: e.Task})
		}
	}
	return nil
}

// checkEnd checks how the whole has ended.
func (s *shelf) checkEnd(t *rapid.T) {
	c := s.counters()
	each := s.attempt.Task(1)
	switch {
	case !s.row.State.Done() || c.Pending() != 0 || c.Running != 0:
		t.Fatalf("the attempt is %v with %+v", s.row.State, c)
	case s.row.CancelAsked:
	case c.Failed > 0 && each.State != model.Failed, c.Failed == 0 && each.State == model.Failed:
		t.Fatalf("%d items failed, and the collection is %s", c.Failed, each.State)
	case each.State == model.Success && s.attempt.Task(2).State == model.NotReached:
		t.Fatalf("what comes after is %s", s.attempt.Task(2).State)
	}
	if n := len(slices.Collect(s.attempt.Tasks())); n != 4 {
		t.Fatalf("%d tasks are left in memory", n)
	}
}

// Rule 3: the items of a collection that isolates them run whatever becomes of others.
func TestIsolatedItemsAllRun(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 600, workflow.Each{Window: 7, OnFailure: workflow.IsolateItems}, action())
	s.drain(t, func(i int64) bool { return i%100 == 3 })
	c := s.counters()
	if c.Failed != 6 || c.Done != 594 || c.Cancelled != 0 {
		t.Errorf("counted %+v", c)
	}
	if i := slices.IndexFunc(s.ran, func(n int) bool { return n != 1 }); i >= 0 {
		t.Errorf("item %d ran %d times", i, s.ran[i])
	}
	each := s.attempt.Task(1)
	message, _ := each.Detail.Error.StringOr("message", "")
	if each.State != model.Failed || !strings.HasPrefix(message, "6 of 600 items failed: item 3: no; item 103: no") || !strings.HasSuffix(message, "; and more") {
		t.Errorf("the collection is %s: %s", each.State, message)
	}
	if after, beside := s.attempt.Task(2), s.attempt.Task(3); after.State != model.NotReached || beside.State != model.Success {
		t.Errorf("what comes after is %s, what does not %s", after.State, beside.State)
	}
}

// Rule 4: all items end before what comes after them, and a failure cancels the rest
// and what comes after.
func TestAFailureCancelsTheOtherItems(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 30_000, workflow.Each{Window: 2}, action())
	s.drain(t, func(i int64) bool { return i == 300 })
	c := s.counters()
	if c.Failed != 1 || c.Done+c.Cancelled+1 != 30_000 || c.Done < 300 || c.Done > 301 {
		t.Errorf("counted %+v", c)
	}
	if err := s.check(2); err != nil {
		t.Error(err)
	}
	if after, beside := s.attempt.Task(2), s.attempt.Task(3); after.State != model.NotReached || beside.State != model.Success || s.row.State != engine.AttemptFailed {
		t.Errorf("what comes after is %s, what does not %s, the whole %v", after.State, beside.State, s.row.State)
	}
}

func TestAFailureCanCancelAllElse(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 5, workflow.Each{Window: 1, OnFailure: workflow.CancelAll}, action())
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	s.ends(t, "+w+each+item-0", engine.Fail)
	s.drain(t, func(int64) bool { return false })
	if beside := s.attempt.Task(3); beside.State != model.Cancelled || s.row.State != engine.AttemptFailed {
		t.Errorf("what runs beside it is %s, the whole %v", beside.State, s.row.State)
	}
}

// An item that is run again while its page is in work is counted once, however often
// that is asked for.
func TestAnItemOfAPageInWorkIsRunAgainInItsPlace(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 3, workflow.Each{Window: 1, OnFailure: workflow.IsolateItems}, action())
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	s.ends(t, "+w+each+item-0", engine.Succeed)
	first := engine.Command{Kind: engine.Again}
	for v := range s.attempt.Tasks() {
		if v.Name == "+w+each+item-0" {
			first.Task = v.ID
		}
	}
	s.must(t, engine.Command{Kind: engine.RerunItem, Task: 1})
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	if err := s.apply(first); model.CodeOf(err) != model.Conflict {
		t.Errorf("the round before is run again: %v", err)
	}
	if err := s.check(1); err != nil {
		t.Error(err)
	}
	s.drain(t, func(int64) bool { return false })
	if !slices.Equal(s.ran, []int{2, 1, 1}) {
		t.Errorf("the items ran %v times", s.ran)
	}
}

// A page stays for as long as losers that were left running start more below it.
func TestAPageStaysWhileWhatWasLeftRunningGoesOn(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 1, workflow.Each{}, &workflow.Node{
		Name: "+item", Join: workflow.Join{Any: true, LeaveLosers: true},
		Children: []*workflow.Node{
			{Name: "+first", Operator: "do"},
			{Name: "+slow", Operator: "do"},
			{Name: "+next", Operator: "do", After: []workflow.Edge{{From: 1}}},
		},
	})
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	s.ends(t, "+w+each+item-0+first", engine.Succeed)
	s.ends(t, "+w+each+item-0+slow", engine.Succeed)
	i := slices.IndexFunc(s.dispatched, func(e engine.Owned) bool { return e.Name == "+w+each+item-0+next" })
	if i < 0 || s.tasks[s.dispatched[i].Task].State != model.Running {
		t.Fatalf("what comes after a loser has no row: %v", s.tasks)
	}
	s.ends(t, "+w+each+item-0+next", engine.Succeed)
	if len(s.tasks) > 4 {
		t.Errorf("%d rows are left once it has ended", len(s.tasks))
	}
}

// What a collection does that its group has ended without counts for nothing there.
func TestALoserCancelsNothingOfAGroupThatHasEnded(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 2, workflow.Each{Window: 1, OnFailure: workflow.CancelAll}, action(), func(root *workflow.Node) {
		root.Join = workflow.Join{Any: true, LeaveLosers: true}
	})
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	s.ends(t, "+w+beside", engine.Succeed)
	s.ends(t, "+w+each+item-0", engine.Fail)
	if root := s.tasks[0]; root.State != model.Success || root.Flags != 0 {
		t.Errorf("the group is %s with flags %b", root.State, root.Flags)
	}
}

func TestFewItemsAreInMemory(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 20_000, workflow.Each{Window: 50}, action())
	s.drain(t, func(int64) bool { return false })
	if s.most > 1000 || len(s.tasks) > 4 || len(s.growths) > 0 {
		t.Errorf("%d tasks were in memory, %d rows and %d growths are left", s.most, len(s.tasks), len(s.growths))
	}
	if s.row.State != engine.AttemptSuccess || s.row.Tasks < 20_000 {
		t.Errorf("the attempt is %v, with %d tasks", s.row.State, s.row.Tasks)
	}
}

// A collection goes on with the items of an earlier attempt: those that have ended are
// counted and not run.
func TestCarriedItemsAreNotRunAgain(t *testing.T) {
	t.Parallel()
	s := carriedShelf(t, []model.State{model.Success, model.Blocked, model.Success}, workflow.Each{}, action())
	s.drain(t, func(int64) bool { return false })
	if c := s.counters(); c.Done != 3 || !slices.Equal(s.ran, []int{0, 1, 0}) {
		t.Errorf("counted %+v, ran %v", c, s.ran)
	}
}

func TestAnItemIsRunAgain(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 3, workflow.Each{Window: 1, OnFailure: workflow.IsolateItems}, action())
	fails := true
	for range 3 { // the third item stays in work
		for len(s.fetches) > 0 {
			if err := s.serve(); err != nil {
				t.Fatal(err)
			}
		}
		i := slices.IndexFunc(s.dispatched, func(e engine.Owned) bool { return strings.HasPrefix(e.Name, "+w+each+item-") })
		if s.dispatched[i].Name == "+w+each+item-2" {
			break
		}
		kind := engine.Succeed
		if fails {
			kind, fails = engine.Fail, false
		}
		if err := s.report(i, kind); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, engine.Command{Kind: engine.RerunItem, Task: 1, Item: 0})
	if err := s.crash(); err != nil { // what is to be run again is not forgotten
		t.Fatal(err)
	}
	s.drain(t, func(int64) bool { return false })
	if c := s.counters(); c.Done != 3 || c.Failed != 0 || len(c.First) != 0 || s.row.State != engine.AttemptSuccess || s.ran[0] != 2 {
		t.Errorf("counted %+v, ran %v, the attempt is %v", c, s.ran, s.row.State)
	}
	for item, code := range map[int64]model.Code{0: model.Conflict, 9: model.Conflict} {
		if err := s.apply(engine.Command{Kind: engine.RerunItem, Task: 1, Item: item}); model.CodeOf(err) != code {
			t.Errorf("item %d of an attempt that is over: %v", item, err)
		}
	}
}
