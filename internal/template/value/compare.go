package value

import (
	"fmt"
	"math/big"
	"reflect"
	"sort"
	"strings"
)

// Equal tells what a == b does.
func (w *Work) Equal(a, b any) (bool, error) {
	if err := w.Enter(); err != nil {
		return false, err
	}
	defer w.Leave()
	if err := w.Spend(stepEffort); err != nil {
		return false, err
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(Undefined); ok && u.Strict {
			return false, u.Fail()
		}
	}
	x, xok := ToNumber(a)
	y, yok := ToNumber(b)
	if xok || yok {
		return xok && yok && compareNumbers(x, y) == 0, nil
	}
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case string:
		y, ok := b.(string)
		return ok && x == y, nil
	case Undefined:
		_, ok := b.(Undefined)
		return ok, nil
	case *List:
		y, ok := b.(*List)
		return w.EqualItems(x.Items, y.itemsOrNil(), ok)
	case Tuple, Group:
		return w.equalTuples(x, b)
	case *Dict:
		y, ok := b.(*Dict)
		if !ok || len(x.Keys) != len(y.Keys) {
			return false, nil
		}
		return w.equalDicts(x, y)
	case Interval:
		y, ok := b.(Interval)
		n := x.Len()
		return ok && n == y.Len() && (n == 0 || x.Start == y.Start && (n == 1 || x.Step == y.Step)), nil
	}
	return Same(a, b), nil
}

func (l *List) itemsOrNil() []any {
	if l == nil {
		return nil
	}
	return l.Items
}

// asTuple returns the items of a tuple.
func asTuple(v any) (Tuple, bool) {
	switch v := v.(type) {
	case Tuple:
		return v, true
	case Group:
		return Tuple{v.Key, v.List}, true
	}
	return nil, false
}

func (w *Work) equalTuples(a, b any) (bool, error) {
	x, _ := asTuple(a)
	y, ok := asTuple(b)
	return w.EqualItems(x, y, ok)
}

// EqualItems compares two lists.
func (w *Work) EqualItems(a, b []any, comparable bool) (bool, error) {
	if !comparable || len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if ok, err := w.Equal(a[i], b[i]); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (w *Work) equalDicts(a, b *Dict) (bool, error) {
	for hash, i := range a.index {
		v, ok := b.get(hash)
		if !ok {
			return false, nil
		}
		if ok, err := w.Equal(a.Values[i], v); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Same tells whether two values are one.
func Same(a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	ta, tb := reflect.TypeOf(a), reflect.TypeOf(b)
	return ta == tb && ta.Comparable() && a == b
}

func compareNumbers(x, y Number) int {
	switch {
	case !x.IsFloat && !y.IsFloat:
		if x.large == nil && y.large == nil {
			return compareOrdered(x.small, y.small)
		}
		return x.Big().Cmp(y.Big())
	case x.IsFloat && y.IsFloat:
		return compareOrdered(x.Float, y.Float)
	}
	if x.IsFloat {
		return -compareNumbers(y, x)
	}
	if f := y.Float; f != f || f > 1e308 || f < -1e308 {
		return compareOrdered(0, f)
	}
	exact, _ := new(big.Float).SetFloat64(y.Float).Rat(nil)
	return new(big.Rat).SetInt(x.Big()).Cmp(exact)
}

// incomparable is the result for nan: neither less, nor equal, nor greater.
const incomparable = 2

func compareOrdered[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return incomparable
}

// compare returns -1, 0 or 1, or incomparable; op is for the message.
func (w *Work) compare(op string, a, b any) (int, error) {
	if err := w.Enter(); err != nil {
		return 0, err
	}
	defer w.Leave()
	if err := w.Spend(stepEffort); err != nil {
		return 0, err
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(Undefined); ok {
			return 0, u.Fail()
		}
	}
	x, xok := ToNumber(a)
	y, yok := ToNumber(b)
	if xok && yok {
		return compareNumbers(x, y), nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case *List:
		if y, ok := b.(*List); ok {
			return w.compareItems(op, x.Items, y.Items)
		}
	case Tuple, Group:
		if y, ok := asTuple(b); ok {
			x, _ := asTuple(x)
			return w.compareItems(op, x, y)
		}
	}
	return 0, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", op, KindName(a), KindName(b))
}

func (w *Work) compareItems(op string, a, b []any) (int, error) {
	for i := range min(len(a), len(b)) {
		if ok, err := w.Equal(a[i], b[i]); err != nil {
			return 0, err
		} else if !ok {
			return w.compare(op, a[i], b[i])
		}
	}
	return compareOrdered(int64(len(a)), int64(len(b))), nil
}

// CompareOp tells what "a op b" does.
func (w *Work) CompareOp(op string, a, b any) (bool, error) {
	switch op {
	case "==":
		return w.Equal(a, b)
	case "!=":
		ok, err := w.Equal(a, b)
		return !ok && err == nil, err
	case "in":
		return w.contains(b, a)
	case "not in":
		ok, err := w.contains(b, a)
		return !ok && err == nil, err
	}
	c, err := w.compare(op, a, b)
	if err != nil || c == incomparable || c == -incomparable {
		return false, err
	}
	switch op {
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

// contains tells what "v in of" does.
func (w *Work) contains(of, v any) (bool, error) {
	switch of := of.(type) {
	case string:
		part, ok := v.(string)
		if u, is := v.(Undefined); is && u.Strict {
			return false, u.Fail()
		}
		if !ok {
			return false, fmt.Errorf("'in <string>' requires string as left operand, not %s", KindName(v))
		}
		return strings.Contains(of, part), w.Spend(len(of))
	case *Dict:
		hash, err := w.Hash(v)
		if err != nil {
			return false, err
		}
		_, ok := of.get(hash)
		return ok, nil
	case Interval:
		n, ok := ToNumber(v)
		if !ok || n.IsFloat || n.large != nil || of.Len() == 0 {
			return false, nil
		}
		last := of.Start + int64(of.Len()-1)*of.Step
		return n.small >= min(of.Start, last) && n.small <= max(of.Start, last) && (n.small-of.Start)%of.Step == 0, nil
	case Attributes:
		if _, ok := of.(Sequence); !ok {
			_, found := of.Item(v)
			return found, nil
		}
	}
	items, err := w.Elements(of)
	if err != nil {
		if _, ok := of.(Undefined); !ok {
			err = fmt.Errorf("argument of type '%s' is not iterable", KindName(of))
		}
		return false, err
	}
	for _, item := range items {
		if Same(item, v) {
			return true, nil
		}
		if ok, err := w.Equal(item, v); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// Sorted returns the items in the order of their keys, which is stable.
func (w *Work) Sorted(items, keys []any, reverse bool) ([]any, error) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	var failed error
	sort.SliceStable(order, func(i, j int) bool {
		if failed != nil {
			return false
		}
		a, b := order[i], order[j]
		if reverse {
			a, b = b, a
		}
		c, err := w.compare("<", keys[a], keys[b])
		failed = err
		return c == -1
	})
	out := make([]any, len(items))
	for i, at := range order {
		out[i] = items[at]
	}
	return out, failed
}
