// Package items writes the items of collections into a store, once, before the
// first of them is run: what a source yields, or what an earlier attempt has left. It
// knows the contract of stores and nothing of where items come from, nor of how they
// are run.
package items

import (
	"cmp"
	"context"
	"iter"
	"math"

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
	// Earlier, when set, gives the attempts before this one, newest first, whose items
	// a collection of that name keeps where its source yields them again. It may be
	// none.
	Earlier func(ctx context.Context, name string) ([]model.AttemptID, error)
}

// Store is what lists need of a store.
type Store interface {
	store.Items
	Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error)
}

// List writes what a source yields, for the try of a collection, which has a name. The
// first error of the source ends it: the try fails then, and another one begins a list
// of its own.
func (l Lists) List(ctx context.Context, id model.TryID, name string, items iter.Seq2[operator.Item, error]) (*engine.Listed, error) {
	to := listOf(id)
	before, err := l.before(ctx, name)
	if err != nil {
		return nil, err
	}
	var listed engine.Listed
	page := make([]engine.Item, 0, pageSize)
	write := func() error {
		if len(page) == 0 {
			return nil
		}
		done, err := l.keep(ctx, before, to, page)
		if err == nil {
			err = l.Store.AddItems(ctx, to, page)
		}
		listed.Done += done
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
	snap, err := l.Store.Load(ctx, l.Resume.Attempt)
	if err != nil {
		return nil, err
	}
	carry := store.Carry{To: listOf(id), Most: carryPage, Only: -1}
	if again, ok := l.Resume.Tasks(); ok {
		if again[name] {
			return nil, nil
		}
	} else if of, index, ok := l.Resume.Item(); ok && of == name {
		carry.Only = index
	} else if before := snap.Definition.Root.NamesBefore(l.Resume.Task()); !ok && before != nil && !before[name] {
		return nil, nil // from there on all is run again
	}
	if err := l.former(ctx, snap, id, name, &carry); err != nil || carry.From.Attempt == 0 {
		return nil, err
	}
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

// former has a carry begin with the list that a collection had in the round before
// this try, or else in the attempt that this one goes on with.
func (l Lists) former(ctx context.Context, earlier *store.Snapshot, id model.TryID, name string, carry *store.Carry) error {
	if id.Try > 1 {
		own, err := l.Store.Load(ctx, id.Attempt)
		if err != nil {
			return err
		}
		for i := range own.Tasks {
			if r := &own.Tasks[i]; r.ID == id.Task {
				carry.From, err = l.accepted(ctx, r)
			}
		}
		if err != nil || carry.From.Attempt != 0 {
			return cmp.Or(err, l.keepDone(ctx, carry))
		}
	}
	of, _, err := l.newest(ctx, earlier, name)
	if of.Attempt != 0 {
		carry.From = of
	}
	return err
}

// newest returns the list of the newest collection of that name that has one, and the
// state of that.
func (l Lists) newest(ctx context.Context, in *store.Snapshot, name string) (list store.ItemList, state model.State, err error) {
	for i := range in.Tasks { // the newest comes last
		if r := &in.Tasks[i]; r.Name == name {
			of, err := l.accepted(ctx, r)
			if err != nil {
				return list, state, err
			}
			if of.Attempt != 0 {
				list, state = of, r.State
			}
		}
	}
	return list, state, nil
}

// keepDone has the only item that is to be run again stay as it is if it has ended
// well in the round before.
func (l Lists) keepDone(ctx context.Context, carry *store.Carry) error {
	if carry.Only < 0 {
		return nil
	}
	f := engine.Fetch{List: carry.From.List, From: carry.Only, Most: 1, Again: true}
	item, err := l.Store.FetchItems(ctx, carry.From.Attempt, carry.From.Task, f)
	if err == nil && len(item) == 1 && endedWell(item[0].State) {
		carry.Only = math.MaxInt64
	}
	return err
}

// accepted returns the list by which a collection counts its items, or else that of
// the round before: unless a later try has dropped it, which has made a whole one.
func (l Lists) accepted(ctx context.Context, r *engine.TaskRow) (of store.ItemList, err error) {
	if r.Detail == nil {
		return of, nil
	}
	if c := r.Detail.Items; c != nil {
		return store.ItemList{Attempt: r.Attempt, Task: r.ID, List: c.List}, nil
	}
	for n := r.Detail.Former; n > 0 && n <= r.Try; n++ {
		of := store.ItemList{Attempt: r.Attempt, Task: r.ID, List: n}
		counts, err := l.Store.CountItems(ctx, of)
		if err != nil || len(counts) > 0 {
			return of, err
		}
	}
	return of, nil
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
