package value

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
)

// Dict keeps the order of its keys.
type Dict struct {
	Keys, Values []any
	index        map[any]int // from hash to place
}

// Namespace is a dict whose items {% set %} changes.
type Namespace struct{ Dict }

// bigHash, noneHash and tupleHash keep hashes of different kinds apart.
type (
	bigHash   string
	noneHash  struct{}
	tupleHash string
)

// Hash returns what equal keys of a dict have in common.
func (w *Work) Hash(v any) (any, error) {
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
	case Undefined:
		if v.Strict {
			return nil, v.Fail()
		}
		return v, nil
	case Tuple:
		return w.hashTuple(v)
	case *List, *Dict, *View:
		return nil, fmt.Errorf("unhashable type: '%s'", KindName(v))
	}
	if !reflect.TypeOf(v).Comparable() {
		return nil, fmt.Errorf("unhashable type: '%s'", KindName(v))
	}
	return v, nil
}

func (w *Work) hashTuple(t Tuple) (any, error) {
	text := ""
	for _, item := range t {
		h, err := w.Hash(item)
		if err != nil {
			return nil, err
		}
		text += fmt.Sprintf("%T %#v,", h, h)
	}
	return tupleHash(text), w.Spend(len(text))
}

// get returns the value of a key.
func (d *Dict) get(hash any) (any, bool) {
	i, ok := d.index[hash]
	if !ok {
		return nil, false
	}
	return d.Values[i], true
}

// Set sets the value of a key whose hash is known.
func (d *Dict) Set(hash, key, value any) {
	if i, ok := d.index[hash]; ok {
		d.Values[i] = value
		return
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[hash] = len(d.Keys)
	d.Keys, d.Values = append(d.Keys, key), append(d.Values, value)
}

func (d *Dict) delete(hash any) {
	at := d.index[hash]
	delete(d.index, hash)
	for h, i := range d.index {
		if i > at {
			d.index[h] = i - 1
		}
	}
	d.Keys = append(d.Keys[:at:at], d.Keys[at+1:]...)
	d.Values = append(d.Values[:at:at], d.Values[at+1:]...)
}

// Put is set for a key that is not hashed yet.
func (w *Work) Put(d *Dict, key, value any) error {
	h, err := w.Hash(key)
	if err != nil {
		return err
	}
	d.Set(h, key, value)
	return w.Spend(1)
}

// DictFrom makes a dict of a mapping or of pairs, and of named arguments.
func (w *Work) DictFrom(d *Dict, a *Arguments) error {
	if from, ok := a.PositionalAt(0); ok {
		if err := w.update(d, from); err != nil {
			return err
		}
	}
	a.next = 1
	for _, n := range a.Named {
		if err := w.Put(d, n.Name, n.Value); err != nil {
			return err
		}
	}
	a.Named = nil
	return a.Done()
}

// update adds a mapping or pairs to a dict.
func (w *Work) update(d *Dict, from any) error {
	if u, ok := from.(Undefined); ok {
		return u.Fail()
	}
	if other, ok := from.(*Dict); ok {
		for hash, i := range other.indexInOrder() {
			d.Set(hash, other.Keys[i], other.Values[i])
		}
		return w.Spend(len(other.Keys))
	}
	items, err := w.Elements(from)
	if err != nil {
		return err
	}
	for _, item := range items {
		pair, err := w.Elements(item)
		if err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("dictionary update sequence element has length %d; 2 is required", len(pair))
		}
		if err := w.Put(d, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// indexInOrder iterates over the hashes of the keys in their order.
func (d *Dict) indexInOrder() func(yield func(any, int) bool) {
	hashes := make([]any, len(d.Keys))
	for hash, i := range d.index {
		hashes[i] = hash
	}
	return func(yield func(any, int) bool) {
		for i, hash := range hashes {
			if !yield(hash, i) {
				return
			}
		}
	}
}
