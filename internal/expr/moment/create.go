package moment

import (
	"math"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// notChecked is the overflow of a moment that was not made from components.
const notChecked = -2

// Overflows beyond the fields of a date.
const (
	weekOverflow    = 7
	weekdayOverflow = 8
)

// config is a moment in the making.
type config struct {
	lib    *Lib
	utc    bool // components without an offset are in UTC
	strict bool
	input  Value

	t       float64
	done    bool // t is set
	fields  components
	weeks   weekFields
	ordinal optional // day of the year
	tzm     float64  // offset in minutes, NaN if there is none

	meridiem string
	flags    flags
}

// flags say how reading the input went.
type flags struct {
	empty           bool // no token found anything
	unusedTokens    int
	charsLeft       int
	overflow        int
	badName         bool // no name of a month or a weekday where one should be
	rejected        bool // the input is not in the form that was asked for
	weekdayMismatch bool
	bigHour         bool // an hour beyond 12 in a 12-hour format
	anyPart         bool // some component was read
	badOrdinal      bool
	badWeek         bool
	badWeekday      bool
}

// components are those of a date, each of which may be missing.
type components struct {
	value [7]float64
	isSet [7]bool
}

func (c *components) set(f js.Field, v float64) {
	c.value[f], c.isSet[f] = v, true
}

// get returns a component, NaN if it is missing.
func (c *components) get(f js.Field) float64 {
	if !c.isSet[f] {
		return nan
	}
	return c.value[f]
}

// optional is a number that may be missing.
type optional struct {
	value float64
	isSet bool
}

func some(v float64) optional { return optional{v, true} }

// or returns the number, or def if it is missing.
func (o optional) or(def func() float64) float64 {
	if o.isSet {
		return o.value
	}
	return def()
}

// create makes a moment in local time of whatever moment() takes.
func (l *Lib) create(a args) *Moment {
	return l.make(a, false)
}

// make makes a moment: input, format, locale or strict, strict.
func (l *Lib) make(a args, utc bool) *Moment {
	input, format := emptyAsUndefined(a.at(0)), a.at(1)
	strict := truthy(a.at(3))
	if s, ok := a.at(2).(bool); ok {
		strict = s
	}
	if m, ok := input.(*Moment); ok {
		c := m.clone()
		c.lib = l
		return c
	}
	if _, noFormat := format.(Undefined); input == nil || noFormat && input == "" {
		return l.invalid()
	}
	c := &config{lib: l, utc: utc, strict: strict, input: input, tzm: nan, flags: flags{overflow: notChecked}}
	c.read(format)
	return c.moment(utc)
}

// emptyAsUndefined turns objects and lists without content into undefined.
func emptyAsUndefined(v Value) Value {
	switch o := v.(type) {
	case *Object:
		if len(o.Properties) == 0 {
			return Undefined{}
		}
	case []Value:
		if len(o) == 0 {
			return Undefined{}
		}
	}
	return v
}

func (c *config) read(format Value) {
	formats, many := format.([]Value)
	d, isDate := c.input.(Date)
	switch {
	case isDate:
		c.setTime(float64(d))
	case many:
		c.readBest(formats)
	case truthy(format):
		c.readAs(format)
	default:
		c.readInput()
	}
}

func (c *config) setTime(t float64) {
	c.t, c.done = js.Clip(t), true
}

// readInput reads input that comes without a format.
func (c *config) readInput() {
	switch in := c.input.(type) {
	case Undefined:
		c.setTime(c.lib.nowMillis())
	case float64:
		c.setTime(in)
	case string:
		c.readString(in)
	case []Value:
		for i, e := range in[:min(len(in), 7)] {
			c.fields.set(js.Field(i), js.ParseInt(toText(e)))
		}
		c.assemble()
		c.checkOverflow()
	case *Object:
		c.readObject(in)
		c.assemble()
		c.checkOverflow()
	default:
		c.setTime(nan)
	}
}

func (c *config) readObject(o *Object) {
	list := settings(o)
	dayValue := of(list, day)
	if !truthy(dayValue) {
		dayValue = of(list, date)
	}
	for i, v := range []Value{
		of(list, year), of(list, month), dayValue,
		of(list, hour), of(list, minute), of(list, second), of(list, millisecond),
	} {
		switch {
		case !given(v):
		case truthy(v):
			c.fields.set(js.Field(i), js.ParseInt(toText(v)))
		default:
			c.fields.set(js.Field(i), 0)
		}
	}
}

// readBest takes the format that fits the input best.
func (c *config) readBest(formats []Value) {
	if len(formats) == 0 {
		c.flags.rejected = true
		return
	}
	start, best, bestScore := *c, config{}, math.MaxInt
	for _, f := range formats {
		try := start
		try.readAs(f)
		if *c = try; !c.acceptable() {
			continue
		}
		if score := try.flags.charsLeft + 10*try.flags.unusedTokens; score < bestScore {
			best, bestScore = try, score
		}
	}
	if bestScore < math.MaxInt {
		*c = best
	}
}

// acceptable tells whether the input has a meaning so far.
func (c *config) acceptable() bool {
	f := &c.flags
	ok := !math.IsNaN(c.t) && f.overflow < 0 && !f.empty && !f.badName && !f.rejected &&
		!f.weekdayMismatch && (c.meridiem == "" || f.anyPart)
	if c.strict {
		ok = ok && f.charsLeft == 0 && f.unusedTokens == 0 && !f.bigHour
	}
	return ok
}

func (c *config) moment(fixed bool) *Moment {
	m := &Moment{
		lib: c.lib, t: c.t, fixed: fixed,
		accepted: c.acceptable(), overflow: c.flags.overflow, input: c.input, tzm: c.tzm,
	}
	if !m.accepted {
		m.t = nan
	}
	return m
}

// checkOverflow notes the first component that is out of range.
func (c *config) checkOverflow() {
	f := &c.fields
	out := func(field js.Field, low, high float64) bool {
		v := f.get(field)
		return v < low || v > high
	}
	overflow := -1
	switch {
	case out(js.Month, 0, 11):
		overflow = int(js.Month)
	case out(js.Day, 1, daysInMonth(f.get(js.Year), f.get(js.Month))):
		overflow = int(js.Day)
	case out(js.Hour, 0, 24) || f.get(js.Hour) == 24 && !c.wholeHour():
		overflow = int(js.Hour)
	case out(js.Minute, 0, 59):
		overflow = int(js.Minute)
	case out(js.Second, 0, 59):
		overflow = int(js.Second)
	case out(js.Milli, 0, 999):
		overflow = int(js.Milli)
	}
	if c.flags.badOrdinal && (overflow < int(js.Year) || overflow > int(js.Day)) {
		overflow = int(js.Day)
	}
	if c.flags.badWeek && overflow == -1 {
		overflow = weekOverflow
	}
	if c.flags.badWeekday && overflow == -1 {
		overflow = weekdayOverflow
	}
	c.flags.overflow = overflow
}

func (c *config) wholeHour() bool {
	f := &c.fields
	return f.get(js.Minute) == 0 && f.get(js.Second) == 0 && f.get(js.Milli) == 0
}
