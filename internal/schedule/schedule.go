// Package schedule computes when the sessions of a workflow are due: calendars
// after Digdag's schedule section, its rules for skipping a session, and the
// texts in which session times are read and written.
//
// It is pure: the time is an argument, and nothing here waits or stores. It
// knows of definitions only the map that configures a schedule.
package schedule

import (
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// Never is the session and run time of a schedule that has ended.
var Never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Time is a slot of a schedule.
type Time struct {
	// Session is the instant that the session is for.
	Session time.Time
	// Run is when the session is due: Session plus the delay of the schedule.
	Run time.Time
}

// Schedule is a calendar of session times. It does not change and may be used
// concurrently. All times that it returns are in UTC.
type Schedule struct {
	// SkipOnOvertime says that a slot passes without a session while an earlier
	// attempt of the workflow has not ended.
	SkipOnOvertime bool
	// SkipDelayedBy is how late a session may start; a slot that is due for
	// longer passes without one. Zero means any delay will do.
	SkipDelayedBy time.Duration
	// CatchUp is which of the slots that were missed are made up for; unsaid when
	// there is a SkipDelayedBy.
	CatchUp CatchUp
	// Params are given to the sessions that the schedule starts.
	Params params.Map
	// Doubt says what is likely not meant as it is written; empty for none.
	Doubt string

	calendar calendar
	rule     string // what calendar follows from
	delay    time.Duration
	start    time.Time // first day, from its first instant; zero if not limited
	end      time.Time // the instant after the last day; zero if not limited
}

// calendar is an endless set of instants.
type calendar interface {
	// after returns the first instant after t, or false if there is none.
	after(t time.Time) (time.Time, bool)
	// before returns the last instant before t, or false if there is none.
	before(t time.Time) (time.Time, bool)
}

// First returns the first slot that is due at now or later.
func (s *Schedule) First(now time.Time) Time {
	return s.next(now.Add(-s.delay - 1))
}

// NextAfter returns the first slot whose session time is after t. It fails to
// advance only when the schedule has ended: both times are Never then.
func (s *Schedule) NextAfter(t time.Time) Time {
	return s.next(t)
}

// LastBefore returns the last slot whose session time is before t, whether or
// not the schedule had started or ended by then. If there is none, because no
// day matches, both times are zero.
func (s *Schedule) LastBefore(t time.Time) Time {
	slot, ok := s.calendar.before(t)
	if !ok {
		return Time{}
	}
	return s.slot(slot)
}

func (s *Schedule) slot(session time.Time) Time {
	return Time{Session: session.UTC(), Run: session.Add(s.delay).UTC()}
}

// next returns the first slot after t within the days of the schedule. They
// limit the run time, except that the first slot is the one whose session time
// falls on the first day, as in Digdag.
func (s *Schedule) next(t time.Time) Time {
	session, ok := s.calendar.after(t)
	if ok && session.Add(s.delay).Before(s.start) {
		session, ok = s.calendar.after(s.start.Add(-1))
	}
	ended := !s.end.IsZero() && !session.Add(s.delay).Before(s.end)
	if !ok || ended || !session.Before(Never) {
		return Time{Session: Never, Run: Never}
	}
	return s.slot(session)
}

// interval is the multiples of a number of seconds since the Unix epoch.
type interval int64

func (i interval) after(t time.Time) (time.Time, bool) {
	return time.Unix(i.floor(t.Unix())+int64(i), 0), true
}

func (i interval) before(t time.Time) (time.Time, bool) {
	return time.Unix(i.floor(t.Add(-1).Unix()), 0), true
}

// floor returns the greatest multiple of i that is not above n.
func (i interval) floor(n int64) int64 {
	r := n % int64(i)
	if r < 0 {
		r += int64(i)
	}
	return n - r
}
