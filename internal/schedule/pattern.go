package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// pattern is a cron pattern of five fields, each a set of bits. A wall clock
// matches if all of its fields do: day of the month and day of the week both
// count, unlike in Unix cron.
type pattern struct {
	minutes  uint64
	hours    uint64
	days     uint64 // of the month, bits 1 to 31 and lastDay
	months   uint64 // bits 1 to 12
	weekdays uint64 // Sunday is 0
}

// lastDay is the bit of the letter L among the days of the month.
const lastDay = 32

// field says what one field of a pattern may hold.
type field struct {
	name     string
	min, max int
	names    []string // of min and what follows it
	last     bool     // L stands for the last one
	again    int      // another number for min, if not 0
}

var fields = [5]field{
	{name: "minutes", max: 59},
	{name: "hours", max: 23},
	{name: "days of month", min: 1, max: 31, last: true},
	{name: "months", min: 1, max: 12,
		names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "days of week", max: 6, again: 7,
		names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// parsePatterns reads patterns joined by |, in the dialect of cron4j.
func parsePatterns(text string) ([]pattern, error) {
	var list []pattern
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' }) {
		p, err := parsePattern(part)
		if err != nil {
			return nil, fmt.Errorf("invalid cron pattern %q: %w", part, err)
		}
		list = append(list, p)
	}
	if list == nil {
		return nil, fmt.Errorf("invalid cron pattern %q: it is empty", text)
	}
	return list, nil
}

func parsePattern(text string) (pattern, error) {
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return pattern{}, fmt.Errorf("it must have 5 fields (minutes, hours, days of month, months, days of week), not %d", len(parts))
	}
	var sets [len(fields)]uint64
	for i, f := range fields {
		set, err := f.parse(parts[i])
		if err != nil {
			return pattern{}, fmt.Errorf("%s: %w", f.name, err)
		}
		sets[i] = set
	}
	// Sunday is 0 and 7.
	weekdays := sets[4]&0x7f | sets[4]>>7
	return pattern{sets[0], sets[1], sets[2], sets[3], weekdays}, nil
}

// parse reads a list of values, ranges and steps.
func (f field) parse(text string) (uint64, error) {
	var set uint64
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		values, err := f.item(item)
		if err != nil {
			return 0, err
		}
		for _, v := range values {
			set |= 1 << v
		}
	}
	if set == 0 {
		return 0, fmt.Errorf("%q has no values", text)
	}
	return set, nil
}

// item reads a value or a range, and takes every n-th of it if a step n
// follows.
func (f field) item(text string) ([]int, error) {
	body, stepText, stepped := strings.Cut(text, "/")
	values, err := f.values(body)
	if err != nil || !stepped {
		return values, err
	}
	step, err := strconv.ParseUint(stepText, 10, 31)
	if err != nil || step == 0 {
		return nil, fmt.Errorf("the step %q of %q is not a positive number", stepText, text)
	}
	var picked []int
	for i := uint64(0); i < uint64(len(values)); i += step {
		picked = append(picked, values[i])
	}
	return picked, nil
}

// values reads *, a value or a range. A range whose end is below its start
// goes on from the lowest value.
func (f field) values(text string) ([]int, error) {
	if text == "*" {
		return sequence(f.min, f.max), nil
	}
	fromText, toText, ranged := strings.Cut(text, "-")
	from, err := f.number(fromText)
	if err != nil {
		return nil, err
	}
	if !ranged {
		return []int{from}, nil
	}
	to, err := f.number(toText)
	if err != nil {
		return nil, err
	}
	switch {
	case f.last && from == lastDay:
		return nil, fmt.Errorf("the range %q must not start with L", text)
	case from <= to:
		return sequence(from, to), nil
	}
	return append(sequence(from, f.max), sequence(f.min, to)...), nil
}

func sequence(from, to int) []int {
	var list []int
	for v := from; v <= to; v++ {
		list = append(list, v)
	}
	return list
}

// number reads a number or a name.
func (f field) number(text string) (int, error) {
	if f.last && strings.EqualFold(text, "L") {
		return lastDay, nil
	}
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, nil
		}
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not a value", text)
	}
	if top := max(f.max, f.again); int(n) < f.min || int(n) > top {
		return 0, fmt.Errorf("%d is not between %d and %d", n, f.min, top)
	}
	return int(n), nil
}
