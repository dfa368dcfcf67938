package template

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/pawlhq/pawl/internal/params"
)

// incoming turns what came from outside into a value of templates. It copies
// lists and maps.
func (s *state) incoming(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, Func, *list, *dict, undefined:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		if i, ok := new(big.Int).SetString(string(v), 10); ok {
			return integer(i), nil
		}
		return nil, fmt.Errorf("%s is not an integer", v)
	case []any:
		items, err := s.imported(v)
		return newList(items), err
	case Tuple:
		items, err := s.imported(v)
		return Tuple(items), err
	case params.Map:
		return s.incomingMap(v)
	case func(Args) (any, error):
		return Func(v), nil
	}
	if p, err := params.From(v); err == nil {
		return s.incoming(p)
	}
	return v, nil
}

func (s *state) imported(list []any) ([]any, error) {
	if err := s.spend(len(list)); err != nil {
		return nil, err
	}
	items := make([]any, len(list))
	for i, e := range list {
		v, err := s.incoming(e)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

func (s *state) incomingMap(m params.Map) (any, error) {
	d := new(dict)
	for k, e := range m.All() {
		v, err := s.incoming(e)
		if err != nil {
			return nil, err
		}
		d.set(k, k, v)
	}
	return d, s.spend(len(d.keys))
}

// outgoing turns a value of templates into one for the outside.
func (s *state) outgoing(v any) (any, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	switch v := v.(type) {
	case nil, bool, int64, float64, string, Func:
		return v, nil
	case *big.Int:
		return json.Number(v.String()), nil
	case undefined:
		return nil, v.fail()
	case Tuple:
		items, err := s.exported(v)
		return Tuple(items), err
	case *dict:
		return s.outgoingMap(v)
	case *list, *view, interval, *iterator, group:
		items, err := s.elements(v)
		if err != nil {
			return nil, err
		}
		return s.exported(items)
	case *method, *macro, *namespace, *module, *loop, *cycler, *joiner:
		return nil, fmt.Errorf("'%s' object can't leave the template", kindName(v))
	}
	return v, nil
}

func (s *state) exported(items []any) ([]any, error) {
	if err := s.spend(len(items)); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		v, err := s.outgoing(item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (s *state) outgoingMap(d *dict) (any, error) {
	var m params.Map
	for i, k := range d.keys {
		key, ok := k.(string)
		if !ok {
			return nil, fmt.Errorf("key %s is not a string", repr(k))
		}
		v, err := s.outgoing(d.values[i])
		if err != nil {
			return nil, err
		}
		p, err := params.From(plain(v))
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", repr(k), err)
		}
		m = m.Set(key, p)
	}
	return m, s.spend(len(d.keys))
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
