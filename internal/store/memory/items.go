package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// rows are the tasks below pages of items, by their ids, which are large, and the
// lists of items of an attempt, each in order of its indexes.
type rows struct {
	paged map[model.TaskID]engine.TaskRow
	lists map[store.ItemList][]store.ItemEntry
}

// firstPaged is above the ids of all other tasks.
const firstPaged = 1 << 30

func (r *rows) put(t *engine.TaskRow) {
	if r.paged == nil {
		r.paged = make(map[model.TaskID]engine.TaskRow)
	}
	r.paged[t.ID] = *t
}

// taskRow returns the row of a task, with zero fields if there is none.
func (a *attempt) taskRow(id model.TaskID) engine.TaskRow {
	switch {
	case id >= firstPaged:
		return a.paged[id]
	case id >= 0 && int(id) < len(a.tasks):
		return a.tasks[id]
	}
	return engine.TaskRow{}
}

// search returns where the item with an index is in a list, or belongs.
func search(list []store.ItemEntry, index int64) (int, bool) {
	return slices.BinarySearchFunc(list, index, func(e store.ItemEntry, index int64) int { return cmp.Compare(e.Index, index) })
}

// add adds items to a list that are not there.
func (r *rows) add(to store.ItemList, items ...store.ItemEntry) {
	if r.lists == nil {
		r.lists = make(map[store.ItemList][]store.ItemEntry)
	}
	for _, e := range items {
		if i, found := search(r.lists[to], e.Index); !found {
			r.lists[to] = slices.Insert(r.lists[to], i, e)
		}
	}
}

// change changes the rows of items.
func (r *rows) change(c *engine.ItemRow) {
	list := r.lists[store.ItemList{Attempt: c.Attempt, Task: c.Task, List: c.List}]
	i, found := search(list, c.Index)
	if c.To == 0 {
		if found {
			e := &list[i]
			e.State, e.Started, e.Ended, e.Error, e.Result = c.State, c.Started, c.Ended, c.Error, c.Result
		}
		return
	}
	for ; i < len(list) && list[i].Index < c.To; i++ {
		if list[i].State == model.Blocked {
			list[i].State, list[i].Ended = c.State, c.Ended
		}
	}
}

// drop forgets tasks, and what was added below them.
func (a *attempt) drop(d engine.Dropped) {
	for id := d.From; id < d.To; id++ {
		delete(a.paged, id)
	}
	a.growths = slices.DeleteFunc(a.growths, func(g engine.Growth) bool {
		return g.First == d.From && g.Kind == engine.GrowPage || d.From <= g.Parent && g.Parent < d.To
	})
}

// AddItems implements store.Items.
func (s *Store) AddItems(ctx context.Context, to store.ItemList, items []engine.Item) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(to.Attempt)
	if err != nil {
		return err
	}
	for i := range items {
		if _, err := record.ItemValue(&items[i]); err != nil {
			return err
		}
	}
	for _, item := range items {
		item.State = model.Blocked
		a.add(to, store.ItemEntry{Item: item})
	}
	return nil
}

// list returns a list of items; the caller has the lock.
func (s *Store) list(of store.ItemList) []store.ItemEntry {
	a, err := s.attempt(of.Attempt)
	if err != nil {
		return nil
	}
	return a.lists[of]
}

// FetchItems implements store.Items.
func (s *Store) FetchItems(ctx context.Context, attempt model.AttemptID, task model.TaskID, f engine.Fetch) ([]engine.Item, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	list := s.list(store.ItemList{Attempt: attempt, Task: task, List: f.List})
	items := make([]engine.Item, 0, f.Most)
	i, _ := search(list, f.From)
	size := 0
	for ; i < len(list) && len(items) < f.Most; i++ {
		e := &list[i]
		if f.Again && e.Index != f.From || !f.Again && e.State != model.Blocked {
			continue
		}
		if size += len(record.Value(e.Value)); size > store.FetchBytes && len(items) > 0 {
			break
		}
		items = append(items, e.Item)
	}
	return items, nil
}

// ListItems implements store.Items.
func (s *Store) ListItems(ctx context.Context, of store.ItemList, f store.ItemFilter, page store.Page) ([]store.ItemEntry, string, error) {
	limit, from, err := s.enterPage(ctx, page)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list := s.list(of)
	var found []store.ItemEntry
	i, _ := search(list, from)
	for ; i < len(list); i++ {
		if !f.Match(list[i].State) {
			continue
		}
		if len(found) == limit {
			return found, store.ItemCursor(list[i].Index), nil
		}
		found = append(found, list[i])
	}
	return found, "", nil
}

// DropLists implements store.Items.
func (s *Store) DropLists(ctx context.Context, than store.ItemList) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(than.Attempt)
	if err != nil {
		return nil //nolint:nilerr // it has no lists
	}
	maps.DeleteFunc(a.lists, func(of store.ItemList, _ []store.ItemEntry) bool {
		return of.Task == than.Task && of.List < than.List
	})
	return nil
}

// CountItems implements store.Items.
func (s *Store) CountItems(ctx context.Context, of store.ItemList) (map[model.State]int64, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	counts := make(map[model.State]int64)
	for _, e := range s.list(of) {
		counts[e.State]++
	}
	return counts, nil
}

// CarryItems implements store.Items.
func (s *Store) CarryItems(ctx context.Context, c store.Carry) (n int, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(c.To.Attempt)
	if err != nil {
		return 0, err
	}
	list := s.list(c.From)
	i, _ := search(list, c.First)
	for _, e := range list[i:min(i+c.Most, len(list))] {
		if e.State = c.Carried(e.Index, e.State); e.State == model.Blocked {
			e = store.ItemEntry{Item: e.Item}
		}
		a.add(c.To, e)
		n++
	}
	return n, nil
}
