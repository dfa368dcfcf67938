package template

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
)

// Values of templates are nil, bool, int64, *big.Int (only what does not fit an
// int64), float64, string, Tuple and the types below. Everything else came from
// outside.
type (
	list struct{ items []any }

	// dict keeps the order of its keys.
	dict struct {
		keys, values []any
		index        map[any]int // from hash to place
	}

	// view is what keys(), values() and items() of a dict return.
	view struct {
		name string
		of   *dict
	}

	// interval is what range() returns.
	interval struct{ start, stop, step int64 }

	// iterator gives each item once. It is what map, select and such return.
	iterator struct {
		name  string
		items []any
	}

	// undefined is what there is not.
	undefined struct {
		message string
		name    string // of the variable that is missing
		strict  bool
	}

	// method is a method of a value that was not called yet.
	method struct {
		of   any
		name string
		call func(s *state, a *arguments) (any, error)
	}

	// group is one of what groupby returns: a tuple with names.
	group struct{ key, list any }
)

// undefinedError reports that something undefined was used.
type undefinedError struct{ undefined }

func (e *undefinedError) Error() string { return e.message }

func (u undefined) fail() error { return &undefinedError{u} }

func newList(items []any) *list { return &list{items} }

// integer returns an int as a value.
func integer(i *big.Int) any {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}

// kindName names the type of a value as Python does.
func kindName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *list:
		return "list"
	case Tuple, group:
		return "tuple"
	case *dict:
		return "dict"
	case *view:
		return "dict_" + v.name
	case interval:
		return "range"
	case *iterator:
		return v.name
	case undefined:
		return "Undefined"
	case *method:
		return "builtin_function_or_method"
	case Func, builtin:
		return "function"
	case *macro:
		return "Macro"
	case *namespace:
		return "Namespace"
	case *module:
		return "TemplateModule"
	case *loop:
		return "LoopContext"
	case *cycler:
		return "Cycler"
	case *joiner:
		return "Joiner"
	}
	if named, ok := v.(Kind); ok {
		return named.Kind()
	}
	return "object" // of a type that only its maker knows
}

// truth tells what a value counts as in a condition.
func truth(v any) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	case float64:
		return v != 0, nil
	case undefined:
		if v.strict {
			return false, v.fail()
		}
		return false, nil
	}
	if n, ok := lengthOf(v); ok {
		return n > 0, nil
	}
	return true, nil
}

// lengthOf returns how many items a value has, if it can tell.
func lengthOf(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return runeCount(v), true
	case *list:
		return len(v.items), true
	case Tuple:
		return len(v), true
	case group:
		return 2, true
	case *dict:
		return len(v.keys), true
	case *view:
		return len(v.of.keys), true
	case interval:
		return v.len(), true
	case *loop:
		return len(v.items), true
	case Sequence:
		return len(v.Elements()), true
	}
	return 0, false
}

func (s *state) length(v any) (int, error) {
	if u, ok := v.(undefined); ok && !u.strict {
		return 0, nil
	} else if ok {
		return 0, u.fail()
	}
	if n, ok := lengthOf(v); ok {
		return n, nil
	}
	return 0, fmt.Errorf("object of type '%s' has no len()", kindName(v))
}

// len is never negative.
func (r interval) len() int {
	low, high, step := r.start, r.stop, r.step
	if step < 0 {
		low, high, step = high, low, -step
	}
	if low >= high {
		return 0
	}
	return int(min((uint64(high)-uint64(low)-1)/uint64(step), math.MaxInt64-1)) + 1
}

func (r interval) at(i int) any { return r.start + int64(i)*r.step }

// elements returns what a loop over the value runs through. The slice may be
// that of the value: it must not be changed. An iterator is empty afterwards.
func (s *state) elements(v any) ([]any, error) {
	switch v := v.(type) {
	case *list:
		return v.items, s.spend(len(v.items))
	case Tuple:
		return v, nil
	case group:
		return []any{v.key, v.list}, nil
	case string:
		return s.characters(v)
	case *dict:
		return v.keys, s.spend(len(v.keys))
	case *view:
		return s.viewed(v)
	case interval:
		return s.ranged(v)
	case *iterator:
		items := v.items
		v.items = nil
		return items, nil
	case undefined:
		if v.strict {
			return nil, v.fail()
		}
		return nil, nil
	case Sequence:
		return s.imported(v.Elements())
	}
	return nil, fmt.Errorf("'%s' object is not iterable", kindName(v))
}

func (s *state) characters(text string) ([]any, error) {
	if err := s.spend(len(text)); err != nil {
		return nil, err
	}
	items := make([]any, 0, len(text))
	for _, c := range text {
		items = append(items, string(c))
	}
	return items, nil
}

func (s *state) viewed(v *view) ([]any, error) {
	if err := s.spend(len(v.of.keys)); err != nil {
		return nil, err
	}
	switch v.name {
	case "keys":
		return v.of.keys, nil
	case "values":
		return v.of.values, nil
	}
	items := make([]any, len(v.of.keys))
	for i, k := range v.of.keys {
		items[i] = Tuple{k, v.of.values[i]}
	}
	return items, nil
}

func (s *state) ranged(r interval) ([]any, error) {
	n := r.len()
	if err := s.spend(n); err != nil {
		return nil, err
	}
	items := make([]any, n)
	for i := range items {
		items[i] = r.at(i)
	}
	return items, nil
}

// bigHash, noneHash and tupleHash keep hashes of different kinds apart.
type (
	bigHash   string
	noneHash  struct{}
	tupleHash string
)

// hash returns what equal keys of a dict have in common.
func (s *state) hash(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return noneHash{}, nil
	case string, int64:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<62 {
			return int64(v), nil
		}
		return v, nil
	case *big.Int:
		return bigHash(v.String()), nil
	case undefined:
		if v.strict {
			return nil, v.fail()
		}
		return v, nil
	case Tuple:
		return s.hashTuple(v)
	case *list, *dict, *view:
		return nil, fmt.Errorf("unhashable type: '%s'", kindName(v))
	}
	if !reflect.TypeOf(v).Comparable() {
		return nil, fmt.Errorf("unhashable type: '%s'", kindName(v))
	}
	return v, nil
}

func (s *state) hashTuple(t Tuple) (any, error) {
	text := ""
	for _, item := range t {
		h, err := s.hash(item)
		if err != nil {
			return nil, err
		}
		text += fmt.Sprintf("%T %#v,", h, h)
	}
	return tupleHash(text), s.spend(len(text))
}

// get returns the value of a key.
func (d *dict) get(hash any) (any, bool) {
	i, ok := d.index[hash]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

func (d *dict) set(hash, key, value any) {
	if i, ok := d.index[hash]; ok {
		d.values[i] = value
		return
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[hash] = len(d.keys)
	d.keys, d.values = append(d.keys, key), append(d.values, value)
}

func (d *dict) delete(hash any) {
	at := d.index[hash]
	delete(d.index, hash)
	for h, i := range d.index {
		if i > at {
			d.index[h] = i - 1
		}
	}
	d.keys = append(d.keys[:at:at], d.keys[at+1:]...)
	d.values = append(d.values[:at:at], d.values[at+1:]...)
}

// put is set for a key that is not hashed yet.
func (s *state) put(d *dict, key, value any) error {
	h, err := s.hash(key)
	if err != nil {
		return err
	}
	d.set(h, key, value)
	return s.spend(1)
}

var errEffort = errors.New("template takes too much: it repeats or builds more than is allowed")
