package flow

import (
	"context"
	"math/bits"
	"strconv"
	"unicode/utf16"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// choice is one variable of a forEach and what it may be.
type choice struct {
	key    string
	values []params.Value
}

// forEach repeats its body for every combination of the values that its
// command lists for each variable, the last variable changing fastest.
func forEach(_ context.Context, t *operator.Task) (operator.Result, error) {
	config, err := t.Params.ParseMap("_command")
	if err != nil {
		return operator.Result{}, err
	}
	choices := make([]choice, 0, config.Len())
	n := uint64(1)
	for key := range config.Keys() {
		values, err := config.ParseList(key)
		if err != nil {
			return operator.Result{}, err
		}
		choices = append(choices, choice{key, values})
		n = product(n, uint64(len(values)))
	}
	if len(choices) == 0 {
		n = 0
	}
	b, err := newBody(t, int64(n))
	if err != nil {
		return operator.Result{}, err
	}
	picks := make([]int, len(choices))
	for range n {
		b.add(combination(choices, picks))
		for i := len(picks) - 1; i >= 0; i-- {
			if picks[i]++; picks[i] < len(choices[i].values) {
				break
			}
			picks[i] = 0
		}
	}
	return b.result(t)
}

// product multiplies, with the largest int64 for all that is larger.
func product(a, b uint64) uint64 {
	const most = 1<<63 - 1
	if high, low := bits.Mul64(a, b); high == 0 {
		return min(low, most)
	}
	return most
}

const (
	// tagLength is how much of a text a task's name shows, in UTF-16 units as
	// Digdag counts.
	tagLength = 8
	// maxName is how long a task's name may be.
	maxName = 255
)

// combination returns the name and the variables of the task for one pick of
// values. A name that would be too long shows numbers only.
func combination(choices []choice, picks []int) (string, params.Map) {
	var vars params.Map
	for i, c := range choices {
		vars = vars.Set(c.key, c.values[picks[i]])
	}
	name := combinationName(choices, picks, tagLength)
	if len(name) > maxName {
		name = combinationName(choices, picks, 0)
	}
	return name, vars
}

func combinationName(choices []choice, picks []int, length int) string {
	name := []byte("+for-")
	for i, c := range choices {
		if i > 0 {
			name = append(name, '&')
		}
		name = append(strconv.AppendInt(name, int64(i), 10), '=')
		name = append(appendTag(name, c.key, length), '=')
		name = append(strconv.AppendInt(name, int64(picks[i]), 10), '=')
		name = appendTag(name, params.Literal(c.values[picks[i]]), length)
	}
	return string(name)
}

// appendTag appends the start of a text in the form of a URL, where every
// character is one that a task's name can have.
func appendTag(dst []byte, text string, length int) []byte {
	const hex = "0123456789ABCDEF"
	for i, r := range text {
		if length -= utf16.RuneLen(r); length < 0 {
			text = text[:i]
			break
		}
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}
