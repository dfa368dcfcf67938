package moment

import (
	"sync"

	"maps"
)

// locale names the locale; there is no other to change to.
func locale[T any](this T, a args) Value {
	if _, asked := a.at(0).(Undefined); asked {
		return "en"
	}
	return this
}

// unknownUnit reports a unit in which durations cannot be given.
type unknownUnit string

func (u unknownUnit) Error() string { return "Unknown unit " + string(u) }

func (d *Duration) asMethod(a args) (Value, error) {
	n, ok := d.as(toUnit(a.at(0)))
	if !ok {
		return nil, unknownUnit(unitName(a.at(0)))
	}
	return n, nil
}

func unitName(v Value) string {
	if u := toUnit(v); u != noUnit {
		return unitInfos[u].name
	}
	return "undefined"
}

func asUnit(u unit) method[*Duration] {
	return ask(func(d *Duration) float64 {
		n, _ := d.as(u)
		return n
	})
}

// part reads a duration in the units in which it is shown.
func part(f func(s *shownDuration) float64) method[*Duration] {
	return ask(func(d *Duration) float64 {
		if !d.valid {
			return nan
		}
		return f(&d.shown)
	})
}

var durationParts = sync.OnceValue(func() map[string]method[*Duration] {
	return map[string]method[*Duration]{
		"years":        part(func(s *shownDuration) float64 { return s.years }),
		"months":       part(func(s *shownDuration) float64 { return s.months }),
		"weeks":        part(func(s *shownDuration) float64 { return truncate(s.days / 7) }),
		"days":         part(func(s *shownDuration) float64 { return s.days }),
		"hours":        part(func(s *shownDuration) float64 { return s.hours }),
		"minutes":      part(func(s *shownDuration) float64 { return s.minutes }),
		"seconds":      part(func(s *shownDuration) float64 { return s.seconds }),
		"milliseconds": part(func(s *shownDuration) float64 { return s.millis }),
	}
})

func (d *Duration) get(a args) (Value, error) {
	if !d.valid {
		return nan, nil
	}
	f := durationParts()[unitName(a.at(0))+"s"]
	if f == nil {
		return nil, unknownUnit(unitName(a.at(0)))
	}
	return f(d, nil)
}

func durationAdder(direction float64) method[*Duration] {
	return pure(func(d *Duration, a args) *Duration {
		return d.plus(d.lib.duration(a.at(0), a.at(1)), direction)
	})
}

var durationMethods = sync.OnceValue(func() map[string]method[*Duration] {
	iso := ask((*Duration).iso)
	m := map[string]method[*Duration]{
		"isValid":        ask(func(d *Duration) bool { return d.valid }),
		"abs":            ask((*Duration).abs),
		"add":            durationAdder(1),
		"subtract":       durationAdder(-1),
		"clone":          ask(func(d *Duration) *Duration { return d.lib.duration(d, nil) }),
		"as":             (*Duration).asMethod,
		"asYears":        asUnit(year),
		"asMonths":       asUnit(month),
		"asWeeks":        asUnit(week),
		"asDays":         asUnit(day),
		"asHours":        asUnit(hour),
		"asMinutes":      asUnit(minute),
		"asSeconds":      asUnit(second),
		"asMilliseconds": asUnit(millisecond),
		"get":            (*Duration).get,
		"valueOf":        ask((*Duration).valueOf),
		"humanize":       pure(func(d *Duration, a args) string { return d.humanize(truthy(a.at(0))) }),
		"toISOString":    iso,
		"toIsoString":    iso,
		"toString":       iso,
		"toJSON":         iso,
		"locale":         pure(locale[*Duration]),
	}
	maps.Copy(m, durationParts())
	return m
})
