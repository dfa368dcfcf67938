package moment

import (
	"math"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// add adds calendar months, then days, then milliseconds. Whole days keep the
// time of day even where a clock change makes them longer or shorter.
func (m *Moment) add(months, days, millis float64) *Moment {
	if !m.IsValid() {
		return m
	}
	months, days = absRound(months), absRound(days)
	if months != 0 && !math.IsNaN(months) {
		m.setMonth(float64(m.fields().Month) + months)
	}
	if days != 0 && !math.IsNaN(days) && m.IsValid() {
		m.set(js.Day, float64(m.fields().Day)+days)
	}
	if millis != 0 && !math.IsNaN(millis) {
		m.t = js.Clip(m.t + millis)
	}
	return m
}

func (m *Moment) addDuration(d *Duration, direction float64) *Moment {
	return m.add(d.months*direction, d.days*direction, d.millis*direction)
}

// setMonth sets the month, of any year, and keeps the day as far as the month
// has it.
func (m *Moment) setMonth(month float64) {
	if !m.IsValid() {
		return
	}
	f := m.fields()
	day := math.Min(float64(f.Day), daysInMonth(float64(f.Year), month))
	m.set(js.Month, month, day)
}

// setYear sets the year; the leap day becomes the last of February in others.
func (m *Moment) setYear(year float64) {
	if !m.IsValid() || math.IsNaN(year) {
		return
	}
	f := m.fields()
	if f.Month == 1 && f.Day == 29 {
		m.set(js.Year, year, float64(f.Month), daysInMonth(year, 1))
		return
	}
	m.set(js.Year, year)
}

// setField sets a field that carries over to no other.
func (m *Moment) setField(f js.Field, value float64) {
	if m.IsValid() && !math.IsNaN(value) {
		m.set(f, value)
	}
}

// addDays is for setters that move a moment to another day of its week or year.
func (m *Moment) addDays(days float64) *Moment {
	return m.add(0, days, 0)
}

// startOf goes back to where a unit of time began. Fields are set one by one,
// as the original does, since clock changes make that differ from all at once.
func (m *Moment) startOf(u unit) *Moment {
	if !m.IsValid() {
		return m
	}
	switch u {
	case year:
		m.setMonth(0)
		fallthrough
	case quarter, month:
		m.setField(js.Day, 1)
		fallthrough
	case week, isoWeek, day, date:
		m.setField(js.Hour, 0)
		fallthrough
	case hour:
		m.setField(js.Minute, 0)
		fallthrough
	case minute:
		m.setField(js.Second, 0)
		fallthrough
	case second:
		m.setField(js.Milli, 0)
	}
	if !m.IsValid() {
		return m
	}
	switch f := m.fields(); u {
	case week:
		m.addDays(-float64(f.Weekday))
	case isoWeek:
		m.addDays(-float64((f.Weekday + 6) % 7))
	case quarter:
		m.setMonth(float64(f.Month / 3 * 3))
	}
	return m
}

// endOf goes to the last millisecond of a unit of time.
func (m *Moment) endOf(u unit) *Moment {
	switch u {
	case noUnit, millisecond:
		return m
	case date:
		u = day
	}
	m.startOf(u)
	if u == isoWeek {
		u = week
	}
	return m.addDuration(durationOf(1, u), 1).add(0, 0, -1)
}

// setWeekYear keeps week and day of the week, but for a week that the year does
// not have.
func (m *Moment) setWeekYear(s weekSystem, year, weekday float64) {
	week := math.Min(s.of(m).week, s.weeksIn(year))
	y, ordinal := s.dayOfYear(year, week, weekday)
	t := dateOf(js.Zone{}, [7]float64{js.Year: y, js.Day: ordinal})
	if math.IsNaN(t) {
		m.t = nan
		return
	}
	f := js.FieldsOf(t)
	m.setYear(float64(f.Year))
	m.setMonth(float64(f.Month))
	m.setField(js.Day, float64(f.Day))
}

// cloneLike returns the time of input, which is whatever moment() takes, in the
// zone or at the offset of m.
func (m *Moment) cloneLike(input Value) *Moment {
	if !m.fixed {
		return m.lib.create(args{input}).toLocal(false)
	}
	c := m.clone()
	var t float64
	switch in := input.(type) {
	case *Moment:
		t = in.valueOf()
	case Date:
		t = float64(in)
	default:
		t = m.lib.create(args{input}).valueOf()
	}
	c.t = js.Clip(c.t + (t - c.valueOf()))
	return c
}

// diff returns the time from input to m in a unit, with its fraction or
// truncated.
func (m *Moment) diff(input Value, u unit, fraction bool) float64 {
	if !m.IsValid() {
		return nan
	}
	that := m.cloneLike(input)
	if !that.IsValid() {
		if m.fixed && (u == year || u == quarter || u == month) {
			return 0 // the original does not see that it is invalid
		}
		return nan
	}
	millis := m.valueOf() - that.valueOf()
	clockChange := (that.utcOffset() - m.utcOffset()) * js.MillisPerMinute
	d := millis
	switch u {
	case year:
		d = m.monthDiff(that) / 12
	case quarter:
		d = m.monthDiff(that) / 3
	case month:
		d = m.monthDiff(that)
	case week:
		d = (millis - clockChange) / (7 * js.MillisPerDay)
	case day:
		d = (millis - clockChange) / js.MillisPerDay
	case hour:
		d = millis / js.MillisPerHour
	case minute:
		d = millis / js.MillisPerMinute
	case second:
		d = millis / js.MillisPerSecond
	}
	if fraction {
		return d
	}
	return truncate(d)
}

// monthDiff counts the months from b to m, with a fraction that is linear in
// the month it lies in.
func (m *Moment) monthDiff(b *Moment) float64 {
	mf, bf := m.fields(), b.fields()
	whole := float64((bf.Year-mf.Year)*12 + bf.Month - mf.Month)
	anchor := m.clone().add(whole, 0, 0)
	beyond := b.valueOf() - anchor.valueOf()
	var of float64
	if beyond < 0 {
		of = anchor.valueOf() - m.clone().add(whole-1, 0, 0).valueOf()
	} else {
		of = m.clone().add(whole+1, 0, 0).valueOf() - anchor.valueOf()
	}
	d := -(whole + beyond/of)
	if math.IsNaN(d) {
		return 0
	}
	return d + 0 // no minus zero
}
