package expr

import (
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/expr/moment"
	"github.com/pawlhq/pawl/internal/params"
)

// writer writes values as the text of expressions and as JSON.stringify does,
// except that integers keep all their digits unless it is to round them to what
// JavaScript can tell apart.
type writer struct{ round bool }

// append appends the text of a value: nothing for null and undefined, strings
// as they are, all else as JSON. It reports false for a value whose text it does
// not know.
func (w writer) append(dst []byte, v moment.Value) ([]byte, bool) {
	switch v := v.(type) {
	case nil, moment.Undefined:
		return dst, true
	case string:
		return append(dst, v...), true
	}
	return w.json(dst, v)
}

func (w writer) json(dst []byte, v moment.Value) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), true
	case bool:
		return strconv.AppendBool(dst, v), true
	case int64:
		if w.round {
			return js.AppendNumber(dst, float64(v)), true
		}
		return strconv.AppendInt(dst, v, 10), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(dst, "null"...), true
		}
		return js.AppendNumber(dst, v), true
	case json.Number:
		if w.round {
			n, _ := number(v)
			return w.json(dst, n)
		}
		return append(dst, v...), true
	case string:
		return params.AppendJSON(dst, v), representable(v)
	case []params.Value:
		return w.list(dst, v)
	case params.Map:
		return w.object(dst, v)
	case *moment.Moment:
		return w.result(dst, v, moment.Method)
	case *moment.Duration:
		return w.result(dst, v, moment.DurationMethod)
	case moment.Date:
		if math.IsNaN(float64(v)) {
			return append(dst, "null"...), true
		}
		return params.AppendJSON(dst, js.ISO(float64(v))), true
	}
	return dst, false
}

// result appends what an object's toJSON returns.
func (w writer) result(dst []byte, v moment.Value, methods func(string) (moment.Func, bool)) ([]byte, bool) {
	toJSON, ok := methods("toJSON")
	if !ok {
		return dst, false
	}
	text, err := toJSON(v)
	if err != nil {
		return dst, false
	}
	return w.json(dst, text)
}

func (w writer) list(dst []byte, list []params.Value) ([]byte, bool) {
	dst = append(dst, '[')
	var ok bool
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, ok = w.json(dst, e); !ok {
			return dst, false
		}
	}
	return append(dst, ']'), true
}

func (w writer) object(dst []byte, m params.Map) ([]byte, bool) {
	dst = append(dst, '{')
	start := len(dst)
	var ok bool
	for k, v := range inOrder(m) {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(params.AppendJSON(dst, k), ':')
		if dst, ok = w.json(dst, v); !ok {
			return dst, false
		}
	}
	return append(dst, '}'), true
}

// inOrder iterates over a map as JavaScript does: keys that are indexes of a
// list come first, by number.
func inOrder(m params.Map) iter.Seq2[string, params.Value] {
	var indexes []uint32
	for k := range m.Keys() {
		if i, ok := arrayIndex(k); ok {
			indexes = append(indexes, i)
		}
	}
	if len(indexes) == 0 {
		return m.All()
	}
	slices.Sort(indexes)
	return func(yield func(string, params.Value) bool) {
		for _, i := range indexes {
			k := strconv.FormatUint(uint64(i), 10)
			if v, _ := m.Get(k); !yield(k, v) {
				return
			}
		}
		for k, v := range m.All() {
			if _, ok := arrayIndex(k); !ok && !yield(k, v) {
				return
			}
		}
	}
}

// hasBig tells whether a value is or holds an integer that JavaScript cannot
// tell from its neighbours.
func hasBig(v params.Value) bool {
	switch v := v.(type) {
	case int64:
		return v > js.MaxSafeInteger || v < -js.MaxSafeInteger
	case json.Number:
		return true
	case []params.Value:
		return slices.ContainsFunc(v, hasBig)
	case params.Map:
		for _, e := range v.All() {
			if hasBig(e) {
				return true
			}
		}
	}
	return false
}
