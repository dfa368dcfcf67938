package template

import (
	"errors"
	"fmt"
)

// builtin is a function that every template has.
type builtin func(s *state, a *arguments) (any, error)

// globalNamed returns a function of Jinja2, or nil.
func globalNamed(name string) builtin {
	var fn builtin
	switch name {
	case "range":
		fn = rangeGlobal
	case "dict":
		fn = dictGlobal
	case "namespace":
		fn = namespaceGlobal
	case "cycler":
		fn = cyclerGlobal
	case "joiner":
		fn = joinerGlobal
	case "lipsum", "self":
		fn = func(*state, *arguments) (any, error) { return nil, fmt.Errorf("%s is not supported", name) }
	default:
		return nil
	}
	return func(s *state, a *arguments) (any, error) {
		a.fn = name
		return fn(s, a)
	}
}

func rangeGlobal(_ *state, a *arguments) (any, error) {
	first := a.int("start")
	second, ok := a.take("stop")
	step := a.optInt("step", 1)
	if err := a.done(); err != nil {
		return nil, err
	}
	if !ok {
		return interval{0, int64(first), 1}, nil
	}
	stop, err := toInt(second)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, errors.New("range() arg 3 must not be zero")
	}
	return interval{int64(first), int64(stop), int64(step)}, nil
}

// dictFrom makes a dict of a mapping or of pairs, and of named arguments.
func (s *state) dictFrom(d *dict, a *arguments) error {
	if from, ok := a.positionalAt(0); ok {
		if err := s.update(d, from); err != nil {
			return err
		}
	}
	a.next = 1
	for _, n := range a.named {
		if err := s.put(d, n.name, n.value); err != nil {
			return err
		}
	}
	a.named = nil
	return a.done()
}

// update adds a mapping or pairs to a dict.
func (s *state) update(d *dict, from any) error {
	if u, ok := from.(undefined); ok {
		return u.fail()
	}
	if other, ok := from.(*dict); ok {
		for hash, i := range other.indexInOrder() {
			d.set(hash, other.keys[i], other.values[i])
		}
		return s.spend(len(other.keys))
	}
	items, err := s.elements(from)
	if err != nil {
		return err
	}
	for _, item := range items {
		pair, err := s.elements(item)
		if err != nil {
			return err
		}
		if len(pair) != 2 {
			return fmt.Errorf("dictionary update sequence element has length %d; 2 is required", len(pair))
		}
		if err := s.put(d, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// indexInOrder iterates over the hashes of the keys in their order.
func (d *dict) indexInOrder() func(yield func(any, int) bool) {
	hashes := make([]any, len(d.keys))
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

func dictGlobal(s *state, a *arguments) (any, error) {
	d := new(dict)
	return d, s.dictFrom(d, a)
}

func namespaceGlobal(s *state, a *arguments) (any, error) {
	n := new(namespace)
	return n, s.dictFrom(&n.dict, a)
}

func cyclerGlobal(_ *state, a *arguments) (any, error) {
	if len(a.positional) == 0 {
		return nil, errors.New("at least one item has to be provided")
	}
	return &cycler{items: a.positional}, a.onlyPositional()
}

func joinerGlobal(_ *state, a *arguments) (any, error) {
	j := &joiner{text: a.optText("sep", ", ")}
	return j, a.done()
}
