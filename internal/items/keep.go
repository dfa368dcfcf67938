package items

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// before returns the list of the newest of the earlier attempts in which a collection of
// that name has one. The zero value means none, or that all of it is to be run again:
// one that succeeded would not be listed anew if that was not wanted.
func (l Lists) before(ctx context.Context, name string) (of store.ItemList, err error) {
	if l.Earlier == nil {
		return of, nil
	}
	attempts, err := l.Earlier(ctx, name)
	for _, id := range attempts {
		var snap *store.Snapshot
		if snap, err = l.Store.Load(ctx, id); err != nil {
			break
		}
		var state model.State
		if of, state, err = l.newest(ctx, snap, name); err != nil || state == model.Success {
			return store.ItemList{}, err
		}
		if of.Attempt != 0 {
			break
		}
	}
	return of, err
}

// keep adds those items of a page to a list that an earlier list has in the same places,
// as they stand there. It returns how many of them have ended well.
func (l Lists) keep(ctx context.Context, from, to store.ItemList, page []engine.Item) (done int64, err error) {
	if from.Attempt == 0 {
		return 0, nil
	}
	first, cursor := page[0].Index, ""
	if first > 0 {
		cursor = store.ItemCursor(first)
	}
	was, _, err := l.Store.ListItems(ctx, from, store.ItemFilter{}, store.Page{Limit: len(page), Cursor: cursor})
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(was); i++ {
		begin := i
		for ; i < len(was) && i < len(page) && same(&was[i].Item, &page[i]); i++ {
			if endedWell(was[i].State) {
				done++
			}
		}
		if i == begin {
			continue
		}
		carry := store.Carry{From: from, To: to, First: page[begin].Index, Most: i - begin, Only: -1}
		if _, err := l.Store.CarryItems(ctx, carry); err != nil {
			return 0, err
		}
	}
	return done, nil
}

// endedWell reports whether an item in that state is not run again where others are.
func endedWell(s model.State) bool {
	all := store.Carry{Only: -1}
	return all.Carried(0, s).Final()
}

func same(a, b *engine.Item) bool {
	return a.Index == b.Index && a.Key == b.Key && params.Equal(a.Value, b.Value)
}
