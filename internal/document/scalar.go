package document

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
)

// Scalars is a dialect: it returns what the text of a plain scalar, one without
// quotes and tag, means, or false if it means nothing but itself.
type Scalars func(text string) (v params.Value, ok bool)

// longestNumber is more than any number needs that someone wrote on purpose.
const longestNumber = 100

var (
	digdagInt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$`)
	})
	digdagFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[1-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$`)
	})
)

// Digdag is the dialect of .dig files. Of the booleans of YAML it knows only
// true, True, false and False. Integers may be octal (010), hexadecimal or
// binary and have underscores. Times and dates are texts, and so is a float
// that starts with the digit 0, such as 0.5; .5 is a float.
func Digdag(text string) (v params.Value, ok bool) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, true
	case "true", "True":
		return true, true
	case "false", "False":
		return false, true
	}
	if c := text[0]; c > '9' || len(text) > longestNumber {
		return nil, false
	}
	if i, ok := shortDecimal(text); ok {
		return i, true
	}
	if digdagInt().MatchString(text) {
		return integer(text)
	}
	if digdagFloat().MatchString(text) {
		f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		return f, err == nil
	}
	return nil, false
}

// shortDecimal reads the integers that nearly all numbers are.
func shortDecimal(text string) (i int64, ok bool) {
	if len(text) > 18 || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		i = 10*i + int64(c-'0')
	}
	return i, true
}

// integer reads what digdagInt matches. A prefix without a digit after it, as
// in "0x_", is a text.
func integer(text string) (v params.Value, ok bool) {
	digits := strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	// Base 0 reads 0x, 0b and a leading 0 as they are meant here.
	if i, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return i, true
	}
	if i, ok := new(big.Int).SetString(digits, 0); ok {
		return json.Number(i.String()), true
	}
	return nil, false
}
