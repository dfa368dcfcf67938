package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// itemsOf are n items from an index on.
func itemsOf(from, n int64) []engine.Item {
	items := make([]engine.Item, n)
	for i := range items {
		at := from + int64(i)
		items[i] = engine.Item{Index: at, Key: fmt.Sprint("k", at), Value: params.Of("n", at)}
	}
	return items
}

// itemList makes an attempt with a list of n items.
func (f *fixture) itemList(n int64) store.ItemList {
	f.Helper()
	of := store.ItemList{Attempt: f.attempts(1)[0], Task: 2, List: 1}
	f.addItems(of, itemsOf(0, n))
	return of
}

func (f *fixture) addItems(to store.ItemList, items []engine.Item) {
	f.Helper()
	if err := f.store.AddItems(ctx, to, items); err != nil {
		f.Fatalf("AddItems: %v", err)
	}
}

// setItem says what became of an item.
func (f *fixture) setItem(of store.ItemList, index int64, s model.State) {
	f.Helper()
	f.commit(&store.Batch{Items: []engine.ItemRow{change(of, index, s)}})
}

func change(of store.ItemList, index int64, s model.State) engine.ItemRow {
	return engine.ItemRow{Attempt: of.Attempt, Task: of.Task, List: of.List, Index: index, State: s, Started: now}
}

// wantItems checks the states of the items of a list that match, read in pages.
func (f *fixture) wantItems(of store.ItemList, filter store.ItemFilter, limit int, want ...string) {
	f.Helper()
	var got []string
	for page := (store.Page{Limit: limit}); ; {
		list, next, err := f.store.ListItems(ctx, of, filter, page)
		if err != nil {
			f.Fatalf("ListItems: %v", err)
		}
		if len(list) > limit {
			f.Fatalf("a page has %d items, and the limit is %d", len(list), limit)
		}
		for _, e := range list {
			got = append(got, fmt.Sprintf("%d %s", e.Index, e.State))
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	f.same("items", got, want)
}

func (f *fixture) wantFetched(of store.ItemList, a engine.Fetch, want ...int64) {
	f.Helper()
	a.List = of.List
	items, err := f.store.FetchItems(ctx, of.Attempt, of.Task, a)
	if err != nil {
		f.Fatalf("FetchItems: %v", err)
	}
	var got []int64
	for _, i := range items {
		got = append(got, i.Index)
	}
	f.same("fetched", got, want)
}

// These tests are about the items of collections.
var itemTests = []test{
	{"items are as they were added", func(f *fixture) {
		of := f.itemList(3)
		items, err := f.store.FetchItems(ctx, of.Attempt, of.Task, engine.Fetch{List: of.List, Most: 9})
		if err != nil {
			f.Fatal(err)
		}
		f.same("items", items, itemsOf(0, 3))
	}},
	{"an item that is there already stays as it is", func(f *fixture) {
		of := f.itemList(2)
		f.setItem(of, 0, model.Success)
		f.addItems(of, itemsOf(0, 3))
		f.wantItems(of, store.ItemFilter{}, 9, "0 success", "1 blocked", "2 blocked")
	}},
	{"items of an attempt that does not exist can't be added", func(f *fixture) {
		err := f.store.AddItems(ctx, store.ItemList{Attempt: 99, Task: 1, List: 1}, itemsOf(0, 1))
		f.wantCode("AddItems", err, model.NotFound)
		_, err = f.store.CarryItems(ctx, store.Carry{From: f.itemList(1), To: store.ItemList{Attempt: 99}, Most: 9, Only: -1})
		f.wantCode("CarryItems", err, model.NotFound)
	}},
	{"lists know nothing of each other", func(f *fixture) {
		of := f.itemList(2)
		for _, other := range []store.ItemList{{Attempt: of.Attempt, Task: 2, List: 2}, {Attempt: of.Attempt, Task: 3, List: 1}} {
			f.addItems(other, itemsOf(0, 1))
			f.setItem(other, 0, model.Failed)
			f.wantItems(other, store.ItemFilter{}, 9, "0 failed")
		}
		f.wantItems(of, store.ItemFilter{}, 9, "0 blocked", "1 blocked")
	}},
	{"items that have not ended are fetched, in pages", func(f *fixture) {
		of := f.itemList(6)
		f.setItem(of, 1, model.Failed)
		f.setItem(of, 3, model.Success)
		f.wantFetched(of, engine.Fetch{Most: 2}, 0, 2)
		f.wantFetched(of, engine.Fetch{From: 3, Most: 2}, 4, 5)
		f.wantFetched(of, engine.Fetch{From: 6, Most: 2})
		f.wantFetched(of, engine.Fetch{From: 3, Most: 1, Again: true}, 3)
		f.wantFetched(of, engine.Fetch{From: 9, Most: 1, Again: true})
	}},
	{"few items are fetched at a time where they are large", func(f *fixture) {
		of := f.itemList(0)
		items := itemsOf(0, 7)
		for i := range items[:6] {
			items[i].Value = strings.Repeat("x", store.MaxItem-10)
		}
		f.addItems(of, items)
		f.wantFetched(of, engine.Fetch{Most: 7}, 0, 1, 2, 3)
		f.wantFetched(of, engine.Fetch{From: 4, Most: 7}, 4, 5, 6)
	}},
	{"an item that is too large can't be added, nor what is added with it", func(f *fixture) {
		of := f.itemList(0)
		items := itemsOf(0, 3)
		items[2].Value = strings.Repeat("x", store.MaxItem+1)
		err := f.store.AddItems(ctx, of, items)
		f.wantCode("AddItems", err, model.Invalid)
		if !strings.Contains(err.Error(), "item 2 (k2) takes 1048") {
			f.Errorf("the error is %q", err)
		}
		f.wantItems(of, store.ItemFilter{}, 9)
	}},
	{"a commit changes items", func(f *fixture) {
		of := f.itemList(3)
		last := change(of, 1, model.Failed)
		last.Ended, last.Error, last.Result = now+1, params.Of("message", "no"), params.Of("x", 1)
		f.commit(&store.Batch{Items: []engine.ItemRow{change(of, 1, model.Blocked), last, change(of, 2, model.Skipped)}})
		list, _, err := f.store.ListItems(ctx, of, store.ItemFilter{}, store.Page{})
		if err != nil {
			f.Fatal(err)
		}
		want := store.ItemEntry{Item: itemsOf(1, 1)[0], Started: now, Ended: now + 1, Error: last.Error, Result: last.Result}
		want.State = model.Failed
		f.same("item", list[1], want)
		f.wantItems(of, store.ItemFilter{}, 2, "0 blocked", "1 failed", "2 skipped")
	}},
	{"neighbours that end alike are changed, and no others", func(f *fixture) {
		of := f.itemList(40)
		other := of
		other.List = 2
		f.addItems(other, itemsOf(0, 40))
		rows := make([]engine.ItemRow, 0, 30)
		for i := int64(30); i > 0; i-- { // in any order
			r := change(of, i, model.Success)
			switch {
			case i == 12:
				r.State, r.Error = model.Failed, params.Of("message", "no")
			case i == 20:
				r.Started++
			}
			rows = append(rows, r)
		}
		f.commit(&store.Batch{Items: rows})
		list, _, err := f.store.ListItems(ctx, of, store.ItemFilter{}, store.Page{})
		if err != nil {
			f.Fatal(err)
		}
		for i, e := range list {
			want := store.ItemEntry{Item: itemsOf(int64(i), 1)[0]}
			if 0 < i && i <= 30 {
				r := &rows[30-i]
				want.State, want.Started, want.Error = r.State, r.Started, r.Error
			}
			f.same("item", e, want)
		}
		counts, err := f.store.CountItems(ctx, other)
		if err != nil {
			f.Fatal(err)
		}
		f.same("counts of another list", counts, map[model.State]int64{model.Blocked: 40})
	}},
	{"a sweep changes what has not ended", func(f *fixture) {
		of := f.itemList(6)
		f.setItem(of, 2, model.Failed)
		sweep := change(of, 1, model.Cancelled)
		sweep.To = 4
		f.commit(&store.Batch{Items: []engine.ItemRow{sweep}})
		f.wantItems(of, store.ItemFilter{}, 9, "0 blocked", "1 cancelled", "2 failed", "3 cancelled", "4 blocked", "5 blocked")
	}},
	{"a batch that is refused changes no items", func(f *fixture) {
		of := f.itemList(1)
		epoch := f.lease("o")
		err := f.store.Commit(ctx, &store.Batch{Owner: "o", Epoch: epoch, Items: []engine.ItemRow{change(of, 0, model.Success)}})
		f.wantCode("Commit", err, model.Conflict)
		f.wantItems(of, store.ItemFilter{}, 9, "0 blocked")
		err = f.store.Commit(ctx, &store.Batch{Owner: "o", Epoch: epoch, Dropped: []engine.Dropped{{Attempt: of.Attempt, From: 1, To: 2}}})
		f.wantCode("Commit", err, model.Conflict)
	}},
	{"a batch with messages changes items, too", func(f *fixture) {
		of := f.itemList(2)
		b := &store.Batch{
			Items:     []engine.ItemRow{change(of, 0, model.Success)},
			Listening: []engine.Listening{{Attempt: of.Attempt, Task: 1, Since: now, Keys: []engine.Key{{Topic: "t", Param: "p", Value: "1"}}}},
		}
		f.commit(b)
		f.wantItems(of, store.ItemFilter{}, 9, "0 success", "1 blocked")
		back := engine.Message{Topic: "t", Source: "s", Share: &engine.Share{Keys: []engine.MessageKey{{Param: "p", Value: "1"}}, Whole: true}}
		f.commit(&store.Batch{
			Items:  []engine.ItemRow{change(of, 1, model.Success)},
			Buried: []engine.Buried{{Attempt: of.Attempt, Task: 2, Message: back, At: now}},
		})
		f.wantItems(of, store.ItemFilter{}, 9, "0 success", "1 success")
	}},
	{"a list is filtered and read in pages", func(f *fixture) {
		of := f.itemList(7)
		for i, s := range map[int64]model.State{0: model.Success, 2: model.Failed, 3: model.Failed, 5: model.Cancelled} {
			f.setItem(of, i, s)
		}
		f.wantItems(of, store.ItemFilter{}, 3, "0 success", "1 blocked", "2 failed", "3 failed", "4 blocked", "5 cancelled", "6 blocked")
		f.wantItems(of, store.ItemFilter{States: []model.State{model.Failed}}, 1, "2 failed", "3 failed")
		f.wantItems(of, store.ItemFilter{States: []model.State{model.Blocked}}, 2, "1 blocked", "4 blocked", "6 blocked")
		f.wantItems(of, store.ItemFilter{States: []model.State{model.Success, model.Cancelled}}, 1, "0 success", "5 cancelled")
		_, _, err := f.store.ListItems(ctx, of, store.ItemFilter{}, store.Page{Cursor: "!"})
		f.wantCode("ListItems", err, model.Invalid)
	}},
	{"items beyond those that a page looks at are found", func(f *fixture) {
		of := f.itemList(0)
		for from := int64(0); from < store.ItemsAtOnce+2; from += 1000 {
			f.addItems(of, itemsOf(from, 1000))
		}
		f.setItem(of, store.ItemsAtOnce+1, model.Success)
		f.wantItems(of, store.ItemFilter{States: []model.State{model.Success}}, 5, fmt.Sprint(store.ItemsAtOnce+1, " success"))
	}},
	{"lists before another one are dropped", func(f *fixture) {
		of := f.itemList(2)
		later, other := of, of
		later.List, other.Task = 2, 3
		f.addItems(later, itemsOf(0, 1))
		f.addItems(other, itemsOf(0, 1))
		for range 2 {
			if err := f.store.DropLists(ctx, later); err != nil {
				f.Fatalf("DropLists: %v", err)
			}
			f.wantItems(of, store.ItemFilter{}, 9)
			f.wantItems(later, store.ItemFilter{}, 9, "0 blocked")
			f.wantItems(other, store.ItemFilter{}, 9, "0 blocked")
		}
	}},
	{"items are counted by their states", func(f *fixture) {
		of := f.itemList(4)
		f.setItem(of, 1, model.Failed)
		f.setItem(of, 2, model.Success)
		counts, err := f.store.CountItems(ctx, of)
		if err != nil {
			f.Fatal(err)
		}
		f.same("counts", counts, map[model.State]int64{model.Blocked: 2, model.Failed: 1, model.Success: 1})
	}},
	{"a list is carried over", func(f *fixture) {
		of := f.itemList(5)
		for i, s := range []model.State{model.Success, model.Failed, model.Cancelled, model.Skipped} {
			f.setItem(of, int64(i), s)
		}
		to := store.ItemList{Attempt: f.make(f.start("other")).ID, Task: 7, List: 3}
		f.carry(of, to, -1)
		f.wantItems(to, store.ItemFilter{}, 9, "0 success", "1 blocked", "2 blocked", "3 skipped", "4 blocked")
		list, _, err := f.store.ListItems(ctx, to, store.ItemFilter{}, store.Page{})
		if err != nil {
			f.Fatal(err)
		}
		f.same("one that stands", list[0].Started, now)
		f.same("one that is to be run", list[1], store.ItemEntry{Item: itemsOf(1, 1)[0]})
		f.wantItems(of, store.ItemFilter{}, 9, "0 success", "1 failed", "2 cancelled", "3 skipped", "4 blocked")
	}},
	{"a list is carried over to run one of its items", func(f *fixture) {
		of := f.itemList(5)
		for i, s := range []model.State{model.Success, model.Failed, model.Failed, model.Skipped} {
			f.setItem(of, int64(i), s)
		}
		to := store.ItemList{Attempt: of.Attempt, Task: 2, List: 2}
		f.carry(of, to, 1)
		f.wantItems(to, store.ItemFilter{}, 9, "0 success", "1 blocked", "2 failed", "3 skipped", "4 cancelled")
	}},
	{"tasks are dropped with what was added below them", func(f *fixture) {
		id := f.attempts(1)[0]
		const page, paged = 1 << 30, 1 << 30
		task := func(n model.TaskID) engine.TaskRow {
			return engine.TaskRow{Attempt: id, ID: n, Name: fmt.Sprint("+t", n), State: model.Success}
		}
		growth := func(first, parent model.TaskID, kind engine.GrowthKind) engine.Growth {
			return engine.Growth{Attempt: id, First: first, Parent: parent, Kind: kind, Listed: []engine.Item{{Key: "k", Value: int64(1)}}}
		}
		b := &store.Batch{
			Tasks: []engine.TaskRow{task(1), task(paged), task(paged + 1), task(paged + 2), task(paged + 9)},
			Grown: []engine.Growth{
				growth(paged, 1, engine.GrowPage), growth(paged+2, 1, engine.GrowPage),
				growth(paged+2, paged+1, engine.GrowDrop), growth(paged+9, paged+3, engine.GrowRound), growth(paged+9, paged+1, engine.GrowSub),
			},
			Dropped: []engine.Dropped{{Attempt: id, From: paged + 2, To: paged + 4}},
		}
		for range 2 {
			f.commit(b)
			snap := f.load(id)
			var tasks []model.TaskID
			for _, t := range snap.Tasks {
				tasks = append(tasks, t.ID)
			}
			f.same("tasks", tasks, []model.TaskID{1, page, page + 1, page + 9})
			var grown []string
			for _, g := range snap.Growths {
				grown = append(grown, fmt.Sprint(g.First-page, " ", g.Parent, " ", len(g.Listed)))
			}
			slices.Sort(grown)
			f.same("growths", grown, []string{"0 1 1", fmt.Sprint("2 ", page+1, " 1"), fmt.Sprint("9 ", page+1, " 1")})
		}
	}},
	{"the items of a deleted attempt are gone", func(f *fixture) {
		of := f.itemList(2)
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: of.Attempt, State: engine.AttemptSuccess, Started: now, Ended: now}}})
		if _, err := f.store.DeleteAttempts(ctx, []model.AttemptID{of.Attempt}, 0); err != nil {
			f.Fatal(err)
		}
		f.wantItems(of, store.ItemFilter{}, 9)
	}},
}

// carry carries a list over, two items at a time, and once more.
func (f *fixture) carry(of, to store.ItemList, only int64) {
	f.Helper()
	for range 2 {
		c := store.Carry{From: of, To: to, Most: 2, Only: only}
		for n := c.Most; n == c.Most; c.First += 2 {
			var err error
			if n, err = f.store.CarryItems(ctx, c); err != nil {
				f.Fatalf("CarryItems: %v", err)
			}
		}
	}
}
