package template

import (
	"fmt"
	"math/big"
	"reflect"
	"sort"
	"strings"
)

// equal tells what a == b does.
func (s *state) equal(a, b any) (bool, error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	if err := s.spend(evalEffort); err != nil {
		return false, err
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(undefined); ok && u.strict {
			return false, u.fail()
		}
	}
	x, xok := toNumber(a)
	y, yok := toNumber(b)
	if xok || yok {
		return xok && yok && compareNumbers(x, y) == 0, nil
	}
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case string:
		y, ok := b.(string)
		return ok && x == y, nil
	case undefined:
		_, ok := b.(undefined)
		return ok, nil
	case *list:
		y, ok := b.(*list)
		return s.equalItems(x.items, y.itemsOrNil(), ok)
	case Tuple, group:
		return s.equalTuples(x, b)
	case *dict:
		y, ok := b.(*dict)
		if !ok || len(x.keys) != len(y.keys) {
			return false, nil
		}
		return s.equalDicts(x, y)
	case interval:
		y, ok := b.(interval)
		n := x.len()
		return ok && n == y.len() && (n == 0 || x.start == y.start && (n == 1 || x.step == y.step)), nil
	}
	return same(a, b), nil
}

func (l *list) itemsOrNil() []any {
	if l == nil {
		return nil
	}
	return l.items
}

// asTuple returns the items of a tuple.
func asTuple(v any) (Tuple, bool) {
	switch v := v.(type) {
	case Tuple:
		return v, true
	case group:
		return Tuple{v.key, v.list}, true
	}
	return nil, false
}

func (s *state) equalTuples(a, b any) (bool, error) {
	x, _ := asTuple(a)
	y, ok := asTuple(b)
	return s.equalItems(x, y, ok)
}

func (s *state) equalItems(a, b []any, comparable bool) (bool, error) {
	if !comparable || len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if ok, err := s.equal(a[i], b[i]); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *state) equalDicts(a, b *dict) (bool, error) {
	for hash, i := range a.index {
		v, ok := b.get(hash)
		if !ok {
			return false, nil
		}
		if ok, err := s.equal(a.values[i], v); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// same tells whether two values are one.
func same(a, b any) bool {
	if a == nil || b == nil {
		return a == b
	}
	ta, tb := reflect.TypeOf(a), reflect.TypeOf(b)
	return ta == tb && ta.Comparable() && a == b
}

func compareNumbers(x, y number) int {
	switch {
	case !x.isFloat && !y.isFloat:
		if x.large == nil && y.large == nil {
			return compareOrdered(x.small, y.small)
		}
		return x.big().Cmp(y.big())
	case x.isFloat && y.isFloat:
		return compareOrdered(x.float, y.float)
	}
	if x.isFloat {
		return -compareNumbers(y, x)
	}
	if f := y.float; f != f || f > 1e308 || f < -1e308 {
		return compareOrdered(0, f)
	}
	exact, _ := new(big.Float).SetFloat64(y.float).Rat(nil)
	return new(big.Rat).SetInt(x.big()).Cmp(exact)
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
func (s *state) compare(op string, a, b any) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	if err := s.spend(evalEffort); err != nil {
		return 0, err
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(undefined); ok {
			return 0, u.fail()
		}
	}
	x, xok := toNumber(a)
	y, yok := toNumber(b)
	if xok && yok {
		return compareNumbers(x, y), nil
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case *list:
		if y, ok := b.(*list); ok {
			return s.compareItems(op, x.items, y.items)
		}
	case Tuple, group:
		if y, ok := asTuple(b); ok {
			x, _ := asTuple(x)
			return s.compareItems(op, x, y)
		}
	}
	return 0, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", op, kindName(a), kindName(b))
}

func (s *state) compareItems(op string, a, b []any) (int, error) {
	for i := range min(len(a), len(b)) {
		if ok, err := s.equal(a[i], b[i]); err != nil {
			return 0, err
		} else if !ok {
			return s.compare(op, a[i], b[i])
		}
	}
	return compareOrdered(int64(len(a)), int64(len(b))), nil
}

// compareOp tells what "a op b" does.
func (s *state) compareOp(op string, a, b any) (bool, error) {
	switch op {
	case "==":
		return s.equal(a, b)
	case "!=":
		ok, err := s.equal(a, b)
		return !ok && err == nil, err
	case "in":
		return s.contains(b, a)
	case "not in":
		ok, err := s.contains(b, a)
		return !ok && err == nil, err
	}
	c, err := s.compare(op, a, b)
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
func (s *state) contains(of, v any) (bool, error) {
	switch of := of.(type) {
	case string:
		part, ok := v.(string)
		if u, is := v.(undefined); is && u.strict {
			return false, u.fail()
		}
		if !ok {
			return false, fmt.Errorf("'in <string>' requires string as left operand, not %s", kindName(v))
		}
		return strings.Contains(of, part), s.spend(len(of))
	case *dict:
		hash, err := s.hash(v)
		if err != nil {
			return false, err
		}
		_, ok := of.get(hash)
		return ok, nil
	case interval:
		n, ok := toNumber(v)
		if !ok || n.isFloat || n.large != nil || of.len() == 0 {
			return false, nil
		}
		last := of.start + int64(of.len()-1)*of.step
		return n.small >= min(of.start, last) && n.small <= max(of.start, last) && (n.small-of.start)%of.step == 0, nil
	case Attributes:
		if _, ok := of.(Sequence); !ok {
			_, found := of.Item(v)
			return found, nil
		}
	}
	items, err := s.elements(of)
	if err != nil {
		if _, ok := of.(undefined); !ok {
			err = fmt.Errorf("argument of type '%s' is not iterable", kindName(of))
		}
		return false, err
	}
	for _, item := range items {
		if same(item, v) {
			return true, nil
		}
		if ok, err := s.equal(item, v); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// sorted returns the items in the order of their keys, which is stable.
func (s *state) sorted(items, keys []any, reverse bool) ([]any, error) {
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
		c, err := s.compare("<", keys[a], keys[b])
		failed = err
		return c == -1
	})
	out := make([]any, len(items))
	for i, at := range order {
		out[i] = items[at]
	}
	return out, failed
}
