package expr

import (
	"iter"

	"github.com/pawlhq/pawl/internal/params"
)

// Config returns local merged over scope with all text in it evaluated, at any
// depth; keys are not text. What _do and _else_do hold stays as it is.
//
// Values are evaluated in the order of their keys. A text sees scope as it is,
// unevaluated, and over it the keys before it in its own map, evaluated. So it
// does not see later keys of local, and in a nested map, or a map in a list, it
// sees the unevaluated values of the maps around it. What an expression returns
// is not evaluated again.
//
// The cost is that of the text with a "$" in it, not that of the whole map. The
// error is an *Error.
func (e *Evaluator) Config(scope, local params.Map) (params.Map, error) {
	c := configuration{e: e, raw: scope}
	return c.evalMap(scope.Merge(local), &level{base: scope, over: local})
}

// configuration is the evaluation of one configuration.
type configuration struct {
	e   *Evaluator
	raw params.Map
}

func (c *configuration) evalMap(m params.Map, l *level) (params.Map, error) {
	if !m.Templated() {
		return m, nil
	}
	l.raw, l.all, l.done = c.raw, m, make(map[string]params.Value)
	for key, v := range l.all.TemplatedEntries() {
		if key != "_do" && key != "_else_do" {
			l.key = key
			var err error
			if v, err = c.eval(v, l); err != nil {
				return params.Map{}, err
			}
			m = m.Set(key, v)
		}
		l.done[key] = v
	}
	return m, nil
}

func (c *configuration) eval(v params.Value, l *level) (params.Value, error) {
	switch v := v.(type) {
	case string:
		return c.e.text(v, l)
	case params.Map:
		return c.evalMap(v, &level{over: v})
	case []params.Value:
		out := make([]params.Value, len(v))
		for i, e := range v {
			var err error
			if out[i], err = c.eval(e, l); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// level is the scope of the text in a map: at the top, base with over merged
// over it, and elsewhere over alone.
type level struct {
	raw        params.Map // what is seen beyond the map
	base, over params.Map
	all        params.Map              // base with over, unevaluated
	key        string                  // what is being evaluated
	done       map[string]params.Value // what held text before key

	basePlaces, overPlaces map[string]int
}

func (l *level) get(name string) (params.Value, bool) {
	if v, ok := l.done[name]; ok {
		return v, true
	}
	if l.over.Has(name) {
		v, _ := l.all.Get(name)
		if !params.TemplatedValue(v) && l.before(name, l.key) {
			return v, true
		}
	}
	return l.raw.Get(name)
}

// before tells whether the key a comes before b in the map. Keys of base come
// first, in its order.
func (l *level) before(a, b string) bool {
	inBase := l.base.Has(a)
	if inBase != l.base.Has(b) {
		return inBase
	}
	if inBase {
		return place(l.base, &l.basePlaces, a) < place(l.base, &l.basePlaces, b)
	}
	return place(l.over, &l.overPlaces, a) < place(l.over, &l.overPlaces, b)
}

// place returns the position of a key, for which it numbers all keys once.
func place(m params.Map, places *map[string]int, key string) int {
	if *places == nil {
		*places = make(map[string]int, m.Len())
		for k := range m.Keys() {
			(*places)[k] = len(*places)
		}
	}
	return (*places)[key]
}

// names iterates over the names of the raw scope and then over those that come
// before the key.
func (l *level) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range l.raw.Keys() {
			if !yield(name) {
				return
			}
		}
		for name := range l.all.Keys() {
			if name == l.key {
				return
			}
			if !l.raw.Has(name) && !yield(name) {
				return
			}
		}
	}
}
