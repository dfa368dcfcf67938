// Package js holds the parts of ECMAScript that need no engine: how numbers,
// strings and dates look as text and what text means as a number or a date.
//
// It knows no expressions, no parameters and no interpreter; the current time
// and the local zone are given to it.
package js

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxSafeInteger is the largest integer up to which every one is exactly a
// number of JavaScript.
const MaxSafeInteger = 1<<53 - 1

// AppendNumber appends f as JavaScript prints a number: 1, 1.5, 1e+21, NaN.
func AppendNumber(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case abs == 0:
		return append(dst, '0') // minus zero too
	case abs <= MaxSafeInteger && f == math.Trunc(f):
		return strconv.AppendInt(dst, int64(f), 10)
	case 1e-6 <= abs && abs < 1e21:
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' {
		dst = append(dst[:n-2], dst[n-1]) // 1e-07 is printed as 1e-7
	}
	return dst
}

// FormatNumber is AppendNumber as a string.
func FormatNumber(f float64) string {
	return string(AppendNumber(make([]byte, 0, 24), f))
}

// ParseNumber converts text to a number as the unary plus does: blanks around
// it are ignored, empty text is 0, what is no number is NaN.
func ParseNumber(text string) float64 {
	text = Trim(text)
	if text == "" {
		return 0
	}
	if len(text) > 2 && text[0] == '0' {
		if base := radix(text[1]); base != 0 {
			return parseDigits(text[2:], base)
		}
	}
	if n := decimalPrefix(text); n == 0 || n < len(text) {
		return math.NaN()
	}
	return parseDecimal(text)
}

// parseDecimal takes what decimalPrefix accepts.
func parseDecimal(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64) // out of range is infinite, as it should be
	return f
}

// decimalPrefix returns the length of the decimal number text starts with.
func decimalPrefix(text string) int {
	n := 0
	if n < len(text) && (text[n] == '+' || text[n] == '-') {
		n++
	}
	if strings.HasPrefix(text[n:], "Infinity") {
		return n + len("Infinity")
	}
	whole := digits(text[n:])
	n += whole
	fraction := 0
	if n < len(text) && text[n] == '.' {
		fraction = digits(text[n+1:])
		if whole+fraction > 0 {
			n += 1 + fraction
		}
	}
	if whole+fraction == 0 {
		return 0
	}
	if e := n; e < len(text) && text[e]|0x20 == 'e' {
		e++
		if e < len(text) && (text[e] == '+' || text[e] == '-') {
			e++
		}
		if d := digits(text[e:]); d > 0 {
			n = e + d
		}
	}
	return n
}

// digits counts the decimal digits text starts with.
func digits(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

func radix(prefix byte) int {
	switch prefix | 0x20 {
	case 'x':
		return 16
	case 'o':
		return 8
	case 'b':
		return 2
	}
	return 0
}

func parseDigits(digits string, base int) float64 {
	f := 0.0
	for i := range len(digits) {
		d, err := strconv.ParseUint(digits[i:i+1], base, 8)
		if err != nil {
			return math.NaN()
		}
		f = f*float64(base) + float64(d)
	}
	return f
}

// ParseInt returns the decimal integer that text starts with after blanks, as
// parseInt(text, 10) does, or NaN if there is none.
func ParseInt(text string) float64 {
	text = strings.TrimLeftFunc(text, IsSpace)
	sign := 0
	if text != "" && (text[0] == '+' || text[0] == '-') {
		sign = 1
	}
	n := digits(text[sign:])
	if n == 0 {
		return math.NaN()
	}
	return parseDecimal(text[:sign+n])
}

// ParseFloat returns the decimal number that text starts with after blanks, as
// parseFloat does, or NaN if there is none.
func ParseFloat(text string) float64 {
	text = strings.TrimLeftFunc(text, IsSpace)
	n := decimalPrefix(text)
	if n == 0 {
		return math.NaN()
	}
	return parseDecimal(text[:n])
}

// Trim removes blanks as String.prototype.trim does.
func Trim(text string) string {
	return strings.TrimFunc(text, IsSpace)
}

// IsSpace tells whether r is a blank or a line end to JavaScript.
func IsSpace(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == ' ' || '\t' <= r && r <= '\r'
	case 0x2000 <= r && r <= 0x200a:
		return true
	}
	switch r {
	case 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return false
}
