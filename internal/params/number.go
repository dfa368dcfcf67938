package params

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scanNumber returns the length of the JSON number that s starts with, 0 if
// there is none, and whether it has a point or an exponent.
func scanNumber[T string | []byte](s T) (n int, float bool) {
	digits := func() bool {
		start := n
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return n > start
	}
	if n < len(s) && s[n] == '-' {
		n++
	}
	if n < len(s) && s[n] == '0' {
		n++
	} else if !digits() {
		return 0, false
	}
	end := n
	if n < len(s) && s[n] == '.' {
		if n++; !digits() {
			return end, float
		}
		end, float = n, true
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		if n++; n < len(s) && (s[n] == '+' || s[n] == '-') {
			n++
		}
		if !digits() {
			return end, float
		}
		end, float = n, true
	}
	return end, float
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number returns the value of a JSON number.
func number(text string, float bool) (Value, error) {
	if !float {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
		return json.Number(text), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("number %s is out of range", text)
	}
	return f, nil
}

func parseNumber(text string) (Value, error) {
	n, float := scanNumber(text)
	if n == 0 || n < len(text) {
		return nil, fmt.Errorf("%q is not a JSON number", text)
	}
	return number(text, float)
}

// Literal returns v as text: a string is itself; numbers, booleans and null are
// their literals; lists and maps are JSON text. Floats are written as Digdag
// writes them, with scientific notation below 0.001 and from ten million on:
// 1.0, 1.5, 1.0E7.
func Literal(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return floatLiteral(v)
	}
	return string(AppendJSON(nil, v))
}

func floatLiteral(f float64) string {
	if abs := math.Abs(f); abs == 0 || 1e-3 <= abs && abs < 1e7 {
		return withPoint(strconv.FormatFloat(f, 'f', -1, 64))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	n, _ := strconv.Atoi(exponent)
	return withPoint(mantissa) + "E" + strconv.Itoa(n)
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
