package store

import (
	"context"
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Items keeps the items of collections. They are written before the first of them
// is run; what becomes of them, commits tell (Batch.Items).
type Items interface {
	// AddItems writes items that have not started. One that is there already stays
	// as it is. It is NotFound where there is no such attempt, and Invalid where the
	// value of an item takes more than MaxItem; no item is written then.
	AddItems(ctx context.Context, to ItemList, items []engine.Item) error
	// FetchItems returns what a collection asks for, of the list that f names, in
	// order of their indexes. They are fewer where their values would take more than
	// FetchBytes as they are stored, but one at least.
	FetchItems(ctx context.Context, attempt model.AttemptID, task model.TaskID, f engine.Fetch) ([]engine.Item, error)
	// ListItems returns items of a list that match, in order, with pages as those
	// of ListAttempts. Where no index leads to them, it looks at a bounded number of
	// items: a page may be short, or empty, and have a cursor even so.
	ListItems(ctx context.Context, of ItemList, f ItemFilter, page Page) ([]ItemEntry, string, error)
	// CarryItems adds a part of a list to another one, as far as its items are not
	// there yet, in the states that Carry.Carried gives. It returns how many it has
	// looked at: fewer than Most is the end. It is NotFound where the attempt to add
	// to does not exist.
	CarryItems(ctx context.Context, c Carry) (int, error)
	// DropLists drops the lists of the same task that have smaller numbers.
	DropLists(ctx context.Context, than ItemList) error
	// CountItems returns how many items a list has, by their states.
	CountItems(ctx context.Context, of ItemList) (map[model.State]int64, error)
}

const (
	// FetchBytes bounds the values of items that are fetched together.
	FetchBytes = 4 << 20
	// MaxItem is how many bytes the value of an item may take as it is stored.
	MaxItem = 1 << 20
)

// ItemList names the items that a try of a collection has listed.
type ItemList struct {
	Attempt model.AttemptID
	Task    model.TaskID
	List    int32
}

// ItemFilter selects items; zero fields match all.
type ItemFilter struct {
	// States are those that an item may have; Blocked is for those that have not
	// ended.
	States []model.State
}

// ItemEntry is an item as it stands in a list.
type ItemEntry struct {
	engine.Item
	// Started is when its latest run began, Ended when it ended; both are zero until
	// it has.
	Started, Ended model.Instant
	// Error says why it failed. Result is what its tasks have stored.
	Error, Result params.Map
}

// Carry asks for items of one list to be added to another, as they stand.
type Carry struct {
	From, To ItemList
	// First is the index from which on they are added, and Most how many.
	First int64
	Most  int
	// Only, if not negative, is the only item to be run again, whatever became of
	// it: all others stay as they are, and those that had not ended are Cancelled.
	// Else all are to be run that had not ended well.
	Only int64
}

// Carried is the state that an item with that index and state has in the list that
// it is added to.
func (c *Carry) Carried(index int64, s model.State) model.State {
	switch {
	case c.Only >= 0 && index == c.Only:
		return model.Blocked
	case s == model.Success || s == model.Skipped || s == model.Stopped:
		return s
	case c.Only < 0:
		return model.Blocked
	case s.Final():
		return s
	}
	return model.Cancelled
}

// Match reports whether f selects an item in that state.
func (f ItemFilter) Match(s model.State) bool {
	return len(f.States) == 0 || slices.Contains(f.States, s)
}

// ItemsAtOnce is how many items a page of a list looks at where no index leads to
// those that match.
const ItemsAtOnce = 10_000

// ItemCursor returns the cursor of the page that begins with an index above 0.
func ItemCursor(next int64) string { return strconv.FormatInt(next, cursorBase) }
