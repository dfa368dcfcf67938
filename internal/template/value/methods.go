package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// methodNamed returns a method that Python gives to a value, or nil.
func methodNamed(v any, name string) Builtin {
	switch v := v.(type) {
	case string:
		if m := textMethod(name); m != nil {
			return func(w *Work, a *Arguments) (any, error) {
				out, err := m(w, v, a)
				if err == nil {
					err = a.Done()
				}
				return out, err
			}
		}
	case *List:
		return listMethod(v, name)
	case Tuple:
		return tupleMethod(v, name)
	case *Dict:
		return dictMethod(v, name)
	case float64:
		if name == "is_integer" {
			return func(_ *Work, a *Arguments) (any, error) { return v == math.Trunc(v), a.None() }
		}
	case int64:
		if name == "bit_length" {
			return func(_ *Work, a *Arguments) (any, error) { return int64(big.NewInt(v).BitLen()), a.None() }
		}
	}
	return nil
}

func listMethod(l *List, name string) Builtin {
	switch name {
	case "append":
		return func(w *Work, a *Arguments) (any, error) {
			l.Items = append(l.Items[:len(l.Items):len(l.Items)], a.Need("object"))
			return nil, errors.Join(a.Done(), w.Spend(1))
		}
	case "extend":
		return func(w *Work, a *Arguments) (any, error) {
			items, err := w.Elements(a.Need("iterable"))
			if err := errors.Join(a.Done(), err); err != nil {
				return nil, err
			}
			l.Items = append(l.Items[:len(l.Items):len(l.Items)], items...)
			return nil, w.Spend(len(items))
		}
	case "insert":
		return func(w *Work, a *Arguments) (any, error) {
			at, v := a.Int("index"), a.Need("object")
			if at < 0 {
				at += len(l.Items)
			}
			l.Items = slices.Insert(slices.Clone(l.Items), max(0, min(at, len(l.Items))), v)
			return nil, errors.Join(a.Done(), w.Spend(len(l.Items)))
		}
	case "pop":
		return l.pop
	case "remove":
		return func(w *Work, a *Arguments) (any, error) {
			at, err := w.indexOf(l.Items, a.Need("value"))
			if err == nil && at < 0 {
				err = errors.New("list.remove(x): x not in list")
			}
			if err := errors.Join(a.Done(), err); err != nil {
				return nil, err
			}
			l.Items = slices.Delete(slices.Clone(l.Items), at, at+1)
			return nil, w.Spend(len(l.Items))
		}
	case "clear":
		return func(_ *Work, a *Arguments) (any, error) {
			l.Items = nil
			return nil, a.None()
		}
	case "copy":
		return func(w *Work, a *Arguments) (any, error) {
			return NewList(slices.Clone(l.Items)), errors.Join(a.None(), w.Spend(len(l.Items)))
		}
	case "reverse":
		return func(w *Work, a *Arguments) (any, error) {
			l.Items = slices.Clone(l.Items)
			slices.Reverse(l.Items)
			return nil, errors.Join(a.None(), w.Spend(len(l.Items)))
		}
	case "sort":
		return func(w *Work, a *Arguments) (any, error) {
			reverse, _ := a.TakeNamed("reverse")
			descending, err := Truth(reverse)
			if err := errors.Join(a.None(), err); err != nil {
				return nil, err
			}
			l.Items, err = w.Sorted(l.Items, l.Items, descending)
			return nil, err
		}
	}
	return tupleMethod(l.Items, name)
}

func (l *List) pop(w *Work, a *Arguments) (any, error) {
	at := a.OptInt("index", -1)
	if at < 0 {
		at += len(l.Items)
	}
	if err := a.Done(); err != nil {
		return nil, err
	}
	if len(l.Items) == 0 {
		return nil, errors.New("pop from empty list")
	}
	if at < 0 || at >= len(l.Items) {
		return nil, errors.New("pop index out of range")
	}
	v := l.Items[at]
	l.Items = slices.Delete(slices.Clone(l.Items), at, at+1)
	return v, w.Spend(len(l.Items))
}

// tupleMethod returns a method of what only can be read.
func tupleMethod(items []any, name string) Builtin {
	switch name {
	case "count":
		return func(w *Work, a *Arguments) (any, error) {
			v := a.Need("value")
			n := int64(0)
			for _, item := range items {
				ok, err := w.Equal(item, v)
				if err != nil {
					return nil, err
				}
				if ok {
					n++
				}
			}
			return n, a.Done()
		}
	case "index":
		return func(w *Work, a *Arguments) (any, error) {
			v := a.Need("value")
			at, err := w.indexOf(items, v)
			if err == nil && at < 0 {
				err = fmt.Errorf("%s is not in list", Repr(v))
			}
			return int64(at), errors.Join(a.Done(), err)
		}
	}
	return nil
}

// indexOf returns the place of an item, or -1.
func (w *Work) indexOf(items []any, v any) (int, error) {
	for i, item := range items {
		if ok, err := w.Equal(item, v); ok || err != nil {
			return i, err
		}
	}
	return -1, nil
}

func dictMethod(d *Dict, name string) Builtin {
	switch name {
	case "keys", "values", "items":
		return func(_ *Work, a *Arguments) (any, error) { return &View{name, d}, a.None() }
	case "get":
		return func(w *Work, a *Arguments) (any, error) {
			return w.getOr(d, a, func(_, _, _ any) error { return nil })
		}
	case "pop":
		return func(w *Work, a *Arguments) (any, error) {
			key := a.Need("key")
			missing, hasDefault := a.Take("default")
			hash, err := w.Hash(key)
			if err := errors.Join(a.Done(), err); err != nil {
				return nil, err
			}
			v, ok := d.get(hash)
			switch {
			case ok:
				d.delete(hash)
				return v, w.Spend(len(d.Keys))
			case hasDefault:
				return missing, nil
			}
			return nil, Saidf("KeyError: %s", Repr(key))
		}
	case "popitem":
		return func(w *Work, a *Arguments) (any, error) {
			n := len(d.Keys) - 1
			if n < 0 {
				return nil, errors.New("popitem(): dictionary is empty")
			}
			pair := Tuple{d.Keys[n], d.Values[n]}
			hash, err := w.Hash(d.Keys[n])
			if err := errors.Join(a.None(), err); err != nil {
				return nil, err
			}
			d.delete(hash)
			return pair, w.Spend(n)
		}
	case "setdefault":
		return func(w *Work, a *Arguments) (any, error) {
			return w.getOr(d, a, func(hash, key, missing any) error {
				d.Set(hash, key, missing)
				return w.Spend(1)
			})
		}
	case "update":
		return func(w *Work, a *Arguments) (any, error) { return nil, w.DictFrom(d, a) }
	case "copy":
		return func(w *Work, a *Arguments) (any, error) {
			c := new(Dict)
			return c, errors.Join(a.None(), w.update(c, d))
		}
	case "clear":
		return func(_ *Work, a *Arguments) (any, error) {
			*d = Dict{}
			return nil, a.None()
		}
	}
	return nil
}

// getOr returns the value of a key, or the default, which is passed to absent.
func (w *Work) getOr(d *Dict, a *Arguments, absent func(hash, key, missing any) error) (any, error) {
	key, missing := a.Need("key"), a.Opt("default", nil)
	hash, err := w.Hash(key)
	if err := errors.Join(a.Done(), err); err != nil {
		return nil, err
	}
	if v, ok := d.get(hash); ok {
		return v, nil
	}
	return missing, absent(hash, key, missing)
}
