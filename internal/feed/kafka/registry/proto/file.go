// Package proto reads and writes messages of Protocol Buffers by the text of their
// schema. It knows no registry.
//
// Proto2 and proto3 are understood whole, but for extensions, which are passed over;
// of editions, what proto3 has.
package proto

import (
	"fmt"
	"strings"
)

// kind is the type of a field.
type kind uint8

const (
	kindMessage kind = iota
	kindEnum
	kindDouble
	kindFloat
	kindInt32
	kindInt64
	kindUint32
	kindUint64
	kindSint32
	kindSint64
	kindFixed32
	kindFixed64
	kindSfixed32
	kindSfixed64
	kindBool
	kindString
	kindBytes
)

var kinds = map[string]kind{
	"double": kindDouble, "float": kindFloat, "int32": kindInt32, "int64": kindInt64, "uint32": kindUint32, "uint64": kindUint64,
	"sint32": kindSint32, "sint64": kindSint64, "fixed32": kindFixed32, "fixed64": kindFixed64, "sfixed32": kindSfixed32,
	"sfixed64": kindSfixed64, "bool": kindBool, "string": kindString, "bytes": kindBytes,
}

// Message is a type of messages.
type Message struct {
	// name is the full name, and index the path to it in its file.
	name   string
	index  []int
	fields []*field
	// number and named find fields.
	number map[int32]*field
	named  map[string]*field
	nested []*Message
	// entry says that it is what a map is made of.
	entry bool
	// all are the types of all files, by full name.
	all *types
}

// field is a field of messages.
type field struct {
	name   string
	json   string // the name in JSON
	number int32
	kind   kind
	// of is the name of the type as it is written, and scope where.
	of, scope string
	line      int
	message   *Message
	enum      *enum
	// repeated fields are lists or, with a message that is an entry, maps.
	repeated, packed, group bool
	// presence tells what is not there from what is zero.
	presence, required bool
	// oneof is the name of the group of fields of which one is there, or "".
	oneof string
}

// enum is a type of names for numbers.
type enum struct {
	name   string
	names  map[int32]string
	number map[string]int32
}

// types are messages and enums by full name.
type types struct {
	messages map[string]*Message
	enums    map[string]*enum
}

// parser reads a file.
type parser struct {
	*lexer
	to  *types
	pkg string
	// implicit says that singular fields have no presence, and expanded that lists
	// are not packed, unless something else is said.
	implicit, expanded bool
	top                []*Message
	fields             []*field
	depth              int
}

// maxNested is how deep messages may be nested in a file.
const maxNested = 100

// file reads a file, whose types are added to others.
func file(text string, to *types) (*parser, error) {
	l, err := newLexer(text)
	if err != nil {
		return nil, err
	}
	p := &parser{lexer: l, to: to, expanded: true} // proto2
	for p.next.text != "" && err == nil {
		err = p.statement()
	}
	return p, err
}

func (p *parser) statement() error {
	switch p.next.text {
	case "syntax", "edition":
		return p.syntax()
	case "package":
		return p.named(&p.pkg)
	case "import", "option":
		return p.option()
	case "message":
		m, err := p.message(p.pkg, []int{len(p.top)})
		p.top = append(p.top, m)
		return err
	case "enum":
		return p.enumeration(p.pkg)
	case "service", "extend":
		return p.skipBlock()
	case ";":
		return p.advance()
	}
	return p.unexpected("a message, an enum, a service, an option, an import or the package")
}

// syntax reads which version of the language the file is in.
func (p *parser) syntax() error {
	t, err := p.take()
	if err == nil {
		err = p.expect("=")
	}
	var version string
	if err == nil {
		version, err = p.quoted()
	}
	switch {
	case err != nil:
		return err
	case t.text == "edition":
		p.expanded = false
	case version == "proto3":
		p.implicit, p.expanded = true, false
	case version != "proto2":
		return fmt.Errorf("line %d: there is no syntax %q", t.line, version)
	}
	return p.expect(";")
}

// named reads a word and a name.
func (p *parser) named(to *string) (err error) {
	if err = p.advance(); err == nil {
		if *to, err = p.word(); err == nil {
			err = p.expect(";")
		}
	}
	return err
}

// option passes over an option, but for those that change how messages are
// written.
func (p *parser) option() error {
	if err := p.advance(); err != nil {
		return err
	}
	name := p.next.text
	if !strings.HasPrefix(name, "features.") {
		return p.skip(";")
	}
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.expect("="); err != nil {
		return err
	}
	if err := p.feature(name, &p.implicit, &p.expanded, nil); err != nil {
		return err
	}
	return p.skip(";")
}

// feature reads the value of an option of editions.
func (p *parser) feature(name string, implicit, expanded, required *bool) error {
	switch value := p.next.text; name {
	case "features.field_presence":
		*implicit = value == "IMPLICIT"
		if required != nil {
			*required = value == "LEGACY_REQUIRED"
		}
	case "features.repeated_field_encoding":
		*expanded = value == "EXPANDED"
	case "features.message_encoding":
		if value != "LENGTH_PREFIXED" {
			return fmt.Errorf("line %d: %s = %s is not known here", p.next.line, name, value)
		}
	}
	return nil
}

// enumeration reads an enum.
func (p *parser) enumeration(scope string) error {
	if err := p.advance(); err != nil {
		return err
	}
	name, err := p.word()
	if err != nil {
		return err
	}
	e := &enum{join(scope, name), make(map[int32]string), make(map[string]int32)}
	p.to.enums[e.name] = e
	if err := p.expect("{"); err != nil {
		return err
	}
	for p.next.text != "}" {
		switch p.next.text {
		case "option", "reserved":
			err = p.skip(";")
		case ";":
			err = p.advance()
		default:
			err = p.value(e)
		}
		if err != nil {
			return err
		}
	}
	return p.advance()
}

// value reads a value of an enum.
func (p *parser) value(e *enum) error {
	name, err := p.word()
	if err == nil {
		err = p.expect("=")
	}
	if err != nil {
		return err
	}
	n, err := p.lexer.number()
	if err != nil {
		return err
	}
	if _, ok := e.names[n]; !ok { // else it is another name for it
		e.names[n] = name
	}
	e.number[name] = n
	return p.skip(";")
}

func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}
