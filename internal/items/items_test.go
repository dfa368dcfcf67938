package items_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/items"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/storetest"
	"github.com/pawlhq/pawl/operator"
)

// counting counts the pages that are written.
type counting struct {
	*memory.Store
	pages int
}

func (c *counting) AddItems(ctx context.Context, to store.ItemList, page []engine.Item) error {
	c.pages++
	return c.Store.AddItems(ctx, to, page)
}

func upTo(n int, last error) iter.Seq2[operator.Item, error] {
	return func(yield func(operator.Item, error) bool) {
		for i := range n {
			if !yield(operator.Item{Key: fmt.Sprint("k", i), Value: int64(i)}, nil) {
				return
			}
		}
		if last != nil {
			yield(operator.Item{}, last)
		}
	}
}

// states returns the states of the items of a list.
func states(t *testing.T, s store.Items, of store.ItemList) (list []string) {
	t.Helper()
	found, _, err := s.ListItems(t.Context(), of, store.ItemFilter{}, store.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		list = append(list, e.Key+" "+e.State.String())
	}
	return list
}

func TestItemsAreWrittenInPages(t *testing.T) {
	t.Parallel()
	s := &counting{Store: memory.New()}
	id := storetest.Started(t, s, "k")
	listed, err := items.Lists{Store: s}.List(t.Context(), model.TryID{Attempt: id, Task: 1, Try: 2}, "+w+each", upTo(2500, nil))
	if err != nil || *listed != (engine.Listed{Total: 2500}) || s.pages != 3 {
		t.Errorf("listed %+v in %d pages, error %v", listed, s.pages, err)
	}
	counts, err := s.CountItems(t.Context(), store.ItemList{Attempt: id, Task: 1, List: 2})
	if err != nil || counts[model.Blocked] != 2500 {
		t.Errorf("%v are there, error %v", counts, err)
	}
}

func TestASourceThatFailsListsNothing(t *testing.T) {
	t.Parallel()
	s := memory.New()
	id := storetest.Started(t, s, "k")
	gone := errors.New("gone")
	try := model.TryID{Attempt: id, Task: 1, Try: 1}
	if listed, err := (items.Lists{Store: s}).List(t.Context(), try, "+w+each", upTo(2, gone)); !errors.Is(err, gone) || listed != nil {
		t.Errorf("listed %v, error %v", listed, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if listed, err := (items.Lists{Store: s}).List(ctx, try, "+w+each", upTo(2, nil)); !errors.Is(err, gone) || listed != nil {
		t.Errorf("listed %v after its end, error %v", listed, err)
	}
}

func TestWhatATryHasListedThatFailedIsDropped(t *testing.T) {
	t.Parallel()
	s := memory.New()
	id := storetest.Started(t, s, "k")
	for try, last := range []error{errors.New("gone"), nil} {
		_, err := items.Lists{Store: s}.List(t.Context(), model.TryID{Attempt: id, Task: 1, Try: int32(try + 1)}, "+w+each", upTo(1000, last))
		if !errors.Is(err, last) {
			t.Fatal(err)
		}
	}
	for list, want := range []int{0, 1000} {
		if n := len(states(t, s, store.ItemList{Attempt: id, Task: 1, List: int32(list + 1)})); n != want {
			t.Errorf("list %d has %d items, want %d", list+1, n, want)
		}
	}
}

func TestAnAttemptGoesOnWithTheItemsOfAnother(t *testing.T) {
	t.Parallel()
	s := memory.New()
	first := storetest.Started(t, s, "a")
	from := store.ItemList{Attempt: first, Task: 1, List: 4}
	if _, err := (items.Lists{Store: s}).List(t.Context(), model.TryID{Attempt: first, Task: 1, Try: 4}, "+w+each", upTo(4, nil)); err != nil {
		t.Fatal(err)
	}
	row := func(index int64, state model.State) engine.ItemRow {
		return engine.ItemRow{Attempt: first, Task: 1, List: 4, Index: index, State: state}
	}
	err := s.Commit(t.Context(), &store.Batch{
		Tasks: []engine.TaskRow{{Attempt: first, ID: 1, Name: "+w+each", State: model.Failed, Detail: &engine.Detail{Items: &engine.Items{List: 4, Total: 4}}}},
		Items: []engine.ItemRow{row(0, model.Success), row(1, model.Failed), row(2, model.Failed), row(3, model.Cancelled)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		resume store.Resume
		want   *engine.Listed
		states []string
	}{
		{store.Resume{}, nil, nil},
		{store.Resume{Attempt: first}, &engine.Listed{Total: 4, Done: 1}, []string{"k0 success", "k1 blocked", "k2 blocked", "k3 blocked"}},
		{store.Resume{Attempt: first, From: store.Anew}, &engine.Listed{Total: 4, Done: 1}, []string{"k0 success", "k1 blocked", "k2 blocked", "k3 blocked"}},
		{store.Resume{Attempt: first, From: "+w+each"}, nil, nil},
		{
			store.Resume{Attempt: first, From: store.OfItem("+w+each", 2)}, &engine.Listed{Total: 4, Done: 1, Failed: 1, Cancelled: 1},
			[]string{"k0 success", "k1 failed", "k2 blocked", "k3 cancelled"},
		},
	} {
		id := storetest.Started(t, s, fmt.Sprint("b", i))
		got, err := items.Lists{Store: s, Resume: test.resume}.Carried(t.Context(), model.TryID{Attempt: id, Task: 9, Try: 1}, "+w+each")
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%+v: error %v (-want +got):\n%s", test.resume, err, diff)
		}
		if diff := cmp.Diff(test.states, states(t, s, store.ItemList{Attempt: id, Task: 9, List: 1})); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.resume, diff)
		}
	}
	if got, err := (items.Lists{Store: s, Resume: store.Resume{Attempt: first}}).Carried(t.Context(), model.TryID{Attempt: first, Task: 8, Try: 1}, "+w+other"); got != nil || err != nil {
		t.Errorf("another task goes on with %v, error %v", got, err)
	}
	if n := len(states(t, s, from)); n != 4 {
		t.Errorf("%d items are left of the first", n)
	}
}

// A round that follows in the same attempt goes on with the one before it, and so does
// an attempt that goes on with one which ended while such a round was to begin, or had
// just listed its items.
func TestARetryOfACarriedCollectionKeepsWhatHasEndedWell(t *testing.T) {
	t.Parallel()
	s := memory.New()
	commit := func(b *store.Batch) {
		t.Helper()
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	first, second := storetest.Started(t, s, "a"), storetest.Started(t, s, "b")
	if _, err := (items.Lists{Store: s}).List(t.Context(), model.TryID{Attempt: first, Task: 1, Try: 1}, "+w+each", upTo(4, nil)); err != nil {
		t.Fatal(err)
	}
	row := func(id model.AttemptID, index int64, state model.State) engine.ItemRow {
		return engine.ItemRow{Attempt: id, Task: 1, List: 1, Index: index, State: state}
	}
	task := func(id model.AttemptID, try int32, d *engine.Detail) engine.TaskRow {
		return engine.TaskRow{Attempt: id, ID: 1, Name: "+w+each", Try: try, Detail: d}
	}
	commit(&store.Batch{
		Tasks: []engine.TaskRow{task(first, 1, &engine.Detail{Items: &engine.Items{List: 1, Total: 4}})},
		Items: []engine.ItemRow{row(first, 0, model.Success), row(first, 1, model.Failed), row(first, 2, model.Failed), row(first, 3, model.Failed)},
	})
	carried := func(id model.AttemptID, try int32, r store.Resume, want ...string) {
		t.Helper()
		if _, err := (items.Lists{Store: s, Resume: r}).Carried(t.Context(), model.TryID{Attempt: id, Task: 1, Try: try}, "+w+each"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, states(t, s, store.ItemList{Attempt: id, Task: 1, List: try})); diff != "" {
			t.Errorf("try %d of attempt %d (-want +got):\n%s", try, id, diff)
		}
	}
	on := store.Resume{Attempt: first}
	carried(second, 1, on, "k0 success", "k1 blocked", "k2 blocked", "k3 blocked")
	commit(&store.Batch{
		Tasks: []engine.TaskRow{task(second, 2, &engine.Detail{Former: 1})},
		Items: []engine.ItemRow{row(second, 1, model.Success), row(second, 2, model.Failed), row(second, 3, model.Cancelled)},
	})
	want := []string{"k0 success", "k1 success", "k2 blocked", "k3 blocked"}
	carried(storetest.Started(t, s, "c"), 1, store.Resume{Attempt: second}, want...)
	carried(second, 2, on, want...)
	carried(storetest.Started(t, s, "d"), 1, store.Resume{Attempt: second}, want...)
	commit(&store.Batch{Tasks: []engine.TaskRow{task(second, 3, &engine.Detail{Former: 1})}}) // that try was lost
	carried(second, 3, on, want...)
}

// Nor is the one item run again that was to be, once it has ended well.
func TestARetryOfOneItemKeepsThatOnceItHasEndedWell(t *testing.T) {
	t.Parallel()
	for state, want := range map[model.State]string{model.Success: "k1 success", model.Failed: "k1 blocked"} {
		s := memory.New()
		first, second := storetest.Started(t, s, "a"), storetest.Started(t, s, "b")
		if _, err := (items.Lists{Store: s}).List(t.Context(), model.TryID{Attempt: second, Task: 1, Try: 1}, "+w+each", upTo(2, nil)); err != nil {
			t.Fatal(err)
		}
		row := func(index int64, state model.State) engine.ItemRow {
			return engine.ItemRow{Attempt: second, Task: 1, List: 1, Index: index, State: state}
		}
		err := s.Commit(t.Context(), &store.Batch{
			Tasks: []engine.TaskRow{{Attempt: second, ID: 1, Name: "+w+each", Try: 2, Detail: &engine.Detail{Former: 1}}},
			Items: []engine.ItemRow{row(0, model.Failed), row(1, state)},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := store.Resume{Attempt: first, From: store.OfItem("+w+each", 1)}
		if _, err := (items.Lists{Store: s, Resume: r}).Carried(t.Context(), model.TryID{Attempt: second, Task: 1, Try: 2}, "+w+each"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"k0 failed", want}, states(t, s, store.ItemList{Attempt: second, Task: 1, List: 2})); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// What a source yields again in the same place is not run again where it has ended well,
// whatever else has changed: unless the collection succeeded, which then is to be run
// again for some reason.
func TestItemsThatAreYieldedAgainAreKept(t *testing.T) {
	t.Parallel()
	s := memory.New()
	sessions := 0
	began := func(name string, state model.State, items ...model.State) model.AttemptID {
		sessions++
		id := storetest.Started(t, s, fmt.Sprint("earlier", sessions))
		b := &store.Batch{Tasks: []engine.TaskRow{{Attempt: id, ID: 1, Name: "+w+" + name, State: state}}}
		if len(items) > 0 {
			b.Tasks[0].Detail = &engine.Detail{Items: &engine.Items{List: 1, Total: int64(len(items))}}
		}
		for i, to := range items {
			if err := s.AddItems(t.Context(), store.ItemList{Attempt: id, Task: 1, List: 1}, []engine.Item{{Index: int64(i), Key: fmt.Sprint("k", i), Value: int64(i)}}); err != nil {
				t.Fatal(err)
			}
			b.Items = append(b.Items, engine.ItemRow{Attempt: id, Task: 1, List: 1, Index: int64(i), State: to})
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		return id
	}
	older := began("each", model.Failed, model.Success, model.Success, model.Success, model.Success)
	failed := began("each", model.Failed, model.Success, model.Failed, model.Success, model.Cancelled)
	other, without := began("other", model.Failed, model.Success), began("each", model.Cancelled)
	succeeded := began("each", model.Success, model.Success, model.Success, model.Success, model.Success)
	edited := func(yield func(operator.Item, error) bool) {
		_ = yield(operator.Item{Key: "k0", Value: int64(0)}, nil) && yield(operator.Item{Key: "k1", Value: int64(1)}, nil) &&
			yield(operator.Item{Key: "k2", Value: "edited"}, nil) && yield(operator.Item{Key: "k3", Value: int64(3)}, nil) &&
			yield(operator.Item{Key: "k4", Value: int64(4)}, nil)
	}
	for i, test := range []struct {
		earlier []model.AttemptID
		yields  iter.Seq2[operator.Item, error]
		want    *engine.Listed
		states  []string
	}{
		{nil, upTo(2, nil), &engine.Listed{Total: 2}, []string{"k0 blocked", "k1 blocked"}},
		{[]model.AttemptID{failed, older}, upTo(4, nil), &engine.Listed{Total: 4, Done: 2}, []string{"k0 success", "k1 blocked", "k2 success", "k3 blocked"}},
		{[]model.AttemptID{without, other, failed}, upTo(1, nil), &engine.Listed{Total: 1, Done: 1}, []string{"k0 success"}},
		{[]model.AttemptID{older}, edited, &engine.Listed{Total: 5, Done: 3}, []string{"k0 success", "k1 success", "k2 blocked", "k3 success", "k4 blocked"}},
		{[]model.AttemptID{succeeded, failed}, upTo(2, nil), &engine.Listed{Total: 2}, []string{"k0 blocked", "k1 blocked"}},
		{[]model.AttemptID{other}, upTo(1, nil), &engine.Listed{Total: 1}, []string{"k0 blocked"}},
	} {
		id := storetest.Started(t, s, fmt.Sprint("next", i))
		lists := items.Lists{Store: s, Earlier: func(context.Context, string) ([]model.AttemptID, error) { return test.earlier, nil }}
		got, err := lists.List(t.Context(), model.TryID{Attempt: id, Task: 9, Try: 1}, "+w+each", test.yields)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%d: error %v (-want +got):\n%s", i, err, diff)
		}
		if diff := cmp.Diff(test.states, states(t, s, store.ItemList{Attempt: id, Task: 9, List: 1})); diff != "" {
			t.Errorf("%d (-want +got):\n%s", i, diff)
		}
	}
}

// Pages of a long list are compared each with its own.
func TestItemsOfAllPagesAreKept(t *testing.T) {
	t.Parallel()
	s := memory.New()
	first, second := storetest.Started(t, s, "a"), storetest.Started(t, s, "b")
	if _, err := (items.Lists{Store: s}).List(t.Context(), model.TryID{Attempt: first, Task: 1, Try: 1}, "+w+each", upTo(2500, nil)); err != nil {
		t.Fatal(err)
	}
	err := s.Commit(t.Context(), &store.Batch{
		Tasks: []engine.TaskRow{{Attempt: first, ID: 1, Name: "+w+each", State: model.Failed, Detail: &engine.Detail{Items: &engine.Items{List: 1, Total: 2500}}}},
		Items: []engine.ItemRow{
			{Attempt: first, Task: 1, List: 1, Index: 999, State: model.Success}, {Attempt: first, Task: 1, List: 1, Index: 1000, State: model.Success},
			{Attempt: first, Task: 1, List: 1, Index: 2499, State: model.Success},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	lists := items.Lists{Store: s, Earlier: func(context.Context, string) ([]model.AttemptID, error) { return []model.AttemptID{first}, nil }}
	got, err := lists.List(t.Context(), model.TryID{Attempt: second, Task: 1, Try: 1}, "+w+each", upTo(2600, nil))
	if diff := cmp.Diff(&engine.Listed{Total: 2600, Done: 3}, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	counts, err := s.CountItems(t.Context(), store.ItemList{Attempt: second, Task: 1, List: 1})
	if diff := cmp.Diff(map[model.State]int64{model.Success: 3, model.Blocked: 2597}, counts); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}
