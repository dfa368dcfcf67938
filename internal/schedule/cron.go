package schedule

import "time"

// cron is the instants at which the clock of a zone matches a pattern.
//
// Where the clock is changed, a pattern for every hour follows the time that
// passes: each instant counts whose wall time matches, also in a repeated
// hour. A pattern for certain hours follows the date: what the clock skips
// happens as long after the skip begins as it is in it (02:30 at 03:30), and
// what the clock repeats happens the first time only, so that no day has a
// session less or more.
type cron struct {
	pattern
	zone *time.Location
}

// horizon is how far to look for a day that matches. The longest way between
// two is from one 29 February on a certain weekday to the next.
const horizon = 41 // years

const everyHour = 1<<24 - 1

// stretch is a span of time in which a clock with a certain offset counts.
type stretch struct {
	from, to time.Time // to is not part of it; a zero time is no limit
	offset   time.Duration
}

// period returns a span around t in which the offset does not change. A zero
// time is no limit.
func period(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// Where Go knows a zone by rule, a leap year is a day too short for it:
		// on the last day, it says that the period is over.
		end = t.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	}
	return start, end
}

// stretches returns the stretches that begin in the period around t, and when
// that period starts and ends.
func (c *cron) stretches(t time.Time) (list []stretch, start, end time.Time) {
	local := t.In(c.zone)
	start, end = period(local)
	offset := offsetAt(local)
	own := stretch{start, end, offset}
	if start.IsZero() || c.hours == everyHour {
		return []stretch{own}, start, end
	}
	before := offsetAt(start.Add(-1))
	if before > offset {
		own.from = start.Add(before - offset) // what was before is repeated
		return []stretch{own}, start, end
	}
	skipped := stretch{start, start.Add(offset - before), before}
	return []stretch{own, skipped}, start, end
}

func offsetAt(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

func (c *cron) after(t time.Time) (time.Time, bool) {
	limit := t.AddDate(horizon, 0, 0)
	for at := t; ; {
		list, _, end := c.stretches(at)
		var first time.Time
		for _, s := range list {
			if found, ok := c.firstIn(s, t, limit); ok && (first.IsZero() || found.Before(first)) {
				first = found
			}
		}
		if !first.IsZero() {
			return first, true
		}
		if end.IsZero() || end.After(limit) {
			return time.Time{}, false
		}
		at = end
	}
}

// firstIn returns the first match after t and up to limit in a stretch.
func (c *cron) firstIn(s stretch, t, limit time.Time) (time.Time, bool) {
	from := t.Add(1)
	if s.from.After(from) {
		from = s.from
	}
	if !s.to.IsZero() && s.to.Before(limit) {
		limit = s.to.Add(-1)
	}
	wall, ok := c.onOrAfter(from.UTC().Add(s.offset), limit.UTC().Add(s.offset))
	return wall.Add(-s.offset), ok
}

func (c *cron) before(t time.Time) (time.Time, bool) {
	limit := t.AddDate(-horizon, 0, 0)
	for at := t.Add(-1); ; {
		list, start, _ := c.stretches(at)
		var last time.Time
		for _, s := range list {
			if found, ok := c.lastIn(s, t, limit); ok && found.After(last) {
				last = found
			}
		}
		if !last.IsZero() {
			return last, true
		}
		if start.IsZero() || start.Before(limit) {
			return time.Time{}, false
		}
		at = start.Add(-1)
	}
}

// lastIn returns the last match before t and down to limit in a stretch.
func (c *cron) lastIn(s stretch, t, limit time.Time) (time.Time, bool) {
	to := t.Add(-1)
	if !s.to.IsZero() && s.to.Before(t) {
		to = s.to.Add(-1)
	}
	if s.from.After(limit) {
		limit = s.from
	}
	wall, ok := c.onOrBefore(to.UTC().Add(s.offset), limit.UTC().Add(s.offset))
	return wall.Add(-s.offset), ok
}

// union is the instants of all its calendars.
type union []calendar

func (u union) after(t time.Time) (first time.Time, ok bool) {
	for _, c := range u {
		if found, is := c.after(t); is && (!ok || found.Before(first)) {
			first, ok = found, true
		}
	}
	return first, ok
}

func (u union) before(t time.Time) (last time.Time, ok bool) {
	for _, c := range u {
		if found, is := c.before(t); is && (!ok || found.After(last)) {
			last, ok = found, true
		}
	}
	return last, ok
}
