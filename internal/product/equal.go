package product

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"

	"github.com/pawlhq/pawl/internal/params"
)

// Equal tells whether two values are equal for Python once both were written as
// JSON and read again: numbers by their value, whatever their kind, so that 1,
// 1.0 and true are the same; maps in any order of keys; NaN equals itself.
func Equal(a, b params.Value) bool {
	switch a := a.(type) {
	case params.Map:
		b, ok := b.(params.Map)
		return ok && equalMaps(a, b)
	case []params.Value:
		b, ok := b.([]params.Value)
		return ok && slices.EqualFunc(a, b, Equal)
	case string:
		b, ok := b.(string)
		return ok && a == b
	case nil:
		return b == nil
	}
	return equalNumbers(a, b)
}

func equalMaps(a, b params.Map) bool {
	if a.Len() != b.Len() {
		return false
	}
	for key, v := range a.All() {
		if other, ok := b.Get(key); !ok || !Equal(v, other) {
			return false
		}
	}
	return true
}

// equalNumbers compares numbers and booleans, and nothing else.
func equalNumbers(a, b params.Value) bool {
	i, isInt := small(a)
	k, areInts := small(b)
	f, isFloat := a.(float64)
	g, areFloats := b.(float64)
	switch {
	case isInt && areInts:
		return i == k
	case isFloat && areFloats:
		return f == g || math.IsNaN(f) && math.IsNaN(g)
	}
	x, y := exact(a), exact(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

// small returns the value of a boolean or of an integer that fits.
func small(v params.Value) (i int64, ok bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			i = 1
		}
		return i, true
	}
	return 0, false
}

// exact returns the value of a number, nil for all that is none or not an
// integer: only integers are compared with numbers of another kind.
func exact(v params.Value) *big.Int {
	switch v := v.(type) {
	case json.Number:
		n, _ := new(big.Int).SetString(string(v), 10)
		return n
	case float64:
		if math.IsInf(v, 0) || v != math.Trunc(v) {
			return nil
		}
		n, _ := big.NewFloat(v).Int(nil)
		return n
	}
	if i, ok := small(v); ok {
		return big.NewInt(i)
	}
	return nil
}
