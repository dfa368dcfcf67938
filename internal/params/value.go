// Package params holds the values that flow through a workflow: JSON values
// whose maps keep the order of their keys, with the merge, path and coercion
// rules of workflow parameters.
//
// Values are immutable. A map is changed by making another one that shares
// nearly all of its memory, so that every point of a tree of tasks can have its
// own view of the parameters at the cost of what differs there.
//
// The package knows neither tasks nor templates (it only notes which values
// hold a '$'), does no I/O and imports nothing but the standard library.
package params

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Value is a JSON value: nil, bool, int64, float64 (finite), string, json.Number
// (only for integers that do not fit an int64), []Value or Map. A list must not
// be modified once it is part of a map or of another list. Functions that take a
// Value panic on other types, which only a missing call of From can cause.
type Value = any

// maxDepth bounds the nesting of values that come from outside.
const maxDepth = 1000

// From converts a Go value to a Value. It takes what Value lists, all integer
// and float types, []any, []string, []Map, map[string]any (keys sorted) and
// map[string]string, nested at will to a depth of 1000. Lists are copied. A
// float that is not finite, and any other type, is an error.
func From(v any) (Value, error) {
	return from(v, maxDepth)
}

func from(v any, depth int) (Value, error) {
	if depth < 0 {
		return nil, fmt.Errorf("value is nested deeper than %d levels", maxDepth)
	}
	switch v := v.(type) {
	case nil, bool, int64, string, Map:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a JSON number", v)
		}
		return v, nil
	case json.Number:
		return parseNumber(string(v))
	case []any:
		return fromList(v, depth)
	case []string:
		return fromList(v, depth)
	case []Map:
		return fromList(v, depth)
	case map[string]any:
		return fromMap(v, depth)
	case map[string]string:
		return fromMap(v, depth)
	}
	return fromNumeric(v)
}

func fromList[E any](list []E, depth int) (Value, error) {
	out := make([]Value, len(list))
	for i, e := range list {
		v, err := from(e, depth-1)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		out[i] = v
	}
	return out, nil
}

func fromMap[E any](m map[string]E, depth int) (Value, error) {
	b := newBuilder(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v, err := from(m[k], depth-1)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", k, err)
		}
		b.add(k, v)
	}
	return b.build(), nil
}

// fromNumeric converts the number types that are rare enough for reflection.
func fromNumeric(v any) (Value, error) {
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint():
		return parseNumber(strconv.FormatUint(r.Uint(), 10))
	case r.CanFloat():
		return from(r.Float(), 0)
	}
	return nil, fmt.Errorf("%T is not a JSON value", v)
}

// Equal tells whether two values are the same. The order of keys does not
// count; the kinds of numbers do: 1 and 1.0 differ.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case Map:
		b, ok := b.(Map)
		return ok && a.Equal(b)
	case []Value:
		b, ok := b.([]Value)
		return ok && slices.EqualFunc(a, b, Equal)
	}
	switch b.(type) {
	case Map, []Value:
		return false
	}
	return a == b
}

// TemplatedValue tells whether v is, or holds at any depth, a string with a
// '$'; keys do not count. It takes constant time for maps.
func TemplatedValue(v Value) bool {
	switch v := v.(type) {
	case nil, bool, int64, float64, json.Number:
		return false
	case string:
		return strings.IndexByte(v, '$') >= 0
	case Map:
		return v.Templated()
	case []Value:
		templated := false
		for _, e := range v {
			if TemplatedValue(e) {
				templated = true
			}
		}
		return templated
	}
	panic(foreign(v))
}

func foreign(v any) string {
	return fmt.Sprintf("params: %T is not a Value; convert it with From", v)
}
