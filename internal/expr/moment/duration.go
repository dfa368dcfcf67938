package moment

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// Duration is a length of time in months, days and milliseconds, none of which
// can be told in terms of the others.
type Duration struct {
	months, days, millis float64
	valid                bool
	lib                  *Lib // set on durations that expressions see
	shown                shownDuration
}

// shownDuration is a duration in the units in which it is shown.
type shownDuration struct {
	years, months, days, hours, minutes, seconds, millis float64
}

// A month is a 4800th of the days that 400 years have.
func daysToMonths(days float64) float64   { return days * 4800 / 146097 }
func monthsToDays(months float64) float64 { return months * 146097 / 4800 }

func newDuration(months, millis float64) *Duration {
	d := &Duration{months: months, millis: millis, valid: true}
	d.show()
	return d
}

// durationOf returns n of a unit. A unit that durations do not have makes an
// invalid one of no length.
func durationOf(n float64, u unit) *Duration {
	d := &Duration{valid: !math.IsNaN(n)}
	d.accumulate(u, n)
	return d
}

// accumulate adds n of a unit. One that durations do not have makes it invalid.
func (d *Duration) accumulate(u unit, n float64) {
	switch u {
	case year:
		d.months += n * 12
	case quarter:
		d.months += n * 3
	case month:
		d.months += n
	case week:
		d.days += n * 7
	case day:
		d.days += n
	case hour:
		d.millis += n * 1000 * 60 * 60
	case minute:
		d.millis += n * 6e4
	case second:
		d.millis += n * 1e3
	case millisecond:
		d.millis += n
	default:
		d.valid = false
	}
}

// fromSettings makes a duration of amounts of units. Only the smallest of them
// may have a fraction.
func fromSettings(list []setting) *Duration {
	d := &Duration{valid: true}
	smaller := false // whether there is an amount of a smaller unit
	for u := millisecond; u >= year; u-- {
		v := of(list, u)
		n := toNumber(v)
		if truthy(v) {
			d.accumulate(u, n)
			d.valid = d.valid && (n == toInt(n) || !smaller)
			smaller = true
		}
		if _, missing := v.(Undefined); !missing && math.IsNaN(n) {
			d.valid = false
		}
	}
	for _, s := range list {
		d.valid = d.valid && s.unit <= millisecond
	}
	d.show()
	return d
}

// duration makes a duration of whatever moment.duration takes.
func (l *Lib) duration(input, unit Value) *Duration {
	d := l.readDuration(input, unit)
	d.lib = l
	return d
}

func (l *Lib) readDuration(input, unit Value) *Duration {
	switch in := input.(type) {
	case *Duration:
		return fromSettings([]setting{{month, in.months}, {day, in.days}, {millisecond, in.millis}})
	case float64:
		u := millisecond
		if truthy(unit) {
			u = toUnit(unit)
		}
		if u == noUnit {
			return newDuration(0, 0)
		}
		return fromSettings([]setting{{u, in}})
	case *Object:
		from, hasFrom := in.Get("from")
		to, hasTo := in.Get("to")
		if hasFrom || hasTo {
			return l.distance(l.create(args{from}), l.create(args{to}))
		}
		return fromSettings(settings(in))
	case string, []Value:
		return parseDuration(toText(in))
	}
	return newDuration(0, 0)
}

// between returns the time between two moments in months and milliseconds.
func (l *Lib) between(base, other *Moment) *Duration {
	d := l.distance(base, other)
	d.lib = l
	return d
}

func (l *Lib) distance(base, other *Moment) *Duration {
	if !base.IsValid() || !other.IsValid() {
		return newDuration(0, 0)
	}
	other = base.cloneLike(other)
	sign := 1.0
	if base.valueOf() >= other.valueOf() {
		base, other, sign = other, base, -1
	}
	bf, of := base.fields(), other.fields()
	months := float64(of.Month - bf.Month + (of.Year-bf.Year)*12)
	if base.clone().add(months, 0, 0).valueOf() > other.valueOf() {
		months--
	}
	millis := other.valueOf() - base.clone().add(months, 0, 0).valueOf()
	return newDuration(sign*months+0, sign*millis+0)
}

// show works out the units in which the duration is shown. Days become months
// only as far as months surely have passed.
func (d *Duration) show() {
	millis, days, months := d.millis, d.days, d.months
	if !(millis >= 0 && days >= 0 && months >= 0 || millis <= 0 && days <= 0 && months <= 0) {
		millis += absCeil(monthsToDays(months)+days) * js.MillisPerDay
		days, months = 0, 0
	}
	s := &d.shown
	seconds := truncate(millis / 1000)
	minutes := truncate(seconds / 60)
	hours := truncate(minutes / 60)
	s.millis = math.Mod(millis, 1000)
	s.seconds = math.Mod(seconds, 60)
	s.minutes = math.Mod(minutes, 60)
	s.hours = math.Mod(hours, 24)
	days += truncate(hours / 24)
	fromDays := truncate(daysToMonths(days))
	months += fromDays
	s.days = days - absCeil(monthsToDays(fromDays))
	s.years = truncate(months / 12)
	s.months = math.Mod(months, 12)
}

// plus adds a multiple of another duration.
func (d *Duration) plus(other *Duration, direction float64) *Duration {
	d.months += direction * other.months
	d.days += direction * other.days
	d.millis += direction * other.millis
	d.show()
	return d
}

// abs drops the signs of all parts.
func (d *Duration) abs() *Duration {
	d.months, d.days, d.millis = math.Abs(d.months), math.Abs(d.days), math.Abs(d.millis)
	s := &d.shown
	s.millis, s.seconds, s.minutes = math.Abs(s.millis), math.Abs(s.seconds), math.Abs(s.minutes)
	s.hours, s.months, s.years = math.Abs(s.hours), math.Abs(s.months), math.Abs(s.years)
	return d
}

// as returns the whole duration in one unit and whether it is one of those that
// durations can be given in.
func (d *Duration) as(u unit) (float64, bool) {
	if !d.valid {
		return nan, true
	}
	if u == month || u == year {
		months := d.months + daysToMonths(d.days+d.millis/js.MillisPerDay)
		if u == year {
			months /= 12
		}
		return months, true
	}
	days := d.days + round(monthsToDays(d.months))
	switch u {
	case week:
		return days/7 + d.millis/(7*js.MillisPerDay), true
	case day:
		return days + d.millis/js.MillisPerDay, true
	case hour:
		return days*24 + d.millis/js.MillisPerHour, true
	case minute:
		return days*1440 + d.millis/js.MillisPerMinute, true
	case second:
		return days*86400 + d.millis/js.MillisPerSecond, true
	case millisecond:
		return math.Floor(days*js.MillisPerDay) + d.millis, true
	}
	return 0, false
}

// valueOf returns the duration as a number to compare, in which months count 30
// days and years 365.
func (d *Duration) valueOf() float64 {
	if !d.valid {
		return nan
	}
	return d.millis + d.days*js.MillisPerDay + math.Mod(d.months, 12)*30*js.MillisPerDay +
		toInt(d.months/12)*365*js.MillisPerDay
}

// iso returns the duration in ISO 8601.
func (d *Duration) iso() string {
	if !d.valid {
		return invalidDate
	}
	total, _ := d.as(second)
	if total == 0 {
		return "P0D"
	}
	var b strings.Builder
	if total < 0 {
		b.WriteByte('-')
	}
	b.WriteByte('P')
	part := func(amount float64, sign float64, text, name string) {
		if amount == 0 {
			return
		}
		if signOf(sign) != signOf(total) {
			b.WriteByte('-')
		}
		b.WriteString(text + name)
	}
	number := func(amount, sign float64, name string) { part(amount, sign, js.FormatNumber(amount), name) }
	seconds := math.Abs(d.millis) / 1000
	minutes := truncate(seconds / 60)
	hours := truncate(minutes / 60)
	seconds, minutes = math.Mod(seconds, 60), math.Mod(minutes, 60)
	months := math.Abs(d.months)
	number(truncate(months/12), d.months, "Y")
	number(math.Mod(months, 12), d.months, "M")
	number(math.Abs(d.days), d.days, "D")
	if hours != 0 || minutes != 0 || seconds != 0 {
		b.WriteByte('T')
	}
	number(hours, d.millis, "H")
	number(minutes, d.millis, "M")
	part(seconds, d.millis, shortFixed(seconds), "S")
	return b.String()
}

func signOf(f float64) int {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

// shortFixed prints f with up to three decimals; halves are rounded up.
func shortFixed(f float64) string {
	if sixteenths := f * 16; sixteenths == math.Trunc(sixteenths) && math.Mod(sixteenths, 2) == 1 {
		f = (math.Floor(f*1000) + 1) / 1000
	}
	text := strings.TrimRight(strconv.FormatFloat(f, 'f', 3, 64), "0")
	return strings.TrimSuffix(text, ".")
}

var (
	clockDuration = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(-|\+)?(?:(\d*)[. ])?(\d+):(\d+)(?::(\d+)(\.\d*)?)?$`)
	})
	isoDuration = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(-|\+)?P(?:([-+]?[0-9,.]*)Y)?(?:([-+]?[0-9,.]*)M)?(?:([-+]?[0-9,.]*)W)?(?:([-+]?[0-9,.]*)D)?(?:T(?:([-+]?[0-9,.]*)H)?(?:([-+]?[0-9,.]*)M)?(?:([-+]?[0-9,.]*)S)?)?$`)
	})

	clockUnits = [...]unit{day, hour, minute, second}
	isoUnits   = [...]unit{year, month, week, day, hour, minute, second}
)

// parseDuration reads "d hh:mm:ss.mmm" or ISO 8601. Other text is no time at all.
func parseDuration(text string) *Duration {
	if found := clockDuration().FindStringSubmatch(text); found != nil {
		list := make([]setting, 0, len(clockUnits)+1)
		for i, u := range clockUnits {
			list = append(list, setting{u, signed(found[1], toInt(js.ParseNumber(found[i+2])))})
		}
		millis := toInt(absRound(js.ParseNumber(found[6]) * 1000))
		return fromSettings(append(list, setting{millisecond, signed(found[1], millis)}))
	}
	if found := isoDuration().FindStringSubmatch(text); found != nil {
		list := make([]setting, 0, len(isoUnits))
		for i, u := range isoUnits {
			n := js.ParseFloat(strings.Replace(found[i+2], ",", ".", 1))
			if math.IsNaN(n) {
				n = 0
			}
			list = append(list, setting{u, signed(found[1], n)})
		}
		return fromSettings(list)
	}
	return newDuration(0, 0)
}

func signed(sign string, n float64) float64 {
	if sign == "-" {
		return -n
	}
	return n
}
