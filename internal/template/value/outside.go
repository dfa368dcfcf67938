package value

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/pawlhq/pawl/internal/params"
)

// Incoming turns what came from outside into a value of templates. It copies
// lists and maps.
func (w *Work) Incoming(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, Func, *List, *Dict, Undefined:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		if i, ok := new(big.Int).SetString(string(v), 10); ok {
			return Integer(i), nil
		}
		return nil, fmt.Errorf("%s is not an integer", v)
	case []any:
		items, err := w.incomingAll(v)
		return NewList(items), err
	case Tuple:
		items, err := w.incomingAll(v)
		return Tuple(items), err
	case params.Map:
		return w.incomingMap(v)
	case Pairs:
		return w.incomingPairs(v)
	case func(Args) (any, error):
		return Func(v), nil
	}
	if p, err := params.From(v); err == nil {
		return w.Incoming(p)
	}
	return v, nil
}

func (w *Work) incomingAll(list []any) ([]any, error) {
	if err := w.Spend(len(list)); err != nil {
		return nil, err
	}
	items := make([]any, len(list))
	for i, e := range list {
		v, err := w.Incoming(e)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

// Pairs is a map, in order, whose keys need not be texts.
type Pairs []struct{ Key, Value any }

func (w *Work) incomingPairs(list Pairs) (any, error) {
	d := new(Dict)
	for _, p := range list {
		v, err := w.Incoming(p.Value)
		if err == nil {
			err = w.Put(d, p.Key, v)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, w.Spend(len(list))
}

func (w *Work) incomingMap(m params.Map) (any, error) {
	d := new(Dict)
	for k, e := range m.All() {
		v, err := w.Incoming(e)
		if err != nil {
			return nil, err
		}
		d.Set(k, k, v)
	}
	return d, w.Spend(len(d.Keys))
}

// Outgoing turns a value of templates into one for the outside.
func (w *Work) Outgoing(v any) (any, error) {
	if err := w.Enter(); err != nil {
		return nil, err
	}
	defer w.Leave()
	switch v := v.(type) {
	case nil, bool, int64, float64, string, Func:
		return v, nil
	case *big.Int:
		return json.Number(v.String()), nil
	case Undefined:
		return nil, v.Fail()
	case Tuple:
		items, err := w.OutgoingAll(v)
		return Tuple(items), err
	case *Dict:
		return w.outgoingMap(v)
	case *List, *View, Interval, *Iterator, Group:
		items, err := w.Elements(v)
		if err != nil {
			return nil, err
		}
		return w.OutgoingAll(items)
	case *method, *Namespace, Object:
		return nil, fmt.Errorf("'%s' object can't leave the template", KindName(v))
	}
	return v, nil
}

// OutgoingAll is Outgoing for a list.
func (w *Work) OutgoingAll(items []any) ([]any, error) {
	if err := w.Spend(len(items)); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		v, err := w.Outgoing(item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (w *Work) outgoingMap(d *Dict) (any, error) {
	var m params.Map
	for i, k := range d.Keys {
		key, ok := k.(string)
		if !ok {
			return nil, fmt.Errorf("key %s is not a string", Repr(k))
		}
		v, err := w.Outgoing(d.Values[i])
		if err != nil {
			return nil, err
		}
		p, err := params.From(plain(v))
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", Repr(k), err)
		}
		m = m.Set(key, p)
	}
	return m, w.Spend(len(d.Keys))
}

// plain makes lists of tuples, which a params.Map can't hold.
func plain(v any) any {
	if t, ok := v.(Tuple); ok {
		v = []any(t)
	}
	items, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = plain(item)
	}
	return out
}
