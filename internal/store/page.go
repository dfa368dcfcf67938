package store

import (
	"cmp"
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// MaxLimit is how many entries a page has at most.
const MaxLimit = 1000

const (
	defaultLimit      = 100
	defaultEventLimit = 1000
)

// Bounds returns how many entries the page holds at most, and the id of the
// last entry before it, or 0 for the first page. A limit or a cursor that no
// page has is Invalid.
func (p Page) Bounds() (limit int, past int64, err error) {
	switch {
	case p.Limit < 0 || p.Limit > MaxLimit:
		return 0, 0, model.Errorf(model.Invalid, "a page has from 1 to %d entries, not %d", MaxLimit, p.Limit)
	case p.Limit == 0:
		limit = defaultLimit
	default:
		limit = p.Limit
	}
	if p.Cursor != "" {
		if past, err = strconv.ParseInt(p.Cursor, cursorBase, 64); err != nil || past < 1 {
			return 0, 0, model.Errorf(model.Invalid, "%q is not the cursor of a page", p.Cursor)
		}
	}
	return limit, past, nil
}

// Below returns the id that all of a page's are below, in a list that has the
// newest entries first, given the last one before it.
func Below(past int64) int64 {
	if past == 0 {
		return math.MaxInt64
	}
	return past
}

const cursorBase = 36

// CursorAfter returns the cursor of the page that goes on after an entry.
func CursorAfter[ID ~int64](id ID) string {
	return strconv.FormatInt(int64(id), cursorBase)
}

// Matches reports whether f selects a, which is the newest of its session or
// not.
func (f Filter) Matches(a *Attempt, newest bool) bool {
	return (f.Project == 0 || f.Project == a.Session.Project) &&
		!(f.Stored && a.Session.Project == 0) &&
		!(f.Last && !newest) &&
		(f.Ended == engine.AttemptRunning || f.Ended == a.State) &&
		(f.Workflow == "" || f.Workflow == a.Session.Workflow) &&
		(f.Session == 0 || f.Session == a.Session.ID) &&
		(f.Owner == "" || f.Owner == a.Owner) &&
		!(f.Running && a.State.Done()) &&
		!(f.Unowned && a.Owner != "")
}

// Mark is a place in a list that is ordered by time and, within an instant, by
// id.
type Mark struct {
	Time model.Instant
	ID   int64
}

// Last is the place after all others.
var Last = Mark{model.Never, math.MaxInt64}

// Compare returns -1, 0 or +1, as m is before n, the same place, or after it.
func (m Mark) Compare(n Mark) int {
	return cmp.Or(cmp.Compare(m.Time, n.Time), cmp.Compare(m.ID, n.ID))
}

// BelowMark returns the place that all of a page's entries are before, in a
// list that has the latest first, given that of the last one before it.
func BelowMark(past Mark) Mark {
	if past == (Mark{}) {
		return Last
	}
	return past
}

// Cursor returns the cursor of the page that goes on after a place.
func (m Mark) Cursor() string {
	return strconv.FormatInt(int64(m.Time), cursorBase) + markSeparator + strconv.FormatInt(m.ID, cursorBase)
}

const markSeparator = "."

// MarkBounds is Bounds for a list whose cursors are those of places. The first
// page comes after the zero Mark.
func (p Page) MarkBounds() (limit int, past Mark, err error) {
	limit, _, err = Page{Limit: p.Limit}.Bounds()
	if err != nil || p.Cursor == "" {
		return limit, Mark{}, err
	}
	at, id, _ := strings.Cut(p.Cursor, markSeparator)
	n, errTime := strconv.ParseInt(at, cursorBase, 64)
	past = Mark{Time: model.Instant(n)}
	past.ID, err = strconv.ParseInt(id, cursorBase, 64)
	if err != nil || errTime != nil || past.ID < 1 {
		return 0, Mark{}, model.Errorf(model.Invalid, "%q is not the cursor of a page", p.Cursor)
	}
	return limit, past, nil
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

// Cut turns what was read with one entry more than the page holds into the
// page and the cursor of the next one.
func Cut[E any](list []E, limit int, id func(E) int64) (page []E, next string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], CursorAfter(id(list[limit-1]))
}

// NameBounds is Bounds for a list in order of names, whose cursors are those of
// NameCursor. The first page comes after the empty name.
func (p Page) NameBounds() (limit int, past string, err error) {
	limit, _, err = Page{Limit: p.Limit}.Bounds()
	if err != nil || p.Cursor == "" {
		return limit, "", err
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(b) == 0 {
		return 0, "", model.Errorf(model.Invalid, "%q is not the cursor of a page", p.Cursor)
	}
	return limit, string(b), nil
}

// NameCursor returns the cursor of the page that goes on after a name.
func NameCursor(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }
