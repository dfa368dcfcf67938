package document

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
)

var (
	coreInt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	})
	coreFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	})
)

// Core is the dialect of YAML 1.2, whose booleans are true and false alone, and
// whose integers are octal only after 0o. Infinities and "not a number" have no
// place among JSON values: they are texts.
func Core(text string) (v params.Value, ok bool) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, true
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	if c := text[0]; c > '9' || len(text) > longestNumber {
		return nil, false
	}
	if i, ok := shortDecimal(text); ok {
		return i, true
	}
	switch {
	case !coreInt().MatchString(text):
	case text[0] == '0' && len(text) > 1 && (text[1] == 'x' || text[1] == 'o'):
		return integer(text)
	default: // in which a 0 in front means nothing
		digits, negative := strings.CutPrefix(text, "-")
		digits = strings.TrimLeft(strings.TrimPrefix(digits, "+"), "0")
		if digits == "" {
			return int64(0), true
		}
		if negative {
			digits = "-" + digits
		}
		return integer(digits)
	}
	if coreFloat().MatchString(text) {
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	return nil, false
}
