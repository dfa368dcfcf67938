package schedule

import (
	"math/bits"
	"time"
)

// A wall time is what a clock on the wall of some zone shows. It is held as
// the time.Time in UTC with the same date and time of day.

// wallOf returns what the clock in zone shows at t.
func wallOf(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// instantOf returns when the clock in zone shows the wall time: the first of
// two such instants, or, if the clock skips it, the instant that is as long
// after the skip begins as the wall time is.
func instantOf(wall time.Time, zone *time.Location) time.Time {
	// In a skip, guess is right by the offset before it or the one after it.
	guess := time.Date(wall.Year(), wall.Month(), wall.Day(),
		wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	if shown := wallOf(guess, zone); !shown.Equal(wall) {
		return guess.Add(max(0, wall.Sub(shown))).UTC()
	}
	start, _ := guess.ZoneBounds()
	if start.IsZero() {
		return guess.UTC()
	}
	_, offset := start.Add(-1).In(zone).Zone()
	earlier := wall.Add(-time.Duration(offset) * time.Second)
	if earlier.Before(start) {
		return earlier
	}
	return guess.UTC()
}

// onOrAfter returns the first wall time from wall to limit that p matches.
func (p *pattern) onOrAfter(wall, limit time.Time) (time.Time, bool) {
	wall = roundUp(wall)
	year, month, day := wall.Date()
	if p.monthDays(year, month)>>day&1 != 0 {
		if m := p.nextMinute(wall.Hour()*60 + wall.Minute()); m >= 0 {
			return within(year, month, day, m, wall, limit)
		}
	}
	for first := wall; !first.After(limit); {
		if d := next(p.monthDays(year, month), day+1); d > 0 {
			return within(year, month, d, p.nextMinute(0), wall, limit)
		}
		first = time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
		year, month, _ = first.Date()
		day = 0
	}
	return time.Time{}, false
}

// onOrBefore returns the last wall time from wall down to limit that p matches.
func (p *pattern) onOrBefore(wall, limit time.Time) (time.Time, bool) {
	year, month, day := wall.Date()
	if p.monthDays(year, month)>>day&1 != 0 {
		if m := p.previousMinute(wall.Hour()*60 + wall.Minute()); m >= 0 {
			return within(year, month, day, m, limit, wall)
		}
	}
	for last := wall; !last.Before(limit); {
		if d := previous(p.monthDays(year, month), day-1); d > 0 {
			return within(year, month, d, p.previousMinute(24*60-1), limit, wall)
		}
		last = time.Date(year, month, 1, 0, 0, 0, -1, time.UTC)
		year, month, day = last.Date()
		day++
	}
	return time.Time{}, false
}

// roundUp returns the next full minute, or t if it is one.
func roundUp(t time.Time) time.Time {
	if down := t.Truncate(time.Minute); down.Before(t) {
		return down.Add(time.Minute)
	}
	return t
}

// within returns a minute of a day if it lies between two wall times.
func within(year int, month time.Month, day, minute int, from, to time.Time) (time.Time, bool) {
	t := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	return t, !t.Before(from) && !t.After(to)
}

// monthDays returns the days of a month that p matches, from bit 1 on.
func (p *pattern) monthDays(year int, month time.Month) uint64 {
	if p.months>>month&1 == 0 {
		return 0
	}
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
	days := p.days
	if days>>lastDay&1 != 0 {
		days |= 1 << last.Day()
	}
	days &= 1<<(last.Day()+1) - 1
	// The weekdays from the first of the month on, again and again.
	first := (int(last.Weekday()) + 36 - last.Day()) % 7
	week := p.weekdays>>first | p.weekdays<<(7-first)&0x7f
	return days & (week<<1 | week<<8 | week<<15 | week<<22 | week<<29)
}

// nextMinute returns the first minute of the day from m on that p matches, or
// -1.
func (p *pattern) nextMinute(m int) int {
	hour := next(p.hours, m/60)
	if hour == m/60 {
		if minute := next(p.minutes, m%60); minute >= 0 {
			return hour*60 + minute
		}
		hour = next(p.hours, hour+1)
	}
	if hour < 0 {
		return -1
	}
	return hour*60 + next(p.minutes, 0)
}

// previousMinute returns the last minute of the day up to m that p matches, or
// -1.
func (p *pattern) previousMinute(m int) int {
	hour := previous(p.hours, m/60)
	if hour == m/60 {
		if minute := previous(p.minutes, m%60); minute >= 0 {
			return hour*60 + minute
		}
		hour = previous(p.hours, hour-1)
	}
	if hour < 0 {
		return -1
	}
	return hour*60 + previous(p.minutes, 59)
}

// next returns the lowest bit of set from the given one on, or -1.
func next(set uint64, from int) int {
	if set >>= from; set != 0 {
		return from + bits.TrailingZeros64(set)
	}
	return -1
}

// previous returns the highest bit of set up to the given one, or -1.
func previous(set uint64, to int) int {
	return bits.Len64(set&(1<<(to+1)-1)) - 1
}
