package params

import "strings"

// Merge returns m overlaid by over: a map merges into a map key by key, at any
// depth; everything else in over, null included, replaces. Existing keys stay
// where they are, new ones follow in over's order. The cost is that of setting
// over's entries; all else is shared with m.
func (m Map) Merge(over Map) Map {
	if over.root == nil || over.root == m.root {
		return m
	}
	if m.root == nil {
		return over
	}
	over.walk(false, func(e *entry, templated bool) bool {
		v := e.value
		if o, ok := v.(Map); ok {
			v = m.submap(e.key).Merge(o)
			templated = v.(Map).Templated()
		}
		m = m.set(e.key, v, templated)
		return true
	})
	return m
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
