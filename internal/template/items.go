package template

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// attribute returns v.name: an attribute, or else an item.
func (s *state) attribute(v any, name string) (any, error) {
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	if a, ok := s.member(v, name); ok {
		return a, nil
	}
	item, ok, err := s.find(v, name)
	if err != nil || ok {
		return item, err
	}
	return s.undefined(fmt.Sprintf("%s has no attribute %s", repr(objectName(v)), repr(name)), ""), nil
}

// item returns v[key]: an item, or else an attribute.
func (s *state) item(v, key any) (any, error) {
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	item, ok, err := s.find(v, key)
	if err != nil || ok {
		return item, err
	}
	name, isText := key.(string)
	if !isText {
		var b strings.Builder
		err := s.writeRepr(&b, key)
		return s.undefined(objectName(v)+" has no element "+b.String(), ""), err
	}
	if a, ok := s.member(v, name); ok {
		return a, nil
	}
	return s.undefined(fmt.Sprintf("%s has no attribute %s", repr(objectName(v)), repr(name)), ""), nil
}

func objectName(v any) string {
	if v == nil {
		return "None"
	}
	return kindName(v) + " object"
}

// member returns an attribute that the type of the value gives it.
func (s *state) member(v any, name string) (any, bool) {
	switch v := v.(type) {
	case *macro:
		return macroItem(v, name)
	case *loop:
		return v.item(s, name)
	case *cycler:
		return v.item(name)
	case *module:
		a, ok := v.names[name]
		return a, ok
	case group:
		switch name {
		case "grouper":
			return v.key, true
		case "list":
			return v.list, true
		}
	}
	call := methodNamed(v, name)
	if call == nil {
		return nil, false
	}
	return &method{v, name, call}, true
}

// find returns the item of a key and whether there is one.
func (s *state) find(v, key any) (item any, ok bool, err error) {
	switch v := v.(type) {
	case *dict:
		hash, err := s.hash(key)
		if u, isUndefined := key.(undefined); isUndefined && u.strict {
			return nil, false, err
		}
		if err != nil {
			return nil, false, nil //nolint:nilerr // what can't be a key is none
		}
		item, ok = v.get(hash)
		return item, ok, nil
	case *namespace:
		if name, isText := key.(string); isText {
			item, ok = v.get(name)
		}
		return item, ok, nil
	case Attributes:
		if _, isMacro := key.(*macro); isMacro {
			return nil, false, nil
		}
		if item, ok = v.Item(key); !ok {
			return nil, false, nil
		}
		item, err = s.incoming(item)
		return item, err == nil, err
	}
	n, ok := toNumber(key)
	size, sized := lengthOf(v)
	if !ok || n.isFloat || n.large != nil || !sized {
		return nil, false, nil
	}
	i := n.small
	if i < 0 {
		i += int64(size)
	}
	if i < 0 || i >= int64(size) {
		return nil, false, nil
	}
	return s.at(v, int(i))
}

// at returns the i-th item of what has items in a row.
func (s *state) at(v any, i int) (any, bool, error) {
	switch v := v.(type) {
	case string:
		if len(v) == runeCount(v) {
			return v[i : i+1], true, nil
		}
		return string([]rune(v)[i]), true, s.spend(len(v))
	case *list:
		return v.items[i], true, nil
	case Tuple:
		return v[i], true, nil
	case group:
		return []any{v.key, v.list}[i], true, nil
	case interval:
		return v.at(i), true, nil
	}
	return nil, false, nil
}

// slice returns v[low:high:step], where any of them may be nil.
func (s *state) slice(v any, bounds [3]any) (any, error) {
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	size, _ := lengthOf(v)
	start, step, count, err := sliceBounds(size, bounds)
	if err != nil {
		return nil, err
	}
	var items []any
	switch v := v.(type) {
	case string:
		return s.sliceText(v, start, step, count)
	case *list:
		items = v.items
	case Tuple:
		items = v
	case group:
		items = []any{v.key, v.list}
	case interval:
		return interval{v.start + int64(start)*v.step, v.start + int64(start+count*step)*v.step, v.step * int64(step)}, nil
	default:
		return s.undefined(fmt.Sprintf("%s has no element slice(%s, %s, %s)", objectName(v), repr(bounds[0]), repr(bounds[1]), repr(bounds[2])), ""), nil
	}
	if err := s.spend(count); err != nil {
		return nil, err
	}
	out := make([]any, count)
	for i := range out {
		out[i] = items[start+i*step]
	}
	if _, ok := v.(*list); ok {
		return newList(out), nil
	}
	return Tuple(out), nil
}

func (s *state) sliceText(text string, start, step, count int) (any, error) {
	if err := s.spend(len(text)); err != nil {
		return nil, err
	}
	if step == 1 && len(text) == runeCount(text) {
		return text[start : start+count], nil
	}
	all := []rune(text)
	out := make([]rune, count)
	for i := range out {
		out[i] = all[start+i*step]
	}
	return string(out), nil
}

// sliceBounds returns the first index, the step and how many items there are.
func sliceBounds(size int, bounds [3]any) (start, step, count int, err error) {
	var given [3]bool
	var b [3]int
	for i, v := range bounds {
		if v == nil {
			continue
		}
		n, ok := toNumber(v)
		if u, isUndefined := v.(undefined); isUndefined {
			return 0, 0, 0, u.fail()
		}
		if !ok || n.isFloat {
			return 0, 0, 0, errors.New("slice indices must be integers or None or have an __index__ method")
		}
		limit := int64(math.MaxInt32)
		if n.large != nil {
			n.small = limit * int64(n.large.Sign())
		}
		given[i], b[i] = true, int(max(-limit, min(limit, n.small)))
	}
	if step = 1; given[2] {
		step = b[2]
	}
	if step == 0 {
		return 0, 0, 0, errors.New("slice step cannot be zero")
	}
	first, last := 0, size // the range of indices
	if step < 0 {
		first, last = -1, size-1
	}
	clip := func(i int, missing int) int {
		if !given[i] {
			return missing
		}
		if b[i] < 0 {
			b[i] += size
		}
		return max(first, min(last, b[i]))
	}
	low, high := clip(0, first), clip(1, last)
	if step < 0 {
		low, high = clip(0, last), clip(1, first)
		low, high = high, low
	}
	if low >= high {
		return 0, step, 0, nil
	}
	count = (high-low-1)/max(step, -step) + 1
	if step > 0 {
		return low, step, count, nil
	}
	return high, step, count, nil
}
