package proto

import (
	"errors"
	"fmt"
	"strings"
)

// message reads a message, whose place is index.
func (p *parser) message(scope string, index []int) (*Message, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	name, err := p.word()
	if err != nil {
		return nil, err
	}
	m := p.add(join(scope, name), index)
	return m, p.body(m)
}

// add makes a message.
func (p *parser) add(name string, index []int) *Message {
	m := &Message{name: name, index: index, number: make(map[int32]*field), named: make(map[string]*field), all: p.to}
	p.to.messages[name] = m
	return m
}

// body reads what is in the braces of a message.
func (p *parser) body(m *Message) error {
	if p.depth++; p.depth > maxNested {
		return errors.New("messages are nested too deep")
	}
	defer func() { p.depth-- }()
	if err := p.expect("{"); err != nil {
		return err
	}
	for p.next.text != "}" {
		if err := p.member(m); err != nil {
			return err
		}
	}
	return p.advance()
}

func (p *parser) member(m *Message) error {
	switch p.next.text {
	case "message":
		_, err := p.inner(m)
		return err
	case "enum":
		return p.enumeration(m.name)
	case "extend":
		return p.skipBlock()
	case "option", "extensions", "reserved":
		return p.skip(";")
	case "oneof":
		return p.oneof(m)
	case ";":
		return p.advance()
	}
	return p.field(m, "")
}

// inner reads a message in another.
func (p *parser) inner(m *Message) (*Message, error) {
	n, err := p.message(m.name, m.next())
	m.nested = append(m.nested, n)
	return n, err
}

// next returns the place of the next message in m.
func (m *Message) next() []int { return append(m.index[:len(m.index):len(m.index)], len(m.nested)) }

func (p *parser) oneof(m *Message) error {
	if err := p.advance(); err != nil {
		return err
	}
	name, err := p.word()
	if err == nil {
		err = p.expect("{")
	}
	for err == nil && p.next.text != "}" {
		switch p.next.text {
		case "option":
			err = p.skip(";")
		case ";":
			err = p.advance()
		default:
			err = p.field(m, name)
		}
	}
	if err != nil {
		return err
	}
	return p.advance()
}

// field reads a field, or a group.
func (p *parser) field(m *Message, oneof string) error {
	f := &field{scope: m.name, line: p.next.line, oneof: oneof, packed: !p.expanded, presence: !p.implicit || oneof != ""}
	var err error
	switch p.next.text {
	case "repeated":
		f.repeated, err = true, p.advance()
	case "optional":
		f.presence, err = true, p.advance()
	case "required":
		f.presence, f.required, err = true, true, p.advance()
	}
	if err != nil {
		return err
	}
	switch p.next.text {
	case "map":
		err = p.mapping(m, f)
	case "group":
		return p.grouped(m, f)
	default:
		f.of, err = p.word()
	}
	if err == nil {
		f.name, err = p.word()
	}
	if err == nil {
		err = p.numbered(f)
	}
	if err == nil {
		err = p.expect(";")
	}
	if err != nil {
		return err
	}
	return p.declare(m, f)
}

// numbered reads the number of a field, and its options.
func (p *parser) numbered(f *field) (err error) {
	if err = p.expect("="); err != nil {
		return err
	}
	if f.number, err = p.lexer.number(); err != nil || p.next.text != "[" {
		return err
	}
	for p.next.text != "]" {
		if err := p.advance(); err != nil { // the bracket, or a comma
			return err
		}
		if err := p.fieldOption(f); err != nil {
			return err
		}
	}
	return p.advance()
}

// fieldOption reads one option of a field, up to the comma or bracket after it.
func (p *parser) fieldOption(f *field) error {
	name := p.next.text
	for p.next.text != "=" {
		if p.next.text == "" {
			return p.unexpected(`"="`)
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	if err := p.advance(); err != nil {
		return err
	}
	switch name {
	case "packed":
		f.packed = p.next.text == "true"
	case "json_name":
		text, err := p.quoted()
		if err != nil {
			return err
		}
		f.json = text
		return nil
	case "features.field_presence", "features.repeated_field_encoding", "features.message_encoding":
		implicit, expanded := !f.presence, !f.packed
		if err := p.feature(name, &implicit, &expanded, &f.required); err != nil {
			return err
		}
		f.presence, f.packed = !implicit, !expanded
	}
	for depth := 0; depth > 0 || p.next.text != "," && p.next.text != "]"; {
		switch {
		case p.next.text == "":
			return p.unexpected(`"]"`)
		case strings.Contains("{[(", p.next.text):
			depth++
		case strings.Contains("}])", p.next.text):
			depth--
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return nil
}

// mapping reads the type of a map, which is a list of messages with a key and a
// value.
func (p *parser) mapping(m *Message, f *field) error {
	if err := p.advance(); err != nil {
		return err
	}
	key := &field{name: "key", number: 1, scope: m.name, line: f.line, presence: true}
	value := &field{name: "value", number: 2, scope: m.name, line: f.line, presence: true}
	for _, part := range []struct {
		before string
		to     *field
	}{{"<", key}, {",", value}} {
		err := p.expect(part.before)
		if err == nil {
			part.to.of, err = p.word()
		}
		if err != nil {
			return err
		}
	}
	entry := &Message{name: m.name + "." + fmt.Sprint(len(m.fields)), number: make(map[int32]*field), named: make(map[string]*field), all: p.to, entry: true}
	f.message, f.repeated = entry, true
	if err := errors.Join(p.declare(entry, key), p.declare(entry, value)); err != nil {
		return err
	}
	return p.expect(">")
}

// grouped reads a field with the message that it is of.
func (p *parser) grouped(m *Message, f *field) error {
	if err := p.advance(); err != nil {
		return err
	}
	name, err := p.word()
	if err == nil {
		err = p.numbered(f)
	}
	if err != nil {
		return err
	}
	f.name, f.group = strings.ToLower(name), true
	f.message = p.add(join(m.name, name), m.next())
	m.nested = append(m.nested, f.message)
	if err := p.body(f.message); err != nil {
		return err
	}
	return p.declare(m, f)
}

// declare adds a field to a message.
func (p *parser) declare(m *Message, f *field) error {
	if f.json == "" {
		f.json = camel(f.name)
	}
	if m.number[f.number] != nil || m.named[f.name] != nil || f.number < 1 {
		return fmt.Errorf("line %d: %s has no room for the field %s = %d", f.line, m.name, f.name, f.number)
	}
	m.fields = append(m.fields, f)
	m.number[f.number], m.named[f.name] = f, f
	if m.named[f.json] == nil {
		m.named[f.json] = f
	}
	p.fields = append(p.fields, f)
	return nil
}

// camel returns the name of a field in JSON.
func camel(name string) string {
	var b strings.Builder
	up := false
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '_':
			up = true
			continue
		case up && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		up = false
		b.WriteByte(c)
	}
	return b.String()
}

// link finds the types of fields, whatever file they are in.
func (t *types) link(fields []*field) error {
	for _, f := range fields {
		if f.message != nil {
			f.packed = false
			continue
		}
		if k, ok := kinds[f.of]; ok {
			f.kind = k
			f.packed = f.packed && f.repeated && k != kindString && k != kindBytes
			continue
		}
		f.message, f.enum = t.find(f.scope, f.of)
		switch {
		case f.message != nil:
			f.kind, f.packed, f.presence = kindMessage, false, !f.repeated
		case f.enum != nil:
			f.kind, f.packed = kindEnum, f.packed && f.repeated
		default:
			return fmt.Errorf("line %d: there is no type %s, or the schema does not refer to it", f.line, f.of)
		}
	}
	return nil
}

// find returns the type that a name means in a scope: the innermost.
func (t *types) find(scope, name string) (*Message, *enum) {
	full, absolute := strings.CutPrefix(name, ".")
	for {
		if !absolute {
			full = join(scope, name)
		}
		m, e := t.messages[full], t.enums[full]
		if m != nil || e != nil || absolute || scope == "" {
			return m, e
		}
		scope = scope[:max(strings.LastIndexByte(scope, '.'), 0)]
	}
}
