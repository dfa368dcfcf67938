package service

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// inWork are the items of a collection that run, by their indexes, with when they
// started. Rows tell how items have ended, and tasks which of the others run.
type inWork map[int64]model.Instant

// itemsInWork returns the items of a collection that run.
func itemsInWork(snap *store.Snapshot, c *Collection) (inWork, error) {
	if c.Items.Running == 0 {
		return nil, nil
	}
	a, err := snap.Restore()
	if err != nil {
		return nil, err
	}
	return a.ItemsInWork(c.list.Task), nil
}

// listItems lists items as they stand.
func (s *Service) listItems(ctx context.Context, of store.ItemList, running inWork, f store.ItemFilter, page store.Page) (list []store.ItemEntry, next string, err error) {
	limit, from, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	rows := store.ItemFilter{States: slices.DeleteFunc(slices.Clone(f.States), func(s model.State) bool { return s == model.Running })}
	if len(rows.States) > 0 || len(f.States) == 0 {
		if list, next, err = s.cfg.Store.ListItems(ctx, of, rows, page); err != nil {
			return nil, "", err
		}
	}
	list = running.in(list, f)
	if len(rows.States) == len(f.States) || rows.Match(model.Blocked) && len(rows.States) > 0 {
		return list, next, nil
	}
	before := int64(math.MaxInt64)
	if next != "" {
		if _, before, err = (store.Page{Cursor: next}).Bounds(); err != nil {
			return nil, "", err
		}
	}
	added, err := s.running(ctx, of, running, from, before, limit+1)
	if err != nil {
		return nil, "", err
	}
	list = append(list, added...)
	slices.SortFunc(list, func(a, b store.ItemEntry) int { return cmp.Compare(a.Index, b.Index) })
	if len(list) > limit {
		list, next = list[:limit], store.ItemCursor(list[limit].Index)
	}
	return list, next, nil
}

// in marks the items of a list that run, and leaves those that match.
func (w inWork) in(list []store.ItemEntry, f store.ItemFilter) []store.ItemEntry {
	for i := range list {
		e := &list[i]
		if at, runs := w[e.Index]; runs && e.State == model.Blocked {
			e.State, e.Started = model.Running, at
		}
	}
	return slices.DeleteFunc(list, func(e store.ItemEntry) bool { return !f.Match(e.State) })
}

// running reads the first items that run, of those in a part of a list.
func (s *Service) running(ctx context.Context, of store.ItemList, w inWork, from, before int64, most int) (list []store.ItemEntry, err error) {
	for _, index := range slices.Sorted(maps.Keys(w)) {
		if index < from || index >= before || len(list) == most {
			continue
		}
		found, err := s.cfg.Store.FetchItems(ctx, of.Attempt, of.Task, engine.Fetch{List: of.List, From: index, Most: 1, Again: true})
		if err != nil {
			return nil, err
		}
		for _, item := range found {
			list = append(list, store.ItemEntry{Item: item})
		}
	}
	return w.in(list, store.ItemFilter{States: []model.State{model.Running}}), nil
}
