package moment

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/expr/js"
)

const (
	invalidDate      = "Invalid date"
	defaultFormat    = "YYYY-MM-DDTHH:mm:ssZ"
	defaultFormatUTC = "YYYY-MM-DDTHH:mm:ss[Z]"
)

// format returns the moment as text; an empty format is the default one.
func (m *Moment) format(format string) string {
	if !m.IsValid() {
		return invalidDate
	}
	if format == "" {
		format = defaultFormat
		if m.isUTC() {
			format = defaultFormatUTC
		}
	}
	f := m.fields()
	b := make([]byte, 0, 32)
	for _, e := range layoutOf(format) {
		if e.print != nil {
			b = e.print(b, m, f)
		} else {
			b = append(b, e.text...)
		}
	}
	return string(b)
}

// text returns the moment as toString does.
func (m *Moment) text() string {
	return m.format("ddd MMM DD YYYY HH:mm:ss [GMT]ZZ")
}

// iso returns a valid moment as toISOString does, in UTC or with its offset.
func (m *Moment) iso(keepOffset bool) string {
	if !keepOffset {
		return js.ISO(m.valueOf())
	}
	if y := m.fields().Year; y < 0 || y > 9999 {
		return m.format("YYYYYY-MM-DD[T]HH:mm:ss.SSSZ")
	}
	shown := js.ISO(m.valueOf() + m.utcOffset()*js.MillisPerMinute)
	return strings.TrimSuffix(shown, "Z") + m.format("Z")
}

// printer appends what a token prints for a valid moment and its fields.
type printer func(b []byte, m *Moment, f js.Fields) []byte

// number prints a number with at least width digits.
func number(width int, of func(m *Moment, f js.Fields) int) printer {
	return func(b []byte, m *Moment, f js.Fields) []byte { return pad(b, of(m, f), width) }
}

// ordinal prints a number with its English ending.
func ordinal(of func(m *Moment, f js.Fields) int) printer {
	return func(b []byte, m *Moment, f js.Fields) []byte {
		n := of(m, f)
		return append(strconv.AppendInt(b, int64(n), 10), ordinalSuffix(n)...)
	}
}

func text(of func(f js.Fields) string) printer {
	return func(b []byte, _ *Moment, f js.Fields) []byte { return append(b, of(f)...) }
}

// pad appends n with zeros before it up to width digits, not counting a sign.
func pad(b []byte, n, width int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	for limit := int(math.Pow10(width - 1)); n < limit && limit > 1; limit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func fieldYear(_ *Moment, f js.Fields) int    { return f.Year }
func fieldMonth(_ *Moment, f js.Fields) int   { return f.Month + 1 }
func fieldDay(_ *Moment, f js.Fields) int     { return f.Day }
func fieldHour(_ *Moment, f js.Fields) int    { return f.Hour }
func fieldHour12(_ *Moment, f js.Fields) int  { return (f.Hour+11)%12 + 1 }
func fieldHour24(_ *Moment, f js.Fields) int  { return (f.Hour+23)%24 + 1 }
func fieldMinute(_ *Moment, f js.Fields) int  { return f.Minute }
func fieldSecond(_ *Moment, f js.Fields) int  { return f.Second }
func fieldWeekday(_ *Moment, f js.Fields) int { return f.Weekday }
func fieldQuarter(_ *Moment, f js.Fields) int { return f.Month/3 + 1 }
func fieldOrdinal(_ *Moment, f js.Fields) int { return int(dayOfYearOf(f)) }
func fieldISODay(_ *Moment, f js.Fields) int  { return (f.Weekday+6)%7 + 1 }

func fieldWeek(_ *Moment, f js.Fields) int        { return int(localWeeks.weekOf(f).week) }
func fieldISOWeek(_ *Moment, f js.Fields) int     { return int(isoWeeks.weekOf(f).week) }
func fieldWeekYear(_ *Moment, f js.Fields) int    { return int(localWeeks.weekOf(f).year) }
func fieldISOWeekYear(_ *Moment, f js.Fields) int { return int(isoWeeks.weekOf(f).year) }

func lastTwo(of func(*Moment, js.Fields) int) func(*Moment, js.Fields) int {
	return func(m *Moment, f js.Fields) int { return of(m, f) % 100 }
}

// fraction prints the milliseconds as a fraction of a second with n digits.
func fraction(n int) printer {
	return func(b []byte, _ *Moment, f js.Fields) []byte {
		digits := f.Milli * 1_000_000
		for range 9 - n {
			digits /= 10
		}
		return pad(b, digits, n)
	}
}

func meridiem(am, pm string) printer {
	return text(func(f js.Fields) string {
		if f.Hour > 11 {
			return pm
		}
		return am
	})
}

// clock prints hour and minute, or hour, minute and second, without colons.
func clock(hour func(*Moment, js.Fields) int, seconds bool) printer {
	return func(b []byte, m *Moment, f js.Fields) []byte {
		b = pad(strconv.AppendInt(b, int64(hour(m, f)), 10), f.Minute, 2)
		if seconds {
			b = pad(b, f.Second, 2)
		}
		return b
	}
}

func printOffset(separator string) printer {
	return func(b []byte, m *Moment, _ js.Fields) []byte {
		minutes, sign := int(m.utcOffset()), byte('+')
		if minutes < 0 {
			minutes, sign = -minutes, '-'
		}
		b = append(pad(append(b, sign), minutes/60, 2), separator...)
		return pad(b, minutes%60, 2)
	}
}

func printLongYear(b []byte, _ *Moment, f js.Fields) []byte {
	if f.Year >= 0 {
		b = append(b, '+')
	}
	return pad(b, f.Year, 6)
}

func printPlainYear(b []byte, _ *Moment, f js.Fields) []byte {
	if f.Year > 9999 {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(f.Year), 10)
}

func printMillis(b []byte, m *Moment, _ js.Fields) []byte {
	return js.AppendNumber(b, m.valueOf())
}

func printSeconds(b []byte, m *Moment, _ js.Fields) []byte {
	return js.AppendNumber(b, m.unix())
}

func printZone(ofUTC string) printer {
	return func(b []byte, m *Moment, _ js.Fields) []byte {
		if m.fixed {
			b = append(b, ofUTC...)
		}
		return b
	}
}

var printers = sync.OnceValue(func() map[string]printer {
	return map[string]printer{
		"Y": printPlainYear, "YY": number(2, lastTwo(fieldYear)), "YYYY": number(4, fieldYear),
		"YYYYY": number(5, fieldYear), "YYYYYY": printLongYear,
		"M": number(1, fieldMonth), "MM": number(2, fieldMonth), "Mo": ordinal(fieldMonth),
		"MMM":  text(func(f js.Fields) string { return monthNames[f.Month][:3] }),
		"MMMM": text(func(f js.Fields) string { return monthNames[f.Month] }),
		"w":    number(1, fieldWeek), "ww": number(2, fieldWeek), "wo": ordinal(fieldWeek),
		"W": number(1, fieldISOWeek), "WW": number(2, fieldISOWeek), "Wo": ordinal(fieldISOWeek),
		"d": number(1, fieldWeekday), "do": ordinal(fieldWeekday),
		"dd":   text(func(f js.Fields) string { return weekdayNames[f.Weekday][:2] }),
		"ddd":  text(func(f js.Fields) string { return weekdayNames[f.Weekday][:3] }),
		"dddd": text(func(f js.Fields) string { return weekdayNames[f.Weekday] }),
		"e":    number(1, fieldWeekday), "E": number(1, fieldISODay),
		"H": number(1, fieldHour), "HH": number(2, fieldHour),
		"h": number(1, fieldHour12), "hh": number(2, fieldHour12),
		"k": number(1, fieldHour24), "kk": number(2, fieldHour24),
		"hmm": clock(fieldHour12, false), "hmmss": clock(fieldHour12, true),
		"Hmm": clock(fieldHour, false), "Hmmss": clock(fieldHour, true),
		"a": meridiem("am", "pm"), "A": meridiem("AM", "PM"),
		"Z": printOffset(":"), "ZZ": printOffset(""),
		"gg": number(2, lastTwo(fieldWeekYear)), "GG": number(2, lastTwo(fieldISOWeekYear)),
		"gggg": number(4, fieldWeekYear), "ggggg": number(5, fieldWeekYear),
		"GGGG": number(4, fieldISOWeekYear), "GGGGG": number(5, fieldISOWeekYear),
		"Q": number(1, fieldQuarter), "Qo": ordinal(fieldQuarter),
		"D": number(1, fieldDay), "DD": number(2, fieldDay), "Do": ordinal(fieldDay),
		"DDD": number(1, fieldOrdinal), "DDDD": number(3, fieldOrdinal), "DDDo": ordinal(fieldOrdinal),
		"m": number(1, fieldMinute), "mm": number(2, fieldMinute),
		"s": number(1, fieldSecond), "ss": number(2, fieldSecond),
		"S": fraction(1), "SS": fraction(2), "SSS": fraction(3), "SSSS": fraction(4), "SSSSS": fraction(5),
		"SSSSSS": fraction(6), "SSSSSSS": fraction(7), "SSSSSSSS": fraction(8), "SSSSSSSSS": fraction(9),
		"z": printZone("UTC"), "zz": printZone("Coordinated Universal Time"),
		"X": printSeconds, "x": printMillis,
	}
})
