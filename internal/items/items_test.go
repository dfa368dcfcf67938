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
	listed, err := items.Lists{Store: s}.List(t.Context(), model.TryID{Attempt: id, Task: 1, Try: 2}, upTo(2500, nil))
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
	if listed, err := (items.Lists{Store: s}).List(t.Context(), try, upTo(2, gone)); !errors.Is(err, gone) || listed != nil {
		t.Errorf("listed %v, error %v", listed, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if listed, err := (items.Lists{Store: s}).List(ctx, try, upTo(2, nil)); !errors.Is(err, gone) || listed != nil {
		t.Errorf("listed %v after its end, error %v", listed, err)
	}
}

func TestWhatATryHasListedThatFailedIsDropped(t *testing.T) {
	t.Parallel()
	s := memory.New()
	id := storetest.Started(t, s, "k")
	for try, last := range []error{errors.New("gone"), nil} {
		_, err := items.Lists{Store: s}.List(t.Context(), model.TryID{Attempt: id, Task: 1, Try: int32(try + 1)}, upTo(1000, last))
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
	if _, err := (items.Lists{Store: s}).List(t.Context(), model.TryID{Attempt: first, Task: 1, Try: 4}, upTo(4, nil)); err != nil {
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
