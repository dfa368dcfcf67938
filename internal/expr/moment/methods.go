package moment

import (
	"errors"
	"math"
	"strings"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// method is a method of a moment or a duration.
type method[T any] func(this T, a args) (Value, error)

// Method returns a method of moments; what is called as its this must be a
// *Moment.
func Method(name string) (Func, bool) {
	return bind(momentMethods()[name], "a moment")
}

// DurationMethod returns a method of durations; what is called as its this must
// be a *Duration.
func DurationMethod(name string) (Func, bool) {
	return bind(durationMethods()[name], "a duration")
}

func bind[T any](f method[T], kind string) (Func, bool) {
	if f == nil {
		return nil, false
	}
	return func(this Value, a ...Value) (Value, error) {
		t, ok := this.(T)
		if !ok {
			return nil, errors.New("the method needs " + kind)
		}
		return f(t, a)
	}, true
}

// pure is a method that cannot fail.
func pure[T, R any](f func(T, args) R) method[T] {
	return func(this T, a args) (Value, error) { return f(this, a), nil }
}

// ask is a method without arguments.
func ask[T, R any](f func(T) R) method[T] {
	return func(this T, _ args) (Value, error) { return f(this), nil }
}

// access is a method that reads without an argument and sets with one. What is
// read from an invalid moment is not a number.
func access(get func(m *Moment, f js.Fields) int, set func(m *Moment, v Value)) method[*Moment] {
	return func(m *Moment, a args) (Value, error) {
		if v := a.at(0); given(v) {
			set(m, v)
			return m, nil
		}
		if !m.IsValid() {
			return nan, nil
		}
		return float64(get(m, m.fields())), nil
	}
}

func setterOf(f js.Field) func(*Moment, Value) {
	return func(m *Moment, v Value) { m.setField(f, toNumber(v)) }
}

// moveTo is a setter that goes to another day by the distance from a value.
func moveTo(get func(*Moment, js.Fields) int, daysPer float64) func(*Moment, Value) {
	return func(m *Moment, v Value) {
		if m.IsValid() {
			m.addDays((toNumber(v) - float64(get(m, m.fields()))) * daysPer)
		}
	}
}

func setYearTo(m *Moment, v Value) { m.setYear(toNumber(v)) }

func setMonthTo(m *Moment, v Value) {
	text, ok := v.(string)
	if !ok || isDigits(text) {
		m.setMonth(toNumber(v))
		return
	}
	if i := monthIndex(text); i >= 0 {
		m.setMonth(float64(i))
	}
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func setQuarterTo(m *Moment, v Value) {
	if m.IsValid() {
		m.setMonth((toNumber(v)-1)*3 + float64(m.fields().Month%3))
	}
}

func setWeekdayTo(m *Moment, v Value) {
	if text, ok := v.(string); ok {
		n := js.ParseNumber(text)
		switch i := weekdayIndex(text); {
		case !math.IsNaN(n):
			v = js.ParseInt(text)
		case i >= 0:
			v = float64(i)
		default:
			v = 0.0
		}
	}
	moveTo(fieldWeekday, 1)(m, v)
}

// isoWeekday counts from Monday, 1, to Sunday, 7; set, it stays in the week.
func (m *Moment) isoWeekday(a args) Value {
	v := a.at(0)
	if !given(v) {
		if !m.IsValid() {
			return nan
		}
		return float64(fieldISODay(m, m.fields()))
	}
	if !m.IsValid() {
		return m
	}
	n := toNumber(v)
	if text, ok := v.(string); ok {
		if n = float64(weekdayIndex(text)); n < 1 {
			n = 7
		}
	}
	today := m.fields().Weekday
	if math.IsNaN(n) {
		if today > 0 {
			return float64(today) // the original takes it for a question
		}
		n = 0
	}
	if today == 0 {
		n -= 7
	}
	return m.addDays(n - float64(today))
}

func setWeekYearTo(s weekSystem, weekday func(*Moment, js.Fields) int) func(*Moment, Value) {
	return func(m *Moment, v Value) {
		if m.IsValid() {
			m.setWeekYear(s, toNumber(v), float64(weekday(m, m.fields())))
		}
	}
}

// adder adds or subtracts a duration, or a number and a unit in either order.
func adder(direction float64) method[*Moment] {
	return pure(func(m *Moment, a args) *Moment {
		amount, unit := a.at(0), a.at(1)
		if unit != nil && !math.IsNaN(toNumber(unit)) {
			amount, unit = unit, amount
		}
		if text, ok := amount.(string); ok {
			amount = js.ParseNumber(text)
		}
		n, isNumber := amount.(float64)
		name, isName := unit.(string)
		if isNumber && isName && name != "" {
			return m.addDuration(durationOf(n, unitNamed(name)), direction)
		}
		return m.addDuration(m.lib.duration(amount, unit), direction)
	})
}

func (m *Moment) get(a args) (Value, error) {
	if f := momentMethods()[unitInfos[toUnit(a.at(0))].name]; f != nil {
		return f(m, nil)
	}
	return m, nil
}

func (m *Moment) setUnits(a args) (Value, error) {
	o, ok := a.at(0).(*Object)
	if !ok {
		if f := momentMethods()[unitInfos[toUnit(a.at(0))].name]; f != nil {
			return f(m, args{a.at(1)})
		}
		return m, nil
	}
	list := settings(o)
	for rank := range unitInfos[millisecond].rank + 1 {
		for _, s := range list {
			if unitInfos[s.unit].rank != rank {
				continue
			}
			if _, err := momentMethods()[unitInfos[s.unit].name](m, args{s.value}); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

func (m *Moment) offsetMethod(a args) Value {
	if given(a.at(0)) {
		return m.readOffset(a.at(0), truthy(a.at(1)), truthy(a.at(2)))
	}
	if !m.IsValid() {
		return nan
	}
	return m.utcOffset()
}

// minutesBehind is the deprecated reverse of utcOffset.
func (m *Moment) minutesBehind(a args) Value {
	v := a.at(0)
	if !given(v) {
		if !m.IsValid() {
			return nan
		}
		return -m.utcOffset() + 0
	}
	if _, text := v.(string); !text {
		v = -toNumber(v)
	}
	return m.readOffset(v, truthy(a.at(1)), false)
}

func (m *Moment) alignedHours(a args) bool {
	if !m.IsValid() {
		return false
	}
	o := 0.0
	if truthy(a.at(0)) {
		o = m.lib.create(args{a.at(0)}).utcOffset()
	}
	return math.Mod(m.utcOffset()-o, 60) == 0
}

func (m *Moment) unix() float64 { return math.Floor(m.valueOf() / 1000) }

func (m *Moment) isoOrNull(keepOffset bool) Value {
	if !m.IsValid() {
		return nil
	}
	return m.iso(keepOffset)
}

func (m *Moment) formatMethod(a args) string {
	if v := a.at(0); truthy(v) {
		return m.format(toText(v))
	}
	return m.format("")
}

// list returns year, month, day, hour, minute, second and millisecond.
func (m *Moment) list() []Value {
	if !m.IsValid() {
		return []Value{nan, nan, nan, nan, nan, nan, nan}
	}
	f := m.fields()
	return []Value{
		float64(f.Year), float64(f.Month), float64(f.Day),
		float64(f.Hour), float64(f.Minute), float64(f.Second), float64(f.Milli),
	}
}

func (m *Moment) object() *Object {
	o := &Object{}
	values := m.list()
	for i, name := range []string{"years", "months", "date", "hours", "minutes", "seconds", "milliseconds"} {
		o.Properties = append(o.Properties, Property{name, values[i]})
	}
	return o
}

// clamp is the deprecated moment().min and max: the later or earlier of two.
func clamp(better func(a, b float64) bool) method[*Moment] {
	return pure(func(m *Moment, a args) *Moment {
		o := m.lib.create(a)
		switch {
		case !m.IsValid() || !o.IsValid():
			return m.lib.invalid()
		case better(o.valueOf(), m.valueOf()):
			return m
		}
		return o
	})
}

// yearly is a number that follows from the year.
func yearly(f func(year float64) float64) method[*Moment] {
	return ask(func(m *Moment) float64 {
		if !m.IsValid() {
			return nan
		}
		return f(float64(m.fields().Year))
	})
}
