package value

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Attribute returns v.name: an attribute, or else an item.
func (w *Work) Attribute(v any, name string) (any, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.Fail()
	}
	if a, ok := w.Member(v, name); ok {
		return a, nil
	}
	item, ok, err := w.Find(v, name)
	if err != nil || ok {
		return item, err
	}
	return w.Undefined(fmt.Sprintf("%s has no attribute %s", Repr(ObjectName(v)), Repr(name)), ""), nil
}

// Item returns v[key]: an item, or else an attribute.
func (w *Work) Item(v, key any) (any, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.Fail()
	}
	item, ok, err := w.Find(v, key)
	if err != nil || ok {
		return item, err
	}
	name, isText := key.(string)
	if !isText {
		var b strings.Builder
		err := w.writeRepr(&b, key)
		return w.Undefined(ObjectName(v)+" has no element "+b.String(), ""), err
	}
	if a, ok := w.Member(v, name); ok {
		return a, nil
	}
	return w.Undefined(fmt.Sprintf("%s has no attribute %s", Repr(ObjectName(v)), Repr(name)), ""), nil
}

// ObjectName names a value in messages about what it lacks.
func ObjectName(v any) string {
	if v == nil {
		return "None"
	}
	return KindName(v) + " object"
}

// Member returns an attribute that the type of the value gives it.
func (w *Work) Member(v any, name string) (any, bool) {
	switch v := v.(type) {
	case Object:
		return v.Member(w, name)
	case Group:
		switch name {
		case "grouper":
			return v.Key, true
		case "list":
			return v.List, true
		}
	}
	call := methodNamed(v, name)
	if call == nil {
		return nil, false
	}
	return NewMethod(v, name, call), true
}

// Find returns the item of a key and whether there is one.
func (w *Work) Find(v, key any) (item any, ok bool, err error) {
	switch v := v.(type) {
	case *Dict:
		hash, err := w.Hash(key)
		if u, isUndefined := key.(Undefined); isUndefined && u.Strict {
			return nil, false, err
		}
		if err != nil {
			return nil, false, nil //nolint:nilerr // what can't be a key is none
		}
		item, ok = v.get(hash)
		return item, ok, nil
	case *Namespace:
		if name, isText := key.(string); isText {
			item, ok = v.get(name)
		}
		return item, ok, nil
	case Attributes:
		if _, isObject := key.(Object); isObject {
			return nil, false, nil
		}
		if item, ok = v.Item(key); !ok {
			return nil, false, nil
		}
		item, err = w.Incoming(item)
		return item, err == nil, err
	}
	n, ok := ToNumber(key)
	size, sized := lengthOf(v)
	if !ok || n.IsFloat || n.large != nil || !sized {
		return nil, false, nil
	}
	i := n.small
	if i < 0 {
		i += int64(size)
	}
	if i < 0 || i >= int64(size) {
		return nil, false, nil
	}
	return w.at(v, int(i))
}

// at returns the i-th item of what has items in a row.
func (w *Work) at(v any, i int) (any, bool, error) {
	switch v := v.(type) {
	case string:
		if len(v) == RuneCount(v) {
			return v[i : i+1], true, nil
		}
		return string([]rune(v)[i]), true, w.Spend(len(v))
	case *List:
		return v.Items[i], true, nil
	case Tuple:
		return v[i], true, nil
	case Group:
		return []any{v.Key, v.List}[i], true, nil
	case Interval:
		return v.At(i), true, nil
	}
	return nil, false, nil
}

// Slice returns v[low:high:step], where any of them may be nil.
func (w *Work) Slice(v any, bounds [3]any) (any, error) {
	if u, ok := v.(Undefined); ok {
		return nil, u.Fail()
	}
	size, _ := lengthOf(v)
	start, step, count, err := sliceBounds(size, bounds)
	if err != nil {
		return nil, err
	}
	var items []any
	switch v := v.(type) {
	case string:
		return w.sliceText(v, start, step, count)
	case *List:
		items = v.Items
	case Tuple:
		items = v
	case Group:
		items = []any{v.Key, v.List}
	case Interval:
		return Interval{v.Start + int64(start)*v.Step, v.Start + int64(start+count*step)*v.Step, v.Step * int64(step)}, nil
	default:
		return w.Undefined(fmt.Sprintf("%s has no element slice(%s, %s, %s)", ObjectName(v), Repr(bounds[0]), Repr(bounds[1]), Repr(bounds[2])), ""), nil
	}
	if err := w.Spend(count); err != nil {
		return nil, err
	}
	out := make([]any, count)
	for i := range out {
		out[i] = items[start+i*step]
	}
	if _, ok := v.(*List); ok {
		return NewList(out), nil
	}
	return Tuple(out), nil
}

func (w *Work) sliceText(text string, start, step, count int) (any, error) {
	if err := w.Spend(len(text)); err != nil {
		return nil, err
	}
	if step == 1 && len(text) == RuneCount(text) {
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
		n, ok := ToNumber(v)
		if u, isUndefined := v.(Undefined); isUndefined {
			return 0, 0, 0, u.Fail()
		}
		if !ok || n.IsFloat {
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
