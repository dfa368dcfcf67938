package moment

import (
	"strings"
	"sync"
)

// unit is a unit of time in its normal form.
type unit int

const (
	noUnit unit = iota
	year
	quarter
	month
	week
	day
	hour
	minute
	second
	millisecond
	date
	dayOfYear
	weekday
	isoWeekday
	isoWeek
	weekYear
	isoWeekYear

	unitCount
)

// unitInfo is what is known of a unit. Units with a lower rank are set first.
type unitInfo struct {
	name  string
	short string
	rank  int
}

var unitInfos = [unitCount]unitInfo{
	year:        {"year", "y", 1},
	quarter:     {"quarter", "Q", 7},
	month:       {"month", "M", 8},
	week:        {"week", "w", 5},
	day:         {"day", "d", 11},
	hour:        {"hour", "h", 13},
	minute:      {"minute", "m", 14},
	second:      {"second", "s", 15},
	millisecond: {"millisecond", "ms", 16},
	date:        {"date", "D", 9},
	dayOfYear:   {"dayOfYear", "DDD", 4},
	weekday:     {"weekday", "e", 11},
	isoWeekday:  {"isoWeekday", "E", 11},
	isoWeek:     {"isoWeek", "W", 5},
	weekYear:    {"weekYear", "gg", 1},
	isoWeekYear: {"isoWeekYear", "GG", 1},
}

var unitsByAlias = sync.OnceValue(func() map[string]unit {
	m := make(map[string]unit)
	for u := noUnit + 1; u < unitCount; u++ {
		lower := strings.ToLower(unitInfos[u].name)
		m[lower], m[lower+"s"], m[unitInfos[u].short] = u, u, u
	}
	return m
})

// toUnit normalises the name of a unit; what names none is noUnit.
func toUnit(v Value) unit {
	name, _ := v.(string)
	return unitNamed(name)
}

func unitNamed(name string) unit {
	if u, ok := unitsByAlias()[name]; ok {
		return u
	}
	return unitsByAlias()[strings.ToLower(name)]
}

// setting is a value for a unit.
type setting struct {
	unit  unit
	value Value
}

// settings reads an object whose properties are named after units. The last of
// two names for one unit counts, in the place of the first.
func settings(o *Object) []setting {
	var list []setting
	var seen [unitCount]int
	for _, p := range o.Properties {
		u := unitNamed(p.Name)
		if u == noUnit {
			continue
		}
		if at := seen[u]; at > 0 {
			list[at-1].value = p.Value
			continue
		}
		list = append(list, setting{u, p.Value})
		seen[u] = len(list)
	}
	return list
}

// of returns the value that settings hold for u.
func of(list []setting, u unit) Value {
	for _, s := range list {
		if s.unit == u {
			return s.value
		}
	}
	return Undefined{}
}
