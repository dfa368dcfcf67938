package template

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// methodFunc is a method whose value is known.
type methodFunc = func(s *state, a *arguments) (any, error)

// methodNamed returns a method that Python gives to a value, or nil.
func methodNamed(v any, name string) methodFunc {
	switch v := v.(type) {
	case string:
		if m := textMethod(name); m != nil {
			return func(s *state, a *arguments) (any, error) {
				out, err := m(s, v, a)
				if err == nil {
					err = a.done()
				}
				return out, err
			}
		}
	case *list:
		return listMethod(v, name)
	case Tuple:
		return tupleMethod(v, name)
	case *dict:
		return dictMethod(v, name)
	case float64:
		if name == "is_integer" {
			return func(_ *state, a *arguments) (any, error) { return v == math.Trunc(v), a.none() }
		}
	case int64:
		if name == "bit_length" {
			return func(_ *state, a *arguments) (any, error) { return int64(big.NewInt(v).BitLen()), a.none() }
		}
	}
	return nil
}

func listMethod(l *list, name string) methodFunc {
	switch name {
	case "append":
		return func(s *state, a *arguments) (any, error) {
			l.items = append(l.items[:len(l.items):len(l.items)], a.need("object"))
			return nil, errors.Join(a.done(), s.spend(1))
		}
	case "extend":
		return func(s *state, a *arguments) (any, error) {
			items, err := s.elements(a.need("iterable"))
			if err := errors.Join(a.done(), err); err != nil {
				return nil, err
			}
			l.items = append(l.items[:len(l.items):len(l.items)], items...)
			return nil, s.spend(len(items))
		}
	case "insert":
		return func(s *state, a *arguments) (any, error) {
			at, v := a.int("index"), a.need("object")
			if at < 0 {
				at += len(l.items)
			}
			l.items = slices.Insert(slices.Clone(l.items), max(0, min(at, len(l.items))), v)
			return nil, errors.Join(a.done(), s.spend(len(l.items)))
		}
	case "pop":
		return l.pop
	case "remove":
		return func(s *state, a *arguments) (any, error) {
			at, err := s.indexOf(l.items, a.need("value"))
			if err == nil && at < 0 {
				err = errors.New("list.remove(x): x not in list")
			}
			if err := errors.Join(a.done(), err); err != nil {
				return nil, err
			}
			l.items = slices.Delete(slices.Clone(l.items), at, at+1)
			return nil, s.spend(len(l.items))
		}
	case "clear":
		return func(_ *state, a *arguments) (any, error) {
			l.items = nil
			return nil, a.none()
		}
	case "copy":
		return func(s *state, a *arguments) (any, error) {
			return newList(slices.Clone(l.items)), errors.Join(a.none(), s.spend(len(l.items)))
		}
	case "reverse":
		return func(s *state, a *arguments) (any, error) {
			l.items = slices.Clone(l.items)
			slices.Reverse(l.items)
			return nil, errors.Join(a.none(), s.spend(len(l.items)))
		}
	case "sort":
		return func(s *state, a *arguments) (any, error) {
			reverse, _ := a.takeNamed("reverse")
			descending, err := truth(reverse)
			if err := errors.Join(a.none(), err); err != nil {
				return nil, err
			}
			l.items, err = s.sorted(l.items, l.items, descending)
			return nil, err
		}
	}
	return tupleMethod(l.items, name)
}

func (l *list) pop(s *state, a *arguments) (any, error) {
	at := a.optInt("index", -1)
	if at < 0 {
		at += len(l.items)
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	if len(l.items) == 0 {
		return nil, errors.New("pop from empty list")
	}
	if at < 0 || at >= len(l.items) {
		return nil, errors.New("pop index out of range")
	}
	v := l.items[at]
	l.items = slices.Delete(slices.Clone(l.items), at, at+1)
	return v, s.spend(len(l.items))
}

// tupleMethod returns a method of what only can be read.
func tupleMethod(items []any, name string) methodFunc {
	switch name {
	case "count":
		return func(s *state, a *arguments) (any, error) {
			v := a.need("value")
			n := int64(0)
			for _, item := range items {
				ok, err := s.equal(item, v)
				if err != nil {
					return nil, err
				}
				if ok {
					n++
				}
			}
			return n, a.done()
		}
	case "index":
		return func(s *state, a *arguments) (any, error) {
			v := a.need("value")
			at, err := s.indexOf(items, v)
			if err == nil && at < 0 {
				err = fmt.Errorf("%s is not in list", repr(v))
			}
			return int64(at), errors.Join(a.done(), err)
		}
	}
	return nil
}

// indexOf returns the place of an item, or -1.
func (s *state) indexOf(items []any, v any) (int, error) {
	for i, item := range items {
		if ok, err := s.equal(item, v); ok || err != nil {
			return i, err
		}
	}
	return -1, nil
}

func dictMethod(d *dict, name string) methodFunc {
	switch name {
	case "keys", "values", "items":
		return func(_ *state, a *arguments) (any, error) { return &view{name, d}, a.none() }
	case "get":
		return func(s *state, a *arguments) (any, error) {
			key, missing := a.need("key"), a.opt("default", nil)
			hash, err := s.hash(key)
			if err := errors.Join(a.done(), err); err != nil {
				return nil, err
			}
			if v, ok := d.get(hash); ok {
				return v, nil
			}
			return missing, nil
		}
	case "pop":
		return func(s *state, a *arguments) (any, error) {
			key := a.need("key")
			missing, hasDefault := a.take("default")
			hash, err := s.hash(key)
			if err := errors.Join(a.done(), err); err != nil {
				return nil, err
			}
			v, ok := d.get(hash)
			switch {
			case ok:
				d.delete(hash)
				return v, s.spend(len(d.keys))
			case hasDefault:
				return missing, nil
			}
			return nil, saidf("KeyError: %s", repr(key))
		}
	case "popitem":
		return func(s *state, a *arguments) (any, error) {
			n := len(d.keys) - 1
			if n < 0 {
				return nil, errors.New("popitem(): dictionary is empty")
			}
			pair := Tuple{d.keys[n], d.values[n]}
			hash, err := s.hash(d.keys[n])
			if err := errors.Join(a.none(), err); err != nil {
				return nil, err
			}
			d.delete(hash)
			return pair, s.spend(n)
		}
	case "setdefault":
		return func(s *state, a *arguments) (any, error) {
			key, missing := a.need("key"), a.opt("default", nil)
			hash, err := s.hash(key)
			if err := errors.Join(a.done(), err); err != nil {
				return nil, err
			}
			if v, ok := d.get(hash); ok {
				return v, nil
			}
			d.set(hash, key, missing)
			return missing, s.spend(1)
		}
	case "update":
		return func(s *state, a *arguments) (any, error) { return nil, s.dictFrom(d, a) }
	case "copy":
		return func(s *state, a *arguments) (any, error) {
			c := new(dict)
			return c, errors.Join(a.none(), s.update(c, d))
		}
	case "clear":
		return func(_ *state, a *arguments) (any, error) {
			*d = dict{}
			return nil, a.none()
		}
	}
	return nil
}
