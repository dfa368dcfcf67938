package document

import (
	"errors"

	"github.com/pawlhq/pawl/internal/params"
	"go.yaml.in/yaml/v4"
)

const (
	includeTag = "!include"
	mergeTag   = "!!merge"
)

var errNoInclude = errors.New("files can't be included here")

// mapping builds a mapping. Merged and included entries stand where their
// directive stands; what the mapping itself sets takes their place.
func (b *builder) mapping(y *yaml.Node) *Node {
	b.checkTag(y, "!!map")
	n := b.newNode(y, Mapping)
	t := newTable(len(y.Content) / 2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		switch {
		case key.Kind == yaml.ScalarNode && key.Tag == includeTag:
			b.include(t, y, key, value)
		case key.Kind == yaml.ScalarNode && key.Tag == mergeTag:
			b.merge(t, b.node(value))
		default:
			b.entry(t, key, value)
		}
	}
	b.fill(n, t)
	return n
}

func (b *builder) fill(n *Node, t *table) {
	n.entries = t.entries
	for _, e := range n.entries {
		b.grow(n, e.Value)
	}
}

// entry adds what the mapping itself sets.
func (b *builder) entry(t *table, key, value *yaml.Node) {
	at := b.at(key)
	text, literal, ok := b.key(key)
	e := Entry{place: at, Key: text, Value: b.node(value), Literal: literal, own: true}
	if !ok {
		return
	}
	old := t.find(text)
	if old != nil && old.own {
		b.fail(at.Errorf("duplicate key %q, first set in line %d", text, old.line))
		return
	}
	t.put(old, e)
}

// key returns the text of a key: a number or boolean as its literal.
func (b *builder) key(y *yaml.Node) (text string, literal, ok bool) {
	if y.Kind == yaml.ScalarNode && y.Anchor == "" {
		if _, ok := b.scalar(y); !ok {
			return y.Value, false, true // nearly all keys, without the cost of a node
		}
	}
	n := b.node(y)
	if n.value == nil {
		b.fail(b.at(y).Errorf("a key must be a text, not %s", n.What()))
		return "", false, false
	}
	_, isText := n.value.(string)
	return params.Literal(n.value), !isText, true
}

// merge adds the entries of a mapping, or of a list of mappings, that the
// mapping does not have yet.
func (b *builder) merge(t *table, from *Node) {
	sources := []*Node{from}
	if from.kind == List {
		sources = from.items
	}
	for _, s := range sources {
		if s.kind != Mapping {
			b.fail(s.Errorf("only a mapping can be merged, not %s", s.What()))
			continue
		}
		if !b.spend(s.place, int(s.size)) {
			return
		}
		for _, e := range s.entries {
			if t.find(e.Key) == nil {
				e.own = false
				t.put(nil, e)
			}
		}
	}
}

// include adds the entries of another document: mappings are merged into those
// of the same key, everything else replaces.
func (b *builder) include(t *table, in, key, value *yaml.Node) {
	name := b.node(value)
	if b.spent > b.format.Limits.Nodes {
		return
	}
	if key.Value != "" {
		b.fail(b.at(key).Errorf("%q after !include must come after the colon", key.Value).
			Hint(includeHint))
		return
	}
	doc, err := b.included(name)
	if err != nil {
		if !b.errs.Take(err) {
			b.fail(name.Errorf("%v", err))
		}
		if doc == nil {
			b.lack(in)
			return
		}
	}
	if !b.spend(name.place, int(doc.size)) {
		return
	}
	for _, e := range doc.entries {
		old := t.find(e.Key)
		if e.own = old != nil && old.own; old != nil {
			e.Value = b.overlay(old.Value, e.Value)
		}
		t.put(old, e)
	}
}

func (b *builder) included(name *Node) (*Node, error) {
	if b.format.Include == nil {
		return nil, errNoInclude
	}
	if text, ok := name.Text(); !ok || text == "" {
		return nil, name.Errorf("!include needs the name of a file, not %s", name.What())
	}
	doc, err := b.format.Include(name)
	if doc == nil || err != nil && !b.format.Salvage {
		return nil, err
	}
	if doc.kind != Mapping {
		if err != nil {
			return nil, err
		}
		return nil, doc.Errorf("an included file must be a mapping, not %s", doc.What())
	}
	return doc, err
}

// lack notes that a mapping lacks what could not be included, so that nobody knows
// what the rest of it is. On the top of a file, each entry stands for itself.
func (b *builder) lack(y *yaml.Node) {
	if y.Column == 1 {
		return
	}
	last := y
	for len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	b.file.moot = append(b.file.moot, [2]int{y.Line, last.Line})
}

// overlay returns over merged into n if both are mappings, else over.
func (b *builder) overlay(n, over *Node) *Node {
	if n.kind != Mapping || over.kind != Mapping || !b.spend(over.place, len(n.entries)) {
		return over
	}
	t := newTable(len(n.entries) + len(over.entries))
	for _, e := range n.entries {
		t.put(nil, e)
	}
	for _, e := range over.entries {
		old := t.find(e.Key)
		if old != nil {
			e.Value = b.overlay(old.Value, e.Value)
		}
		t.put(old, e)
	}
	merged := &Node{place: n.place, kind: Mapping, size: 1}
	b.fill(merged, t)
	return merged
}

// table is a mapping that is being built.
type table struct {
	entries []Entry
	index   map[string]int // of entries by key, once they are many
}

// fewEntries can be searched one by one faster than by hash.
const fewEntries = 8

func newTable(size int) *table {
	return &table{entries: make([]Entry, 0, size)}
}

func (t *table) find(key string) *Entry {
	if t.index != nil {
		if i, ok := t.index[key]; ok {
			return &t.entries[i]
		}
		return nil
	}
	for i := range t.entries {
		if t.entries[i].Key == key {
			return &t.entries[i]
		}
	}
	return nil
}

// put replaces old, which find returned, or appends if it is nil.
func (t *table) put(old *Entry, e Entry) {
	if old != nil {
		*old = e
		return
	}
	t.entries = append(t.entries, e)
	switch {
	case t.index != nil:
		t.index[e.Key] = len(t.entries) - 1
	case len(t.entries) > fewEntries:
		t.index = make(map[string]int, cap(t.entries))
		for i := range t.entries {
			t.index[t.entries[i].Key] = i
		}
	}
}
