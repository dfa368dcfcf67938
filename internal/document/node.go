// Package document reads YAML files into trees whose every part knows where it
// was written, and renders errors that point there.
//
// Mappings keep their order, duplicate keys are errors, anchors and merge keys
// are resolved. What plain scalars mean is the choice of the caller, because
// the dialects disagree about it. Size, depth and expansion are bounded, so
// that no input takes long.
//
// The package knows nothing of workflows. It does no I/O, and it is the only
// one that knows the YAML library.
package document

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// Pos is a place in a file. The zero Pos is nowhere.
type Pos struct {
	File         string
	Line, Column int // from 1; a column is a character
}

// Node is a part of a document: a scalar, a list or a mapping. Nodes are
// immutable. One that is used in several places, by an alias or because a file
// is included twice, is shared between them.
type Node struct {
	place
	kind    Kind
	plain   bool         // a scalar without quotes and tag
	size    int32        // nodes in the tree below and including this one
	height  int32        // levels of that tree
	value   params.Value // of a scalar, and of any node made by Of
	items   []*Node
	entries []Entry
}

// Kind says what a node is.
type Kind uint8

// Kinds of nodes.
const (
	Scalar Kind = iota
	List
	Mapping
)

// Entry is a key of a mapping with its value. Its own position is that of the
// key.
type Entry struct {
	place
	Key   string
	Value *Node
	// Literal tells that the key is no text but a number or boolean, of which Key
	// is the literal.
	Literal bool

	own bool // written in the mapping itself, not merged or included
}

// Of returns a node for a value that was not written in a file. Nothing in it
// has a position.
func Of(v params.Value) *Node {
	n := &Node{value: v}
	switch v.(type) {
	case []params.Value:
		n.kind = List
	case params.Map:
		n.kind = Mapping
	}
	return n
}

// With returns a node for a value that stands where n does, as do all its parts.
func (n *Node) With(v params.Value) *Node {
	made := Of(v)
	made.place = n.place
	return made
}

// Mapping returns a mapping of the entries that stands where n does.
func (n *Node) Mapping(entries []Entry) *Node {
	made := &Node{place: n.place, kind: Mapping, size: 1, entries: entries}
	for _, e := range entries {
		made.size += e.Value.size
		made.height = max(made.height, e.Value.height+1)
	}
	return made
}

// Replace returns the tree with other values in the place of some scalars, those
// for which f returns true. Parts in which nothing is replaced are shared with n.
func (n *Node) Replace(f func(scalar *Node) (v params.Value, ok bool)) *Node {
	switch {
	case n.kind == Scalar:
		if v, ok := f(n); ok {
			return n.With(v)
		}
	case n.value != nil:
		return n // made of a value, which is replaced as a whole
	case n.kind == List:
		return n.replaceItems(f)
	default:
		return n.replaceEntries(f)
	}
	return n
}

func (n *Node) replaceItems(f func(*Node) (params.Value, bool)) *Node {
	changed := n
	for i, item := range n.items {
		made := item.Replace(f)
		if made == item {
			continue
		}
		if changed == n {
			changed = &Node{place: n.place, kind: List, size: n.size, height: n.height, items: slices.Clone(n.items)}
		}
		changed.items[i] = made
	}
	return changed
}

func (n *Node) replaceEntries(f func(*Node) (params.Value, bool)) *Node {
	changed := n
	for i, e := range n.entries {
		made := e.Value.Replace(f)
		if made == e.Value {
			continue
		}
		if changed == n {
			changed = &Node{place: n.place, kind: Mapping, size: n.size, height: n.height, entries: slices.Clone(n.entries)}
		}
		changed.entries[i].Value = made
	}
	return changed
}

// IsSet tells an entry from the zero one.
func (e Entry) IsSet() bool { return e.Value != nil }

// Named returns the entry under another key.
func (e Entry) Named(key string) Entry {
	e.Key = key
	return e
}

// With returns the entry with another value.
func (e Entry) With(value *Node) Entry {
	e.Value = value
	return e
}

// Kind returns what the node is.
func (n *Node) Kind() Kind { return n.kind }

// IsNull tells whether the node is a null: nothing was written, or it was
// written as null.
func (n *Node) IsNull() bool { return n.kind == Scalar && n.value == nil }

// Text returns the node's value if it is a string.
func (n *Node) Text() (string, bool) {
	s, ok := n.value.(string)
	return s, ok
}

// Items returns the elements of a list, none for other nodes. The caller must
// not change it.
func (n *Node) Items() []*Node {
	list, ok := n.value.([]params.Value)
	if !ok {
		return n.items
	}
	items := make([]*Node, len(list))
	for i, v := range list {
		items[i] = n.With(v)
	}
	return items
}

// Entries returns the entries of a mapping in order, none for other nodes. The
// caller must not change it.
func (n *Node) Entries() []Entry {
	m, ok := n.value.(params.Map)
	if !ok {
		return n.entries
	}
	entries := make([]Entry, 0, m.Len())
	for k, v := range m.All() {
		entries = append(entries, Entry{place: n.place, Key: k, Value: n.With(v)})
	}
	return entries
}

// Value returns the node as a parameter value.
func (n *Node) Value() params.Value {
	switch {
	case n.value != nil || n.kind == Scalar:
		return n.value
	case n.kind == List:
		list := make([]params.Value, len(n.items))
		for i, item := range n.items {
			list[i] = item.Value()
		}
		return list
	}
	kv := make([]any, 0, 2*len(n.entries))
	for _, e := range n.entries {
		kv = append(kv, e.Key, e.Value.Value())
	}
	return params.Of(kv...)
}

// Map returns the node as a parameter map, empty if it is no mapping.
func (n *Node) Map() params.Map {
	m, _ := n.Value().(params.Map)
	return m
}

// What names the kind of value that the node is, for error messages: "a list",
// "the number 7", "nothing".
func (n *Node) What() string {
	switch n.kind {
	case List:
		return "a list"
	case Mapping:
		return "a mapping"
	}
	switch v := n.value.(type) {
	case nil:
		return "nothing"
	case string:
		if utf8.RuneCountInString(v) > 40 || strings.ContainsAny(v, "\n\r") {
			return "a text"
		}
		return "the text " + quote(v)
	case bool:
		return "the boolean " + params.Literal(v)
	}
	return "the number " + params.Literal(n.value)
}
