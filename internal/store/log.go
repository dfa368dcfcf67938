package store

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Log reads the events of all attempts, in the order in which they were committed.
// It is read, and never written: what a commit writes for the history of an attempt
// is in it.
type Log interface {
	// ReadLog returns the events that were committed after a place. No event that
	// is committed, at any time, is passed over by who goes on with the cursor of
	// each page: one whose commit is still under way holds back those after it.
	// Events of one attempt are in order of Seq, and each is there once.
	//
	// An attempt that is deleted takes its events with it. A cursor after which some
	// are missing for that reason, which were there when the cursor was made, is a
	// *Forgotten error, as is one that is after the end of the log. A limit or a
	// cursor that no page has is Invalid.
	ReadLog(ctx context.Context, q LogQuery) (LogPage, error)
	// SeekLog returns a cursor before the first event that happened at an instant
	// or later, as far as the clocks of those who write agree. That of model.Never
	// is at the end.
	SeekLog(ctx context.Context, at model.Instant) (cursor string, err error)
}

// LogQuery asks for a page of the log.
type LogQuery struct {
	// After is the cursor of a page, or of one of its events; "" is the beginning.
	After string
	// Limit is how many commits of attempts are looked at, at most MaxLimit; 0 means
	// 100. A page also ends with the commit that brings it to MaxLimit events.
	Limit int
	// Projects, if not nil, are those whose attempts are read of, and Workflow and
	// Attempt, if not zero, the only ones. What does not match is looked at all the
	// same, so that a page may have fewer events, or none, and there are more.
	Projects []model.ProjectID
	Workflow string
	Attempt  model.AttemptID
}

// Matches reports whether q asks for what an entry is about.
func (q *LogQuery) Matches(e *LogEntry) bool {
	if q.Attempt != 0 && q.Attempt != e.Attempt || q.Workflow != "" && q.Workflow != e.Session.Workflow {
		return false
	}
	return q.Projects == nil || slices.Contains(q.Projects, e.Session.Project)
}

// Bounds returns where a page begins, and how many entries it looks at.
func (q *LogQuery) Bounds() (after Place, limit int, err error) {
	if limit, _, err = (Page{Limit: q.Limit}).Bounds(); err != nil {
		return after, 0, err
	}
	after, err = ParsePlace(q.After)
	return after, limit, err
}

// LogPage is a part of the log.
type LogPage struct {
	Entries []LogEntry
	// Next is the cursor to go on with.
	Next string
	// More says that there is more to read at once, and Held that there will be in a
	// moment: a commit that is under way holds it back.
	More, Held bool
}

// LogEntry has events of one attempt that one commit wrote.
type LogEntry struct {
	// Place is that of the last of them.
	Place
	// Session is that of the attempt, and Name and Index are the attempt's.
	Session Session
	Name    string
	Index   int
	Events  []engine.Event
}

// CursorAt returns the cursor that goes on after one of the events.
func (e *LogEntry) CursorAt(seq int64) string {
	at := e.Place
	at.Seq = seq
	return at.Cursor()
}

// Place is one in the log.
type Place struct {
	// Number orders commits; those that have the same one are in order of Attempt.
	Number  int64
	Attempt model.AttemptID
	// Seq is the number of the last event of that attempt.
	Seq int64
	// Lost is the Number up to which events were missing when the place was told.
	Lost int64
}

// NoNumber is before all numbers of a log.
const NoNumber = math.MinInt64

// Beginning is before all events.
var Beginning = Place{Number: NoNumber, Lost: NoNumber}

// placeParts is how many numbers a cursor has.
const placeParts = 4

// Cursor returns the cursor of what comes after p.
func (p Place) Cursor() string {
	b := make([]byte, 0, 32)
	for i, n := range [placeParts]int64{p.Number, int64(p.Attempt), p.Seq, p.Lost} {
		if i > 0 {
			b = append(b, markSeparator...)
		}
		if n != NoNumber {
			b = strconv.AppendInt(b, n, cursorBase)
		}
	}
	return string(b)
}

// ParsePlace reads a cursor; "" is the Beginning.
func ParsePlace(cursor string) (Place, error) {
	if cursor == "" {
		return Beginning, nil
	}
	var n [placeParts]int64
	parts := strings.Split(cursor, markSeparator)
	if len(parts) != placeParts {
		return Place{}, noPlace(cursor)
	}
	for i, text := range parts {
		var err error
		if text == "" {
			n[i] = NoNumber
		} else if n[i], err = strconv.ParseInt(text, cursorBase, 64); err != nil {
			return Place{}, noPlace(cursor)
		}
	}
	return Place{Number: n[0], Attempt: model.AttemptID(n[1]), Seq: n[2], Lost: n[3]}, nil
}

func noPlace(cursor string) error {
	return model.Errorf(model.Invalid, "%q is not a cursor of the event log", cursor).
		WithHint("cursors come with events, and are given back as they are")
}

// Settled is the Number before which all is committed, for stores in which none can
// be overtaken.
const Settled = math.MaxInt64

// Judge returns the place from which a page is read on, given the Number up to which
// events are missing, and that of the newest entry; or a *Forgotten error. first says
// that the reader begins.
func (p Place) Judge(first bool, lost, newest int64) (Place, error) {
	switch {
	case first:
	case p.Number > newest: // the log is not the one that the cursor is of
		return p, &Forgotten{Cursor: Place{Number: NoNumber, Lost: lost}.Cursor(), Moved: true}
	case lost > p.Lost && lost > p.Number:
		p.Lost = lost
		return p, &Forgotten{Cursor: p.Cursor()}
	}
	p.Lost = lost
	return p, nil
}

// Forgotten is the Gone error of a cursor after which events are missing.
type Forgotten struct {
	// Cursor goes on with the oldest event after it that is kept.
	Cursor string
	// Moved says that the log has another order than the cursor knows, as that of a
	// database that was restored elsewhere: Cursor is its beginning, and which events
	// came after the one that was given nobody knows.
	Moved bool
}

// Error says what to do.
func (f *Forgotten) Error() string { return f.Unwrap().Error() }

// Unwrap returns the error with its code.
func (f *Forgotten) Unwrap() error {
	return model.Errorf(model.Gone, "events after this cursor are not kept any more").
		WithHint("go on from %s, which passes over those", f.Cursor)
}
