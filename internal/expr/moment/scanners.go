package moment

import (
	"math"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/expr/js"
)

// The shapes of numbers in input.
var (
	oneDigit     = digits(1, 1, false)
	twoDigits    = digits(2, 2, false)
	threeDigits  = digits(3, 3, false)
	fourDigits   = digits(4, 4, false)
	sixDigits    = digits(6, 6, true)
	upTo2Digits  = digits(1, 2, false)
	upTo3Digits  = digits(1, 3, false)
	upTo4Digits  = digits(1, 4, false)
	upTo6Digits  = digits(1, 6, true)
	threeOrFour  = digits(3, 4, false)
	fiveOrSix    = digits(5, 6, false)
	anyDigits    = digits(1, math.MaxInt, false)
	signedDigits = digits(1, math.MaxInt, true)
)

// integer reads digits with maybe a sign before them.
func integer(in string) float64 {
	if len(in) > 9 {
		return js.ParseNumber(in)
	}
	n := 0
	for _, d := range []byte(strings.TrimLeft(in, "+-")) {
		n = n*10 + int(d-'0')
	}
	if in[0] == '-' {
		n = -n
	}
	return float64(n)
}

// field notes a number as a component of the date, plus delta.
func field(f js.Field, delta float64) func(*config, string) {
	return func(c *config, in string) { c.fields.set(f, integer(in)+delta) }
}

func takeYear(c *config, in string) {
	if len(in) == 2 {
		takeShortYear(c, in)
		return
	}
	c.fields.set(js.Year, integer(in))
}

func takeShortYear(c *config, in string) {
	c.fields.set(js.Year, shortYear(in))
}

// shortYear reads a year of two digits, which lies between 1969 and 2068.
func shortYear(in string) float64 {
	y := integer(in)
	if y > 68 {
		return y + 1900
	}
	return y + 2000
}

func takeMonthName(format string) func(*config, string) {
	return func(c *config, in string) {
		i := monthIndex(in)
		if c.strict {
			i = nameIndex(monthNames[:], in, true, nameLengths[format])
		}
		if i < 0 {
			c.flags.badName = true
			return
		}
		c.fields.set(js.Month, float64(i))
	}
}

func takeWeekdayName(format string) func(*config, string) {
	return func(c *config, in string) {
		i := weekdayIndex(in)
		if c.strict {
			i = nameIndex(weekdayNames[:], in, true, nameLengths[format])
		}
		if i < 0 {
			c.flags.badName = true
			return
		}
		c.weeks.day = some(float64(i))
	}
}

// nameLengths are the lengths to which tokens cut names.
var nameLengths = map[string]int{
	"MMM": 3, "MMMM": math.MaxInt,
	"dd": 2, "ddd": 3, "dddd": math.MaxInt,
}

// inWeeks notes a number as a component of a date in weeks.
func inWeeks(of func(*weekFields) *optional) func(*config, string) {
	return func(c *config, in string) { *of(&c.weeks) = some(integer(in)) }
}

func inWeeksShort(of func(*weekFields) *optional) func(*config, string) {
	return func(c *config, in string) { *of(&c.weeks) = some(shortYear(in)) }
}

func isoYearField(w *weekFields) *optional    { return &w.isoYear }
func isoWeekField(w *weekFields) *optional    { return &w.isoWeek }
func isoWeekdayField(w *weekFields) *optional { return &w.isoWeekday }
func weekYearField(w *weekFields) *optional   { return &w.year }
func weekField(w *weekFields) *optional       { return &w.week }
func weekdayField(w *weekFields) *optional    { return &w.weekday }
func dayField(w *weekFields) *optional        { return &w.day }

func takeHour12(c *config, in string) {
	c.fields.set(js.Hour, integer(in))
	c.flags.bigHour = true
}

func takeHour24(c *config, in string) {
	h := integer(in)
	if h == 24 {
		h = 0
	}
	c.fields.set(js.Hour, h)
}

// takeClock reads hours, minutes and maybe seconds that nothing separates.
func takeClock(parts int, half bool) func(*config, string) {
	return func(c *config, in string) {
		for p := parts; p > 0; p-- {
			c.fields.set(js.Hour+js.Field(p), integer(in[len(in)-2:]))
			in = in[:len(in)-2]
		}
		c.fields.set(js.Hour, integer(in))
		if half {
			c.flags.bigHour = true
		}
	}
}

func takeMeridiem(c *config, in string) { c.meridiem = in }

func takeFraction(c *config, in string) {
	c.fields.set(js.Milli, truncate(js.ParseNumber("0."+in)*1000))
}

func takeOrdinalDay(c *config, in string) {
	c.fields.set(js.Day, js.ParseInt(in))
}

func takeDayOfYear(c *config, in string) { c.ordinal = some(integer(in)) }

func takeQuarter(c *config, in string) {
	c.fields.set(js.Month, (integer(in)-1)*3)
}

func takeOffset(c *config, in string) {
	c.utc = true
	c.tzm, _ = parseOffset(in, false)
}

func takeSeconds(c *config, in string) { c.setTime(js.ParseFloat(in) * 1000) }
func takeMillis(c *config, in string)  { c.setTime(toInt(integer(in))) }

// scanners are the tokens that can be read. A format string without a printer
// for one of them looks for its input and forgets it.
var scanners = sync.OnceValue(func() map[string]*scanner {
	return map[string]*scanner{
		"Y": {find: signedDigits, take: field(js.Year, 0)}, "YY": {upTo2Digits, twoDigits, takeShortYear},
		"YYYY":  {upTo4Digits, fourDigits, takeYear},
		"YYYYY": {upTo6Digits, sixDigits, field(js.Year, 0)}, "YYYYYY": {upTo6Digits, sixDigits, field(js.Year, 0)},
		"M": {find: upTo2Digits, take: field(js.Month, -1)}, "MM": {upTo2Digits, twoDigits, field(js.Month, -1)},
		"MMM": {find: word, take: takeMonthName("MMM")}, "MMMM": {find: word, take: takeMonthName("MMMM")},
		"w": {find: upTo2Digits, take: inWeeks(weekField)}, "ww": {upTo2Digits, twoDigits, inWeeks(weekField)},
		"W": {find: upTo2Digits, take: inWeeks(isoWeekField)}, "WW": {upTo2Digits, twoDigits, inWeeks(isoWeekField)},
		"d": {find: upTo2Digits, take: inWeeks(dayField)}, "e": {find: upTo2Digits, take: inWeeks(weekdayField)},
		"E":  {find: upTo2Digits, take: inWeeks(isoWeekdayField)},
		"dd": {find: word, take: takeWeekdayName("dd")}, "ddd": {find: word, take: takeWeekdayName("ddd")},
		"dddd": {find: word, take: takeWeekdayName("dddd")},
		"a":    {find: meridiemWord, take: takeMeridiem}, "A": {find: meridiemWord, take: takeMeridiem},
		"H": {find: upTo2Digits, take: field(js.Hour, 0)}, "HH": {upTo2Digits, twoDigits, field(js.Hour, 0)},
		"h": {find: upTo2Digits, take: takeHour12}, "hh": {upTo2Digits, twoDigits, takeHour12},
		"k": {find: upTo2Digits, take: takeHour24}, "kk": {upTo2Digits, twoDigits, takeHour24},
		"hmm": {find: threeOrFour, take: takeClock(1, true)}, "hmmss": {find: fiveOrSix, take: takeClock(2, true)},
		"Hmm": {find: threeOrFour, take: takeClock(1, false)}, "Hmmss": {find: fiveOrSix, take: takeClock(2, false)},
		"g": {find: signedDigits}, "G": {find: signedDigits},
		"gg": {upTo2Digits, twoDigits, inWeeksShort(weekYearField)}, "GG": {upTo2Digits, twoDigits, inWeeksShort(isoYearField)},
		"gggg": {upTo4Digits, fourDigits, inWeeks(weekYearField)}, "GGGG": {upTo4Digits, fourDigits, inWeeks(isoYearField)},
		"ggggg": {upTo6Digits, sixDigits, inWeeks(weekYearField)}, "GGGGG": {upTo6Digits, sixDigits, inWeeks(isoYearField)},
		"Q": {find: oneDigit, take: takeQuarter},
		"D": {find: upTo2Digits, take: field(js.Day, 0)}, "DD": {upTo2Digits, twoDigits, field(js.Day, 0)},
		"Do":  {dayOrdinal(false), dayOrdinal(true), takeOrdinalDay},
		"DDD": {find: upTo3Digits, take: takeDayOfYear}, "DDDD": {find: threeDigits, take: takeDayOfYear},
		"m": {find: upTo2Digits, take: field(js.Minute, 0)}, "mm": {upTo2Digits, twoDigits, field(js.Minute, 0)},
		"s": {find: upTo2Digits, take: field(js.Second, 0)}, "ss": {upTo2Digits, twoDigits, field(js.Second, 0)},
		"S": {upTo3Digits, oneDigit, takeFraction}, "SS": {upTo3Digits, twoDigits, takeFraction},
		"SSS": {upTo3Digits, threeDigits, takeFraction}, "SSSS": {find: anyDigits, take: takeFraction},
		"SSSSS": {find: anyDigits, take: takeFraction}, "SSSSSS": {find: anyDigits, take: takeFraction},
		"SSSSSSS": {find: anyDigits, take: takeFraction}, "SSSSSSSS": {find: anyDigits, take: takeFraction},
		"SSSSSSSSS": {find: anyDigits, take: takeFraction},
		"Z":         {find: offset, take: takeOffset}, "ZZ": {find: offset, take: takeOffset},
		"X": {find: timestamp, take: takeSeconds}, "x": {find: signedDigits, take: takeMillis},
	}
})
