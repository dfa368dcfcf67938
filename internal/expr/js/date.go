package js

import "math"

// A date is a time value: milliseconds since the start of 1970 in UTC, always
// whole, NaN where the date is invalid. A local time value is the same shifted
// by the offset of a zone.
const (
	MillisPerSecond = 1000.0
	MillisPerMinute = 60 * MillisPerSecond
	MillisPerHour   = 60 * MillisPerMinute
	MillisPerDay    = 24 * MillisPerHour

	maxTime = 8.64e15
)

// Field is a component of a date.
type Field int

// The fields of a date in the order in which Zone.Set takes values for them.
const (
	Year Field = iota
	Month
	Day
	Hour
	Minute
	Second
	Milli

	fieldCount
)

// Fields are the components of a valid date on the calendar and the clock.
type Fields struct {
	Year    int
	Month   int // 0 is January
	Day     int // 1 to 31
	Hour    int
	Minute  int
	Second  int
	Milli   int
	Weekday int // 0 is Sunday
}

// FieldsOf splits a local time value, which must be valid.
func FieldsOf(local float64) Fields {
	days := math.Floor(local / MillisPerDay)
	rest := int(local - days*MillisPerDay)
	f := civil(int64(days))
	f.Milli = rest % 1000
	f.Second = rest / 1000 % 60
	f.Minute = rest / 60000 % 60
	f.Hour = rest / 3600000
	return f
}

// civil converts days since 1970 to a date. It counts in years that start in
// March, which puts the leap day at their end.
func civil(days int64) Fields {
	const daysPerEra = 146097 // 400 years
	shifted := days + 719468  // from the first of March of year 0
	era := floorDiv(shifted, daysPerEra)
	day := shifted - era*daysPerEra
	year := (day - day/1460 + day/36524 - day/146096) / 365
	dayOfYear := day - (365*year + year/4 - year/100)
	month := (5*dayOfYear + 2) / 153
	f := Fields{
		Year:    int(year + era*400),
		Month:   int(month) + 2,
		Day:     int(dayOfYear-(153*month+2)/5) + 1,
		Weekday: int(days+4) - 7*int(floorDiv(days+4, 7)),
	}
	if f.Month > 11 {
		f.Month -= 12
		f.Year++
	}
	return f
}

// daysFromCivil is the reverse of civil for the first day of a month.
func daysFromCivil(year, month int64) int64 {
	if month < 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	ofEra := year - era*400
	dayOfYear := (153*(month-2) + 2) / 5
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + dayOfYear - 719468
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// MakeDate returns the local time value of the given components, each of which
// may be out of its range and carries over. Fractions are dropped.
func MakeDate(c [7]float64) float64 {
	day := makeDay(c[Year], c[Month], c[Day])
	return day*MillisPerDay +
		math.Trunc(c[Hour])*MillisPerHour + math.Trunc(c[Minute])*MillisPerMinute +
		math.Trunc(c[Second])*MillisPerSecond + math.Trunc(c[Milli])
}

func makeDay(year, month, day float64) float64 {
	month = math.Trunc(month)
	years := math.Trunc(year) + math.Floor(month/12)
	if !(math.Abs(years) < 400_000) || math.IsNaN(month) {
		return math.NaN()
	}
	first := daysFromCivil(int64(years), int64(month-math.Floor(month/12)*12))
	return float64(first) + math.Trunc(day) - 1
}

// Clip returns t without its fraction, or NaN if it is out of the range of dates.
func Clip(t float64) float64 {
	if !(math.Abs(t) <= maxTime) {
		return math.NaN()
	}
	return math.Trunc(t) + 0 // no minus zero
}
