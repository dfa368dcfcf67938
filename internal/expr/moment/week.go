package moment

import (
	"math"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// weekSystem says where weeks begin and which one is the first of a year.
type weekSystem struct {
	firstDay float64 // 0 is Sunday
	rule     float64 // 7 + firstDay - the day of January that is always in the first week
}

var (
	localWeeks = weekSystem{firstDay: 0, rule: 6}
	isoWeeks   = weekSystem{firstDay: 1, rule: 4}
)

// yearWeek is a week of a year.
type yearWeek struct {
	year, week float64
}

// offset returns the days from the start of a year to that of its first week.
func (s weekSystem) offset(year float64) float64 {
	first := 7 + s.firstDay - s.rule
	t := js.MakeDate([7]float64{js.Year: year, js.Day: first})
	if math.IsNaN(t) {
		return nan
	}
	weekday := float64(js.FieldsOf(t).Weekday)
	return first - 1 - math.Mod(7+weekday-s.firstDay, 7)
}

func (s weekSystem) weeksIn(year float64) float64 {
	return (daysInYear(year) - s.offset(year) + s.offset(year+1)) / 7
}

// dayOfYear returns year and day of the year of a day in a week; weekday counts
// from Sunday.
func (s weekSystem) dayOfYear(year, week, weekday float64) (float64, float64) {
	day := 1 + 7*(week-1) + math.Mod(7+weekday-s.firstDay, 7) + s.offset(year)
	switch {
	case day <= 0:
		return year - 1, daysInYear(year-1) + day
	case day > daysInYear(year):
		return year + 1, day - daysInYear(year)
	}
	return year, day
}

// of returns the week that a valid moment is in.
func (s weekSystem) of(m *Moment) yearWeek {
	f := m.fields()
	return s.weekOf(f)
}

func (s weekSystem) weekOf(f js.Fields) yearWeek {
	year := float64(f.Year)
	week := math.Floor((dayOfYearOf(f)-s.offset(year)-1)/7) + 1
	if week < 1 {
		return yearWeek{year - 1, week + s.weeksIn(year-1)}
	}
	if weeks := s.weeksIn(year); week > weeks {
		return yearWeek{year + 1, week - weeks}
	}
	return yearWeek{year, week}
}

func dayOfYearOf(f js.Fields) float64 {
	start := js.MakeDate([7]float64{js.Year: float64(f.Year), js.Day: 1})
	today := js.MakeDate([7]float64{js.Year: float64(f.Year), js.Month: float64(f.Month), js.Day: float64(f.Day)})
	return (today-start)/js.MillisPerDay + 1
}

func isLeapYear(year float64) bool {
	y := int64(year)
	return float64(y) == year && (y%4 == 0 && y%100 != 0 || y%400 == 0)
}

func daysInYear(year float64) float64 {
	if isLeapYear(year) {
		return 366
	}
	return 365
}

// daysInMonth takes any month; those out of range are in other years.
func daysInMonth(year, month float64) float64 {
	if math.IsNaN(year) || math.IsNaN(month) {
		return nan
	}
	of := month - 12*math.Floor(month/12)
	if of != 1 {
		return 31 - math.Mod(math.Mod(of, 7), 2)
	}
	if isLeapYear(year + math.Floor(month/12)) {
		return 29
	}
	return 28
}
