package moment

import (
	"math"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// weekFields are the components of a date given by weeks, of ISO 8601 or of
// the locale.
type weekFields struct {
	isoYear, isoWeek, isoWeekday optional
	year, week, weekday, day     optional
}

func (w *weekFields) iso() bool {
	return w.isoYear.isSet || w.isoWeek.isSet || w.isoWeekday.isSet
}

func (w *weekFields) any() bool {
	return w.iso() || w.year.isSet || w.week.isSet || w.weekday.isSet || w.day.isSet
}

// inputZone is the zone of components that come without an offset.
func (c *config) inputZone() js.Zone {
	if c.utc {
		return js.Zone{}
	}
	return c.lib.zone
}

// assemble makes a time of the components read. Those missing before the first
// one are today's, those after it the smallest.
func (c *config) assemble() {
	if c.done {
		return
	}
	zone := c.inputZone()
	today := js.FieldsOf(zone.Local(c.lib.nowMillis()))
	current := [3]float64{float64(today.Year), float64(today.Month), float64(today.Day)}
	f := &c.fields
	if c.weeks.any() && !f.isSet[js.Day] && !f.isSet[js.Month] {
		c.ordinalFromWeeks()
	}
	if c.ordinal.isSet {
		c.monthFromOrdinal(current[js.Year])
	}
	i := 0
	for ; i < 3 && !f.isSet[i]; i++ {
		f.set(js.Field(i), current[i])
	}
	for ; i < len(f.value); i++ {
		if !f.isSet[i] {
			f.set(js.Field(i), [7]float64{js.Day: 1}[i])
		}
	}
	t := dateOf(zone, f.value)
	if d := c.weeks.day; d.isSet && (math.IsNaN(t) || int(d.value) != js.FieldsOf(zone.Local(t)).Weekday) {
		c.flags.weekdayMismatch = true
	}
	if !math.IsNaN(c.tzm) {
		t -= c.tzm * js.MillisPerMinute
	}
	c.setTime(t)
}

// dateOf makes a date as the Date constructor does, except that it takes the
// years 0 to 99 as they are.
func dateOf(zone js.Zone, c [7]float64) float64 {
	y := c[js.Year]
	if y < 0 || y >= 100 {
		return zone.Date(c)
	}
	c[js.Year] += 1900
	return zone.Set(zone.Date(c), js.Year, y)
}

func (c *config) monthFromOrdinal(thisYear float64) {
	if !c.fields.isSet[js.Year] {
		c.fields.set(js.Year, thisYear)
	}
	y := c.fields.value[js.Year]
	if n := c.ordinal.value; n > daysInYear(y) || n == 0 {
		c.flags.badOrdinal = true
	}
	t := dateOf(js.Zone{}, [7]float64{js.Year: y, js.Day: c.ordinal.value})
	if math.IsNaN(t) {
		return
	}
	f := js.FieldsOf(t)
	c.fields.set(js.Month, float64(f.Month))
	c.fields.set(js.Day, float64(f.Day))
}

func (c *config) ordinalFromWeeks() {
	w := &c.weeks
	sys, target, badDay := localWeeks, 0.0, false
	given, number := w.year, w.week
	if w.iso() {
		sys, given, number = isoWeeks, w.isoYear, w.isoWeek
		target = w.isoWeekday.or(func() float64 { return 1 })
		badDay = target < 1 || target > 7
	} else if w.day.isSet {
		target = w.day.value
		badDay = target < 0 || target > 6
	} else {
		target = w.weekday.or(func() float64 { return 0 })
		badDay = target < 0 || target > 6
	}
	now := c.lib.local(c.lib.nowMillis())
	weekYear := given.or(func() float64 {
		if c.fields.isSet[js.Year] {
			return c.fields.value[js.Year]
		}
		return sys.of(now).year
	})
	weekOfYear := number.or(func() float64 {
		if w.iso() {
			return 1
		}
		return sys.of(now).week
	})
	switch {
	case weekOfYear < 1 || weekOfYear > sys.weeksIn(weekYear):
		c.flags.badWeek = true
	case badDay:
		c.flags.badWeekday = true
	default:
		y, ordinal := sys.dayOfYear(weekYear, weekOfYear, target)
		c.fields.set(js.Year, y)
		c.ordinal = some(ordinal)
	}
}
