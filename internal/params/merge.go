package params

import "strings"

// Merge returns m overlaid by over: a map merges into a map key by key, at any
// depth; everything else in over, null included, replaces. Existing keys stay
// where they are, new ones follow in over's order. The cost is that of setting
// over's entries at most; all else is shared with m unless over is large beside it.
func (m Map) Merge(over Map) Map {
	if over.root == nil || over.root == m.root {
		return m
	}
	if m.root == nil {
		return over
	}
	if over.Len() > 2 && over.Len() >= m.Len()/4 {
		return m.rebuild(over)
	}
	over.walk(false, func(e *entry, templated bool) bool {
		v, templated := m.overlaid(e, templated)
		m = m.set(e.key, v, templated)
		return true
	})
	return m
}

// overlaid returns the value of e merged into what m has for its key.
func (m Map) overlaid(e *entry, templated bool) (Value, bool) {
	o, ok := e.value.(Map)
	if !ok {
		return e.value, templated
	}
	merged := m.submap(e.key).Merge(o)
	return merged, merged.Templated()
}

// rebuild is Merge where so much is new that the map is made afresh.
func (m Map) rebuild(over Map) Map {
	b := m.root.builder(over.Len())
	if m.root.live < m.root.slots { // slots are positions where nothing is absent
		m = b.build()
		b = m.root.builder(over.Len())
	}
	over.walk(false, func(e *entry, templated bool) bool {
		v, templated := m.overlaid(e, templated)
		if slot, found := m.root.find(e.key); found {
			b.replace(int(slot), v, templated)
		} else {
			b.addMarked(e.key, v, templated)
		}
		return true
	})
	return b.build()
}

// submap returns the map at key, empty if there is none.
func (m Map) submap(key string) Map {
	v, _ := m.Get(key)
	sub, _ := v.(Map)
	return sub
}

// SplitPath splits a dotted path such as "a.b.c" into its keys.
func SplitPath(path string) []string {
	return strings.Split(path, ".")
}

// At returns the value at a path of keys through nested maps and whether there
// is one. The empty path leads to m itself.
func (m Map) At(path ...string) (Value, bool) {
	var v Value = m
	for _, key := range path {
		sub, ok := v.(Map)
		if !ok {
			return nil, false
		}
		if v, ok = sub.Get(key); !ok {
			return nil, false
		}
	}
	return v, true
}

// SetAt returns the map with v at a path of keys through nested maps. What is
// missing or not a map on the way becomes a map. An empty path changes nothing.
func (m Map) SetAt(v Value, path ...string) Map {
	switch len(path) {
	case 0:
		return m
	case 1:
		return m.Set(path[0], v)
	}
	return m.Set(path[0], m.submap(path[0]).SetAt(v, path[1:]...))
}

// DeleteAt returns the map without what is at a path of keys through nested
// maps. Where the path leads nowhere, and for an empty path, that is m itself.
func (m Map) DeleteAt(path ...string) Map {
	switch len(path) {
	case 0:
		return m
	case 1:
		return m.Delete(path[0])
	}
	old := m.submap(path[0])
	sub := old.DeleteAt(path[1:]...)
	if sub == old {
		return m
	}
	return m.Set(path[0], sub)
}
