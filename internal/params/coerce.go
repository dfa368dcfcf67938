package params

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// ToString reads a scalar as text: a string as it is, a number or boolean as
// its Literal. Null, lists and maps are refused.
func ToString(v Value) (string, bool) {
	switch v.(type) {
	case nil, []Value, Map:
		return "", false
	}
	return Literal(v), true
}

// ToInt reads a number, a float without its fraction, or a string that holds a
// decimal integer, blanks around it ignored; "" and "null" are 0. What does not
// fit an int64 is refused, and so is everything else.
func ToInt(v Value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		// The bounds are powers of two and so exact; NaN fails both.
		if v >= math.MinInt64 && v < -math.MinInt64 {
			return int64(v), true
		}
	case string:
		text, blank := scalarText(v)
		if blank {
			return 0, true
		}
		i, err := strconv.ParseInt(text, 10, 64)
		return i, err == nil
	}
	return 0, false
}

// ToFloat reads a number, or a string that holds a finite one, blanks around it
// ignored; "" and "null" are 0. Everything else is refused.
func ToFloat(v Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string:
		text, blank := scalarText(v)
		if blank {
			return 0, true
		}
		if strings.Trim(text, "0123456789+-.eE") != "" {
			return 0, false // Go's own notations: 1_000, 0x1p3, inf
		}
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	return 0, false
}

// ToBool reads a boolean, an integer (0 is false, all others are true), or one
// of the strings true, True, false and False, blanks around it ignored; "" and
// "null" are false. Everything else is refused, floats included.
func ToBool(v Value) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v != 0, true
	case json.Number:
		return true, true
	case string:
		text, blank := scalarText(v)
		switch {
		case text == "true" || text == "True":
			return true, true
		case blank || text == "false" || text == "False":
			return false, true
		}
	}
	return false, false
}

// scalarText returns s without blanks around it and whether it stands for no
// value at all.
func scalarText(s string) (text string, blank bool) {
	text = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	return text, text == "" || text == "null"
}
