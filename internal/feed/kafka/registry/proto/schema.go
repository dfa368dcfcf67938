package proto

import (
	"fmt"
	"slices"
	"strings"
)

// Schema is a file with those that it refers to. It is safe for concurrent use.
type Schema struct {
	top []*Message
	all *types
}

// Parse reads the text of a file and of those that it refers to.
func Parse(text string, others ...string) (*Schema, error) {
	to := &types{messages: make(map[string]*Message), enums: make(map[string]*enum)}
	var fields []*field
	for _, known := range append(others, wellKnown) {
		p, err := file(known, to)
		if err != nil {
			return nil, fmt.Errorf("a file that it refers to: %w", err)
		}
		fields = append(fields, p.fields...)
	}
	p, err := file(text, to)
	if err != nil {
		return nil, err
	}
	return &Schema{p.top, to}, to.link(append(fields, p.fields...))
}

// At returns the message at a place: its number among those of the file, and among
// those in that, and so on.
func (s *Schema) At(index []int) (*Message, bool) {
	var m *Message
	list := s.top
	for _, i := range index {
		if i < 0 || i >= len(list) {
			return nil, false
		}
		m = list[i]
		list = m.nested
	}
	return m, m != nil
}

// Named returns the message of a name, which need not have the package, or the only
// one of the file for an empty name.
func (s *Schema) Named(name string) (*Message, error) {
	var names []string
	for _, m := range s.top {
		names = append(names, m.name)
	}
	if name == "" {
		if len(s.top) == 1 {
			return s.top[0], nil
		}
		return nil, fmt.Errorf("the schema has the messages %s, of which one is to be chosen", strings.Join(names, ", "))
	}
	var found *Message
	var look func(list []*Message)
	look = func(list []*Message) {
		for _, m := range list {
			if found == nil && (m.name == name || strings.HasSuffix(m.name, "."+name)) {
				found = m
			}
			look(m.nested)
		}
	}
	if look(s.top); found == nil {
		return nil, fmt.Errorf("the schema has no message %q, but %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

// Index returns the place of a message in its file.
func (m *Message) Index() []int { return slices.Clone(m.index) }
