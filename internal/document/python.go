package document

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

var (
	pythonInt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	})
	pythonFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$`)
	})
	pythonTime = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$`)
	})
)

// Python is the dialect of YAML 1.1 as Python's safe loader reads it: yes, no,
// on and off are booleans, integers may be octal (010) or sexagesimal (1:30), a
// float needs a point, so that 1e3 is a text. Dates, times, infinities and
// "not a number" have no place among JSON values: they are texts, for which
// PythonType tells what they stand for.
func Python(text string) (v params.Value, ok bool) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, true
	case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return true, true
	case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return false, true
	}
	if c := text[0]; c > '9' || len(text) > longestNumber {
		return nil, false
	}
	if i, ok := shortDecimal(text); ok {
		return i, true
	}
	switch {
	case pythonInt().MatchString(text):
		if strings.Contains(text, ":") {
			f := sexagesimal(strings.ReplaceAll(text, "_", ""))
			if math.Abs(f) < 1<<53 {
				return int64(f), true
			}
			return nil, false
		}
		return integer(text)
	case pythonFloat().MatchString(text):
		return pythonNumber(strings.ReplaceAll(text, "_", ""))
	}
	return nil, false
}

func pythonNumber(text string) (v params.Value, ok bool) {
	if strings.Contains(text, ":") {
		f := sexagesimal(text)
		return f, !math.IsInf(f, 0)
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// sexagesimal reads digits in groups of base 60.
func sexagesimal(text string) float64 {
	digits, negative := strings.CutPrefix(text, "-")
	var total float64
	for part := range strings.SplitSeq(strings.TrimPrefix(digits, "+"), ":") {
		f, _ := strconv.ParseFloat(part, 64) // the pattern lets only numbers through
		total = total*60 + f
	}
	if negative {
		return -total
	}
	return total
}

// PythonType tells what the text of a node stands for in the dialect Python
// where that is no text and no JSON value either: kind is "date" or "datetime",
// with the ISO form of it as value, or "float" with the value "inf", "-inf" or
// "nan". It is "" for all other nodes.
func PythonType(n *Node) (kind, value string) {
	text, ok := n.Text()
	if !ok || !n.plain || text == "" || text[0] > '9' {
		return "", ""
	}
	switch text {
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return "float", "inf"
	case "-.inf", "-.Inf", "-.INF":
		return "float", "-inf"
	case ".nan", ".NaN", ".NAN":
		return "float", "nan"
	}
	if len(text) < len("2006-1-2") || text[4] != '-' {
		return "", ""
	}
	return pythonDate(text)
}

func pythonDate(text string) (kind, value string) {
	m := pythonTime().FindStringSubmatch(text)
	switch {
	case m == nil:
		return "", ""
	case m[4] == "" && len(text) != len("2006-01-02"):
		return "", "" // a date alone needs all its digits
	}
	month, day := number(m[2]), number(m[3])
	date := fmt.Sprintf("%s-%02d-%02d", m[1], month, day)
	if _, err := time.Parse("2006-01-02", date); err != nil || m[1] == "0000" {
		return "", ""
	}
	if m[4] == "" {
		return "date", date
	}
	if number(m[4]) > 23 || number(m[5]) > 59 || number(m[6]) > 59 {
		return "", ""
	}
	zone, ok := pythonZone(m[8], m[9], m[10], m[11])
	if !ok {
		return "", ""
	}
	return "datetime", fmt.Sprintf("%sT%02d:%s:%s%s%s", date, number(m[4]), m[5], m[6], microseconds(m[7]), zone)
}

// microseconds returns a fraction of a second as isoformat writes it.
func microseconds(digits string) string {
	digits = (digits + "000000")[:6]
	if digits == "000000" {
		return ""
	}
	return "." + digits
}

func pythonZone(zone, sign, hours, minutes string) (text string, ok bool) {
	switch {
	case zone == "":
		return "", true
	case zone == "Z":
		return "+00:00", true
	}
	total := 60*number(hours) + number(minutes)
	if total == 0 {
		sign = "+"
	}
	return fmt.Sprintf("%s%02d:%02d", sign, total/60, total%60), total < 24*60
}

// number reads digits that a pattern has let through.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
