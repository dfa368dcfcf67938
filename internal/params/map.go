package params

import (
	"fmt"
	"iter"
)

// Map is an immutable map from strings to values that keeps the order in which
// keys were first set. The zero Map is empty. A Map is one word: copy it freely
// and share it between goroutines.
//
// Reading and changing a key cost O(log n); every method that changes returns
// another Map and leaves the receiver as it is.
type Map struct {
	root *root
}

// root is a vector of entries in order of insertion and, when they are more
// than one block, the index that finds a key's slot in it. Deleting from a
// larger map leaves an absent entry behind; they never outnumber the others.
// An empty map has no root.
type root struct {
	top    node
	index  *index
	height uint8  // of top: 0 is a leaf
	live   uint32 // entries that are present
	slots  uint32 // entries including absent ones
}

// Of makes a map from keys and values in turn, converted by From. It is for
// literals: a key that is not a string, a missing value or a value that From
// refuses panics.
func Of(kv ...any) Map {
	if len(kv)%2 != 0 {
		panic("params: Of needs a value for each key")
	}
	b := newBuilder(len(kv) / 2)
	for i := 0; i < len(kv); i += 2 {
		key, ok := kv[i].(string)
		if !ok {
			panic(fmt.Sprintf("params: key %v is a %T, not a string", kv[i], kv[i]))
		}
		v, err := From(kv[i+1])
		if err != nil {
			panic(fmt.Sprintf("params: key %q: %v", key, err))
		}
		b.add(key, v)
	}
	return b.build()
}

// Len returns the number of keys.
func (m Map) Len() int {
	if m.root == nil {
		return 0
	}
	return int(m.root.live)
}

// Get returns the value of key and whether there is one.
func (m Map) Get(key string) (Value, bool) {
	if m.root == nil {
		return nil, false
	}
	slot, ok := m.root.find(key)
	if !ok {
		return nil, false
	}
	return m.root.entry(slot).value, true
}

// Has tells whether key is set, be it to null.
func (m Map) Has(key string) bool {
	_, ok := m.Get(key)
	return ok
}

// Set returns the map with key set to v. A new key comes last, an existing one
// stays where it is.
func (m Map) Set(key string, v Value) Map {
	return m.set(key, v, TemplatedValue(v))
}

func (m Map) set(key string, v Value, templated bool) Map {
	e := entry{key, v}
	if m.root == nil {
		return Map{&root{top: new(node).with(0, 0, e, templated), live: 1, slots: 1}}
	}
	next := *m.root
	slot, found := next.find(key)
	if !found {
		slot = next.slots
		next.grow(key)
	}
	next.top = next.top.with(slot, next.height, e, templated)
	return Map{&next}
}

// Delete returns the map without key.
func (m Map) Delete(key string) Map {
	if m.root == nil {
		return m
	}
	slot, found := m.root.find(key)
	if !found {
		return m
	}
	next := *m.root
	next.top = next.top.with(slot, next.height, entry{key, absent{}}, false)
	next.live--
	if next.live <= next.slots/2 || next.height == 0 {
		return next.compact()
	}
	next.index = next.index.without(ref(key, slot), topShift)
	return Map{&next}
}

// All iterates over keys and values in order.
func (m Map) All() iter.Seq2[string, Value] {
	return m.entries(false)
}

// Keys iterates over the keys in order.
func (m Map) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range m.All() {
			if !yield(k) {
				return
			}
		}
	}
}

// Templated tells in constant time whether any value in the map, at any depth,
// is a string with a '$'.
func (m Map) Templated() bool {
	return m.root != nil && m.root.top.templated != 0
}

// TemplatedEntries iterates in order over the keys whose values are templated
// in the sense of TemplatedValue. Its cost depends on their number and only by
// a logarithm on the size of the map.
func (m Map) TemplatedEntries() iter.Seq2[string, Value] {
	return m.entries(true)
}

func (m Map) entries(onlyTemplated bool) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		m.walk(onlyTemplated, func(e *entry, _ bool) bool { return yield(e.key, e.value) })
	}
}

// Equal tells whether both maps have the same keys with equal values, in
// whatever order.
func (m Map) Equal(other Map) bool {
	if m.root == other.root {
		return true
	}
	if m.Len() != other.Len() || m.Templated() != other.Templated() {
		return false
	}
	for k, v := range m.All() {
		if w, ok := other.Get(k); !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

// Format prints the map as JSON text, whatever the verb.
func (m Map) Format(f fmt.State, _ rune) {
	_, _ = f.Write(AppendJSON(nil, m)) // fmt offers no way to report an error
}
