package js

import (
	"math"
	"strconv"
	"strings"
)

// InvalidDate is what an invalid date looks like.
const InvalidDate = "Invalid Date"

const (
	dayNames   = "SunMonTueWedThuFriSat"
	monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// ISO returns t as toISOString does, in UTC and with milliseconds. t must be valid.
func ISO(t float64) string {
	f := FieldsOf(t)
	b := make([]byte, 0, 27)
	switch {
	case f.Year < 0:
		b = pad(append(b, '-'), -f.Year, 6)
	case f.Year > 9999:
		b = pad(append(b, '+'), f.Year, 6)
	default:
		b = pad(b, f.Year, 4)
	}
	b = pad(append(b, '-'), f.Month+1, 2)
	b = pad(append(b, '-'), f.Day, 2)
	b = appendClock(append(b, 'T'), f)
	b = pad(append(b, '.'), f.Milli, 3)
	return string(append(b, 'Z'))
}

// String returns t as toString does: Sun Jan 31 2016 00:00:00 GMT+0900 (JST).
func (z Zone) String(t float64) string {
	return z.join(t, " ", z.DateString, z.TimeString)
}

// DateString returns t as toDateString does: Sun Jan 31 2016.
func (z Zone) DateString(t float64) string {
	if math.IsNaN(t) {
		return InvalidDate
	}
	f := FieldsOf(z.Local(t))
	b := append(name(nil, dayNames, f.Weekday), ' ')
	b = append(name(b, monthNames, f.Month), ' ')
	return string(appendYear(append(pad(b, f.Day, 2), ' '), f.Year))
}

// TimeString returns t as toTimeString does: 00:00:00 GMT+0900 (JST).
func (z Zone) TimeString(t float64) string {
	if math.IsNaN(t) {
		return InvalidDate
	}
	b := append(appendClock(nil, FieldsOf(z.Local(t))), " GMT"...)
	minutes := int(z.Offset(t) / MillisPerMinute)
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	b = pad(append(b, sign), minutes/60*100+minutes%60, 4)
	return string(append(append(append(b, " ("...), z.Abbreviation(t)...), ')'))
}

// LocaleString returns t as toLocaleString does in American English.
func (z Zone) LocaleString(t float64) string {
	return z.join(t, ", ", z.LocaleDateString, z.LocaleTimeString)
}

// LocaleDateString returns t as toLocaleDateString does: 1/31/2016.
func (z Zone) LocaleDateString(t float64) string {
	if math.IsNaN(t) {
		return InvalidDate
	}
	f := FieldsOf(z.Local(t))
	return strconv.Itoa(f.Month+1) + "/" + strconv.Itoa(f.Day) + "/" + strconv.Itoa(f.Year)
}

// LocaleTimeString returns t as toLocaleTimeString does: 12:00:00 AM.
func (z Zone) LocaleTimeString(t float64) string {
	if math.IsNaN(t) {
		return InvalidDate
	}
	f := FieldsOf(z.Local(t))
	half := " AM"
	if f.Hour >= 12 {
		half = " PM"
	}
	f.Hour = (f.Hour+11)%12 + 1
	return strings.TrimPrefix(string(appendClock(nil, f)), "0") + half
}

func (z Zone) join(t float64, separator string, date, clock func(float64) string) string {
	if math.IsNaN(t) {
		return InvalidDate
	}
	return date(t) + separator + clock(t)
}

func appendClock(b []byte, f Fields) []byte {
	b = append(pad(b, f.Hour, 2), ':')
	b = append(pad(b, f.Minute, 2), ':')
	return pad(b, f.Second, 2)
}

func appendYear(b []byte, year int) []byte {
	if year < 0 {
		return pad(append(b, '-'), -year, 6)
	}
	return pad(b, year, 4)
}

func name(b []byte, names string, i int) []byte {
	return append(b, names[3*i:3*i+3]...)
}

// pad appends n with zeros before it up to width digits.
func pad(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for i := len(digits); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}
