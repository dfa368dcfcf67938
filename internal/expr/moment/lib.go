package moment

import (
	"errors"
	"math"
	"sync"
)

// Call is moment(...).
func (l *Lib) Call(a ...Value) Value {
	return l.create(a)
}

// Static returns a property of the function moment, such as utc, which is a
// Func, or ISO_8601.
func (l *Lib) Static(name string) (Value, bool) {
	if f, ok := statics()[name]; ok {
		return Func(func(_ Value, a ...Value) (Value, error) { return f(l, a) }), true
	}
	v, ok := constants[name]
	return v, ok
}

var constants = map[string]Value{
	"ISO_8601":         ISO8601,
	"RFC_2822":         RFC2822,
	"version":          "2.21.0",
	"defaultFormat":    defaultFormat,
	"defaultFormatUtc": defaultFormatUTC,
	"HTML5_FMT": &Object{[]Property{
		{"DATETIME_LOCAL", "YYYY-MM-DDTHH:mm"},
		{"DATETIME_LOCAL_SECONDS", "YYYY-MM-DDTHH:mm:ss"},
		{"DATETIME_LOCAL_MS", "YYYY-MM-DDTHH:mm:ss.SSS"},
		{"DATE", "YYYY-MM-DD"},
		{"TIME", "HH:mm"},
		{"TIME_SECONDS", "HH:mm:ss"},
		{"TIME_MS", "HH:mm:ss.SSS"},
		{"WEEK", "YYYY-[W]WW"},
		{"MONTH", "YYYY-MM"},
	}},
}

var statics = sync.OnceValue(func() map[string]method[*Lib] {
	return map[string]method[*Lib]{
		"utc":        pure((*Lib).utc),
		"unix":       pure(func(l *Lib, a args) *Moment { return l.local(toNumber(a.at(0)) * 1000) }),
		"parseZone":  pure(func(l *Lib, a args) *Moment { return l.create(a).parseZone() }),
		"duration":   pure(func(l *Lib, a args) *Duration { return l.duration(a.at(0), a.at(1)) }),
		"invalid":    ask((*Lib).invalid),
		"now":        ask((*Lib).nowMillis),
		"isMoment":   pure(isA[*Moment]),
		"isDuration": pure(isA[*Duration]),
		"isDate":     pure(isA[Date]),
		"min":        best(func(candidate, so float64) bool { return candidate < so }),
		"max":        best(func(candidate, so float64) bool { return candidate > so }),
		"normalizeUnits": pure(func(_ *Lib, a args) Value {
			if u := toUnit(a.at(0)); u != noUnit {
				return unitInfos[u].name
			}
			return Undefined{}
		}),
		"locale":        pure(func(*Lib, args) string { return "en" }),
		"months":        pure(func(_ *Lib, a args) Value { return names(monthNames[:], math.MaxInt, a) }),
		"monthsShort":   pure(func(_ *Lib, a args) Value { return names(monthNames[:], 3, a) }),
		"weekdays":      pure(func(_ *Lib, a args) Value { return names(weekdayNames[:], math.MaxInt, weekdayArgs(a)) }),
		"weekdaysShort": pure(func(_ *Lib, a args) Value { return names(weekdayNames[:], 3, weekdayArgs(a)) }),
		"weekdaysMin":   pure(func(_ *Lib, a args) Value { return names(weekdayNames[:], 2, weekdayArgs(a)) }),
	}
})

func isA[T any](_ *Lib, a args) bool {
	_, ok := a.at(0).(T)
	return ok
}

func (l *Lib) utc(a args) *Moment {
	return l.make(a, true).toUTC(false)
}

// best picks a moment from the arguments or from a list; an invalid one wins.
func best(better func(candidate, so float64) bool) method[*Lib] {
	return func(l *Lib, a args) (Value, error) {
		list := []Value(a)
		if len(a) == 1 {
			if l, ok := a[0].([]Value); ok {
				list = l
			}
		}
		if len(list) == 0 {
			return l.create(nil), nil
		}
		var so *Moment
		for _, v := range list {
			m, ok := v.(*Moment)
			if !ok {
				return nil, errors.New("moment.min and moment.max take moments only")
			}
			if so == nil || !m.IsValid() || so.IsValid() && better(m.valueOf(), so.valueOf()) {
				so = m
			}
		}
		return so, nil
	}
}

// names returns the names in a list, cut to a length, or that of a number.
func names(list []string, length int, a args) Value {
	cut := func(i int) string { return list[i][:min(length, len(list[i]))] }
	i, ok := a.at(0).(float64)
	if !ok && given(a.at(1)) {
		i, ok = toNumber(a.at(1)), true
	}
	if ok {
		n := float64(len(list))
		at := math.Mod(i, n)
		if math.IsNaN(at) {
			return invalidDate
		}
		return cut(int(math.Mod(at+n, n)))
	}
	all := make([]Value, len(list))
	for i := range list {
		all[i] = cut(i)
	}
	return all
}

// weekdayArgs drops the argument that asks for the locale's order, which is
// that of the list.
func weekdayArgs(a args) args {
	if _, ok := a.at(0).(bool); ok {
		return a[1:]
	}
	return a
}
