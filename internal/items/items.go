// Package items writes the items of collections into a store, once, before the
// first of them is run: what a source yields, or what an earlier attempt has left. It
// knows the contract of stores and nothing of where items come from, nor of how they
// are run.
package items

import (
	"context"
	"iter"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// pageSize is how many items are written together.
const pageSize = 1000

// carryPage is how many items are carried over together.
const carryPage = 10_000

// Lists are those of the collections of one attempt. They are safe for concurrent
// use.
type Lists struct {
	// Store has the items. Required.
	Store Store
	// Resume says what the attempt goes on with.
	Resume store.Resume
}

// Store is what lists need of a store.
type Store interface {
	store.Items
	Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error)
}

// List writes what a source yields, for the try of a collection. The first error of
// the source ends it: the try fails then, and another one begins a list of its own.
func (l Lists) List(ctx context.Context, id model.TryID, items iter.Seq2[operator.Item, error]) (*engine.Listed, error) {
	to := listOf(id)
	var listed engine.Listed
	page := make([]engine.Item, 0, pageSize)
	write := func() error {
		if len(page) == 0 {
			return nil
		}
		err := l.Store.AddItems(ctx, to, page)
		page = page[:0]
		return err
	}
	for item, err := range items {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		page = append(page, engine.Item{Index: listed.Total, Key: item.Key, Value: item.Value})
		listed.Total++
		if len(page) == pageSize {
			if err := write(); err != nil {
				return nil, err
			}
		}
	}
	if err := write(); err != nil {
		return nil, err
	}
	return &listed, l.dropFormer(ctx, id)
}

// dropFormer drops what tries before this one have listed, some of which did not come
// to their end.
func (l Lists) dropFormer(ctx context.Context, id model.TryID) error {
	if id.Try <= 1 {
		return nil
	}
	return l.Store.DropLists(ctx, listOf(id))
}

func listOf(id model.TryID) store.ItemList {
	return store.ItemList{Attempt: id.Attempt, Task: id.Task, List: id.Try}
}

// Carried lists for the try of a collection, which has a name, the items that it has
// in the attempt that this one goes on with. It returns nil if there is nothing to go
// on with.
func (l Lists) Carried(ctx context.Context, id model.TryID, name string) (*engine.Listed, error) {
	if l.Resume.Attempt == 0 {
		return nil, nil
	}
	only := int64(-1)
	if of, index, ok := l.Resume.Item(); ok && of == name {
		only = index
	} else if l.Resume.From != "" && !ok {
		return nil, nil // from there on all is run again
	}
	from, ok, err := l.former(ctx, name)
	if err != nil || !ok {
		return nil, err
	}
	carry := store.Carry{From: from, To: listOf(id), Most: carryPage, Only: only}
	for {
		n, err := l.Store.CarryItems(ctx, carry)
		if err != nil {
			return nil, err
		}
		if n < carryPage {
			break
		}
		carry.First += carryPage
	}
	counts, err := l.Store.CountItems(ctx, carry.To)
	if err != nil {
		return nil, err
	}
	return listed(counts), l.dropFormer(ctx, id)
}

// former finds the list of a collection in the attempt that this one goes on with.
func (l Lists) former(ctx context.Context, name string) (of store.ItemList, ok bool, err error) {
	snap, err := l.Store.Load(ctx, l.Resume.Attempt)
	if err != nil {
		return of, false, err
	}
	for i := range snap.Tasks { // the newest of a name comes last
		if r := &snap.Tasks[i]; r.Name == name && r.Detail != nil && r.Detail.Items != nil {
			of, ok = store.ItemList{Attempt: r.Attempt, Task: r.ID, List: r.Detail.Items.List}, true
		}
	}
	return of, ok, nil
}

// listed says how the items of a list stand.
func listed(counts map[model.State]int64) *engine.Listed {
	var l engine.Listed
	for state, n := range counts {
		l.Total += n
		switch state {
		case model.Blocked:
		case model.Failed:
			l.Failed += n
		case model.Cancelled:
			l.Cancelled += n
		default:
			l.Done += n
		}
	}
	return &l
}
