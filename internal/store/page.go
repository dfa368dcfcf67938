package store

import (
	"math"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	defaultLimit      = 100
	maxLimit          = 1000
	defaultEventLimit = 1000
)

// Bounds returns how many attempts the page holds at most and the id that all
// of theirs are below. A limit or a cursor that no page has is Invalid.
func (p Page) Bounds() (limit int, below model.AttemptID, err error) {
	limit, below = p.Limit, math.MaxInt64
	switch {
	case limit < 0 || limit > maxLimit:
		return 0, 0, model.Errorf(model.Invalid, "a page has from 1 to %d entries, not %d", maxLimit, limit)
	case limit == 0:
		limit = defaultLimit
	}
	if p.Cursor != "" {
		id, err := strconv.ParseInt(p.Cursor, cursorBase, 64)
		if err != nil {
			return 0, 0, model.Errorf(model.Invalid, "%q is not the cursor of a page", p.Cursor)
		}
		below = model.AttemptID(id)
	}
	return limit, below, nil
}

const cursorBase = 36

// CursorAfter returns the cursor of the page that goes on after an attempt.
func CursorAfter(id model.AttemptID) string {
	return strconv.FormatInt(int64(id), cursorBase)
}

// Matches reports whether f selects a.
func (f Filter) Matches(a *Attempt) bool {
	return (f.Project == "" || f.Project == a.Session.Project) &&
		(f.Workflow == "" || f.Workflow == a.Session.Workflow) &&
		(f.Key == "" || f.Key == a.Session.Key) &&
		(f.Session == 0 || f.Session == a.Session.ID) &&
		(f.Owner == "" || f.Owner == a.Owner) &&
		!(f.Running && a.State.Done()) &&
		!(f.Unowned && a.Owner != "")
}

// EventLimit returns how many events the limit given to History.Events asks
// for. A negative one is Invalid.
func EventLimit(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, model.Errorf(model.Invalid, "can't read %d events", limit)
	case limit == 0:
		return defaultEventLimit, nil
	}
	return limit, nil
}
