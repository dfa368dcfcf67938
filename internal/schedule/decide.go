package schedule

import (
	"fmt"
	"time"
)

// Verdict is what becomes of a schedule that is due.
type Verdict struct {
	// Passed are the slots that are passed over, in order: at most one range for
	// each reason.
	Passed []Passed
	// Start is the slot to be started; zero for none.
	Start Time
	// Next is the first slot that nothing was decided about.
	Next Time
}

// Starts reports whether a slot is to be started.
func (v *Verdict) Starts() bool { return !v.Start.Session.IsZero() }

// Passed are neighbouring slots that are passed over.
type Passed struct {
	// First and Last are the session times of the first and the last of them.
	First, Last time.Time
	// Slots is how many there are. More than MaxCounted may be counted as that many.
	Slots int
	// Reason says why.
	Reason string
}

// MaxCounted is how far slots are counted.
const MaxCounted = 10_000

// Decide returns what becomes of a schedule whose slot due has a run time that is not
// after now. Unfinished says that the latest attempt of some session of the workflow
// has neither ended nor been asked to. Ranges are decided at once: what it costs does
// not grow with how many slots were missed, once there are more than MaxCounted.
func (s *Schedule) Decide(due Time, now time.Time, unfinished bool) Verdict {
	v := Verdict{Next: due}
	v.pass(s, s.keep(due, now), now, s.lateReason())
	switch {
	case v.Next.Run.After(now):
	case s.SkipOnOvertime && unfinished:
		v.pass(s, s.NextAfter(s.newest(v.Next, now).Session), now, "an earlier attempt has not ended (skip_on_overtime)")
	default:
		v.Start, v.Next = v.Next, s.NextAfter(v.Next.Session)
	}
	return v
}

// pass passes over the slots before one.
func (v *Verdict) pass(s *Schedule, to Time, now time.Time, reason string) {
	if !to.Session.After(v.Next.Session) {
		return
	}
	last := s.newest(v.Next, now).Session
	if !last.Before(to.Session) {
		last = s.LastBefore(to.Session).Session
	}
	v.Passed = append(v.Passed, s.Passed(v.Next.Session, last, reason))
	v.Next = to
}

// Passed returns the range from one slot to another.
func (s *Schedule) Passed(first, last time.Time, reason string) Passed {
	p := Passed{First: first, Last: last, Slots: 1, Reason: reason}
	if every, ok := s.calendar.(interval); ok {
		p.Slots += int(last.Sub(first) / (time.Duration(every) * time.Second))
		return p
	}
	for at := first; p.Slots < MaxCounted; p.Slots++ {
		if at = s.NextAfter(at).Session; at.After(last) {
			break
		}
	}
	return p
}

func (s *Schedule) lateReason() string {
	if s.CatchUp == CatchUpUnsaid {
		return fmt.Sprintf("it came more than %v late (skip_delayed_by)", s.SkipDelayedBy)
	}
	return fmt.Sprintf("it was missed (catch_up: %s)", s.CatchUp)
}

// keep returns the first slot, from due on, that did not come too late.
func (s *Schedule) keep(due Time, now time.Time) Time {
	most := s.CatchUp
	switch s.CatchUp {
	case CatchUpUnsaid:
		if s.SkipDelayedBy == 0 || !now.After(due.Run.Add(s.SkipDelayedBy)) {
			return due
		}
		first, next := s.First(now.Add(-s.SkipDelayedBy)), s.NextAfter(due.Session)
		if first.Session.Before(next.Session) {
			return next
		}
		return first
	case CatchUpNone:
		newest := s.newest(due, now)
		if now.After(newest.Run.Add(Punctual)) {
			return s.NextAfter(newest.Session)
		}
		return newest
	case CatchUpAll:
		most = MaxCatchUp
	}
	keep := s.newest(due, now)
	for n := CatchUp(1); n < most && keep.Session.After(due.Session); n++ {
		keep = s.LastBefore(keep.Session)
	}
	if keep.Session.After(due.Session) {
		return keep
	}
	return due
}

// newest returns the newest slot that is due at now, from due on.
func (s *Schedule) newest(due Time, now time.Time) Time {
	if s.NextAfter(due.Session).Run.After(now) {
		return due
	}
	if !s.end.IsZero() && !now.Before(s.end) {
		now = s.end.Add(-1)
	}
	return s.LastBefore(now.Add(1 - s.delay))
}

// Before returns the last slot before one that NextAfter or First gave, also where
// that is Never. If there is none, because no day matches, both times are zero.
func (s *Schedule) Before(slot Time) Time {
	if slot.Session.Equal(Never) && !s.end.IsZero() {
		return s.LastBefore(s.end.Add(-s.delay))
	}
	return s.LastBefore(slot.Session)
}
