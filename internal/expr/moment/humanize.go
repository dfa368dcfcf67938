package moment

import (
	"github.com/pawlhq/pawl/internal/expr/js"
)

// humanize returns the duration in round words, "3 days", or with a suffix, "in
// 3 days" and "3 days ago".
func (d *Duration) humanize(suffix bool) string {
	if !d.valid {
		return invalidDate
	}
	words := d.lib.duration(d, nil).abs().words()
	switch {
	case !suffix:
		return words
	case d.valueOf() > 0:
		return "in " + words
	}
	return words + " ago"
}

// words describes a duration without a sign.
func (d *Duration) words() string {
	in := func(u unit) float64 {
		n, _ := d.as(u)
		return round(n)
	}
	for _, step := range []struct {
		unit  unit
		below float64
		one   string
		many  string
	}{
		{second, 45, "", ""},
		{minute, 45, "a minute", " minutes"},
		{hour, 22, "an hour", " hours"},
		{day, 26, "a day", " days"},
		{month, 11, "a month", " months"},
		{year, 0, "a year", ""},
	} {
		switch n := in(step.unit); {
		case step.unit == second && n < step.below:
			return "a few seconds"
		case step.unit == second:
		case n <= 1:
			return step.one
		case n < step.below:
			return js.FormatNumber(n) + step.many
		}
	}
	if n := in(year); n > 0 {
		return js.FormatNumber(n) + " years"
	}
	return "1 years" // what the original says of fractions of several units
}

// from describes the time between the moment and another: as seen from there,
// or from here to there.
func (m *Moment) from(input Value, bare, to bool) string {
	o := m.other(input)
	if !m.IsValid() || !o.IsValid() {
		return invalidDate
	}
	d := m.lib.between(m.lib.create(args{o}), m.lib.create(args{m}))
	if to {
		d = m.lib.between(m.lib.create(args{m}), m.lib.create(args{o}))
	}
	return d.humanize(!bare)
}

// calendarForms are the formats of days around the reference day.
var calendarForms = map[string]string{
	"sameDay":  "[Today at] LT",
	"nextDay":  "[Tomorrow at] LT",
	"nextWeek": "dddd [at] LT",
	"lastDay":  "[Yesterday at] LT",
	"lastWeek": "[Last] dddd [at] LT",
	"sameElse": "L",
}

// calendar formats the moment by where it lies to a reference time, now if none
// is given. Formats, or functions that return them, replace the usual ones.
func (m *Moment) calendar(reference, formats Value) (string, error) {
	var now Value = m.lib.local(m.lib.nowMillis())
	if truthy(reference) {
		now = reference
	}
	key := m.calendarKey(m.cloneLike(now).startOf(day))
	if o, ok := formats.(*Object); ok {
		v, _ := o.Get(key)
		if f, ok := v.(Func); ok {
			var err error
			if v, err = f(m, now); err != nil {
				return "", err
			}
		}
		if truthy(v) {
			return m.format(toText(v)), nil
		}
	}
	return m.format(calendarForms[key]), nil
}

func (m *Moment) calendarKey(today *Moment) string {
	switch days := m.diff(today, day, true); {
	case days < -6:
		return "sameElse"
	case days < -1:
		return "lastWeek"
	case days < 0:
		return "lastDay"
	case days < 1:
		return "sameDay"
	case days < 2:
		return "nextDay"
	case days < 7:
		return "nextWeek"
	}
	return "sameElse"
}
