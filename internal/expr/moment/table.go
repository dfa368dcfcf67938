package moment

import (
	"sync"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// momentMethods are the methods of moments by their names.
var momentMethods func() map[string]method[*Moment]

var (
	yearAccess   = access(fieldYear, setYearTo)
	monthAccess  = access(func(_ *Moment, f js.Fields) int { return f.Month }, setMonthTo)
	dateAccess   = access(fieldDay, setterOf(js.Day))
	hourAccess   = access(fieldHour, setterOf(js.Hour))
	minuteAccess = access(fieldMinute, setterOf(js.Minute))
	secondAccess = access(fieldSecond, setterOf(js.Second))
	milliAccess  = access(func(_ *Moment, f js.Fields) int { return f.Milli }, setterOf(js.Milli))
	dayAccess    = access(fieldWeekday, setWeekdayTo)
	weekAccess   = access(fieldWeek, moveTo(fieldWeek, 7))
	isoAccess    = access(fieldISOWeek, moveTo(fieldISOWeek, 7))
	partAccess   = access(fieldQuarter, setQuarterTo)
)

// It is set here since some of the methods call others by name.
func init() { momentMethods = sync.OnceValue(allMomentMethods) }

func allMomentMethods() map[string]method[*Moment] {
	return map[string]method[*Moment]{
		"year": yearAccess, "years": yearAccess,
		"quarter": partAccess, "quarters": partAccess,
		"month": monthAccess, "months": monthAccess,
		"week": weekAccess, "weeks": weekAccess,
		"isoWeek": isoAccess, "isoWeeks": isoAccess,
		"day": dayAccess, "days": dayAccess,
		"date": dateAccess, "dates": dateAccess,
		"hour": hourAccess, "hours": hourAccess,
		"minute": minuteAccess, "minutes": minuteAccess,
		"second": secondAccess, "seconds": secondAccess,
		"millisecond": milliAccess, "milliseconds": milliAccess,
		"weekday":     access(fieldWeekday, moveTo(fieldWeekday, 1)),
		"isoWeekday":  pure((*Moment).isoWeekday),
		"dayOfYear":   access(fieldOrdinal, moveTo(fieldOrdinal, 1)),
		"weekYear":    access(fieldWeekYear, setWeekYearTo(localWeeks, fieldWeekday)),
		"isoWeekYear": access(fieldISOWeekYear, setWeekYearTo(isoWeeks, fieldISODay)),
		"get":         (*Moment).get,
		"set":         (*Moment).setUnits,

		"daysInMonth": ask(func(m *Moment) float64 {
			if !m.IsValid() {
				return nan
			}
			f := m.fields()
			return daysInMonth(float64(f.Year), float64(f.Month))
		}),
		"weeksInYear":    yearly(localWeeks.weeksIn),
		"isoWeeksInYear": yearly(isoWeeks.weeksIn),
		"isLeapYear":     ask(func(m *Moment) bool { return m.IsValid() && isLeapYear(float64(m.fields().Year)) }),

		"add":      adder(1),
		"subtract": adder(-1),
		"startOf":  pure(func(m *Moment, a args) *Moment { return m.startOf(toUnit(a.at(0))) }),
		"endOf":    pure(func(m *Moment, a args) *Moment { return m.endOf(toUnit(a.at(0))) }),
		"clone":    ask((*Moment).clone),
		"min":      clamp(func(other, this float64) bool { return other < this }),
		"max":      clamp(func(other, this float64) bool { return other > this }),

		"diff": pure(func(m *Moment, a args) float64 {
			return m.diff(a.at(0), toUnit(a.at(1)), truthy(a.at(2)))
		}),
		"isAfter":  pure(func(m *Moment, a args) bool { return m.isAfter(a.at(0), a.at(1)) }),
		"isBefore": pure(func(m *Moment, a args) bool { return m.isBefore(a.at(0), a.at(1)) }),
		"isSame":   pure(func(m *Moment, a args) bool { return m.isSame(a.at(0), a.at(1)) }),
		"isSameOrAfter": pure(func(m *Moment, a args) bool {
			return m.isSame(a.at(0), a.at(1)) || m.isAfter(a.at(0), a.at(1))
		}),
		"isSameOrBefore": pure(func(m *Moment, a args) bool {
			return m.isSame(a.at(0), a.at(1)) || m.isBefore(a.at(0), a.at(1))
		}),
		"isBetween": pure((*Moment).isBetween),
		"isValid":   ask((*Moment).IsValid),
		"invalidAt": ask(func(m *Moment) float64 { return float64(m.overflow) }),

		"utc":                  pure(func(m *Moment, a args) *Moment { return m.toUTC(truthy(a.at(0))) }),
		"local":                pure(func(m *Moment, a args) *Moment { return m.toLocal(truthy(a.at(0))) }),
		"utcOffset":            pure((*Moment).offsetMethod),
		"zone":                 pure((*Moment).minutesBehind),
		"parseZone":            ask((*Moment).parseZone),
		"hasAlignedHourOffset": pure((*Moment).alignedHours),
		"isDST":                ask(func(m *Moment) bool { return m.IsValid() && m.isDST() }),
		"isLocal":              ask(func(m *Moment) bool { return m.IsValid() && !m.fixed }),
		"isUtcOffset":          ask(func(m *Moment) bool { return m.IsValid() && m.fixed }),
		"isUtc":                ask((*Moment).isUTC),
		"isUTC":                ask((*Moment).isUTC),
		"zoneAbbr":             ask(func(m *Moment) string { return string(printers()["z"](nil, m, js.Fields{})) }),
		"zoneName":             ask(func(m *Moment) string { return string(printers()["zz"](nil, m, js.Fields{})) }),

		"format":      pure((*Moment).formatMethod),
		"toString":    ask((*Moment).text),
		"toISOString": pure(func(m *Moment, a args) Value { return m.isoOrNull(a.at(0) == true) }),
		"toJSON":      ask(func(m *Moment) Value { return m.isoOrNull(false) }),
		"toDate":      ask(func(m *Moment) Date { return Date(m.valueOf()) }),
		"toArray":     ask((*Moment).list),
		"toObject":    ask((*Moment).object),
		"valueOf":     ask((*Moment).valueOf),
		"unix":        ask((*Moment).unix),
		"from":        pure(func(m *Moment, a args) string { return m.from(a.at(0), truthy(a.at(1)), false) }),
		"to":          pure(func(m *Moment, a args) string { return m.from(a.at(0), truthy(a.at(1)), true) }),
		"fromNow":     pure(func(m *Moment, a args) string { return m.from(Undefined{}, truthy(a.at(0)), false) }),
		"toNow":       pure(func(m *Moment, a args) string { return m.from(Undefined{}, truthy(a.at(0)), true) }),
		"calendar":    func(m *Moment, a args) (Value, error) { return m.calendar(a.at(0), a.at(1)) },
		"locale":      pure(locale[*Moment]),
	}
}
