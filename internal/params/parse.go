package params

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError says where and why a text is not JSON.
type SyntaxError struct {
	Offset int // in bytes from the start of the text
	Reason string
}

// Error returns the reason with its offset.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at offset %d: %s", e.Offset, e.Reason)
}

// ParseJSON reads one JSON text. Integers become int64, or json.Number where
// they do not fit; numbers with a point or an exponent become float64. Of equal
// keys the last value counts, at the position of the first. Bytes that are not
// UTF-8 and lone surrogates become U+FFFD. Nesting deeper than 1000 levels and
// floats out of range are errors, as is text after the value; every error is a
// *SyntaxError.
func ParseJSON(text []byte) (Value, error) {
	p := parser{text: text}
	p.skipSpace()
	v, err := p.value(maxDepth)
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.pos < len(text) {
		return nil, p.unexpected("the end")
	}
	return v, nil
}

// UnmarshalJSON sets m to the JSON object in text. As for other Go types, null
// changes nothing.
func (m *Map) UnmarshalJSON(text []byte) error {
	v, err := ParseJSON(text)
	if err != nil || v == nil {
		return err
	}
	object, ok := v.(Map)
	if !ok {
		return fmt.Errorf("expected a JSON object but got %s", kindOf(v))
	}
	*m = object
	return nil
}

type parser struct {
	text []byte
	pos  int
}

func (p *parser) value(depth int) (Value, error) {
	if depth < 0 {
		return nil, p.fail("nested deeper than %d levels", maxDepth)
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.string()
	case c == '-' || isDigit(c):
		return p.number()
	case p.takeWord("true"):
		return true, nil
	case p.takeWord("false"):
		return false, nil
	case p.takeWord("null"):
		return nil, nil
	}
	return nil, p.unexpected("a value")
}

func (p *parser) object(depth int) (Value, error) {
	b := newBuilder(0)
	err := p.members('}', func() error {
		if p.peek() != '"' {
			return p.unexpected("a key in double quotes")
		}
		key, err := p.string()
		if err != nil {
			return err
		}
		if p.skipSpace(); !p.take(':') {
			return p.unexpected("':'")
		}
		p.skipSpace()
		v, err := p.value(depth - 1)
		if err != nil {
			return err
		}
		b.add(key, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.build(), nil
}

func (p *parser) list(depth int) (Value, error) {
	list := []Value{}
	err := p.members(']', func() error {
		v, err := p.value(depth - 1)
		list = append(list, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// members calls member at the start of each part of a list or an object, from
// its opening bracket to its end.
func (p *parser) members(end byte, member func() error) error {
	p.pos++
	if p.skipSpace(); p.take(end) {
		return nil
	}
	for {
		p.skipSpace()
		if err := member(); err != nil {
			return err
		}
		p.skipSpace()
		if p.take(end) {
			return nil
		}
		if !p.take(',') {
			return p.unexpected(fmt.Sprintf("',' or '%c'", end))
		}
	}
}

func (p *parser) number() (Value, error) {
	n, float := scanNumber(p.text[p.pos:])
	if n == 0 {
		p.pos++
		return nil, p.unexpected("a digit")
	}
	v, err := number(string(p.text[p.pos:p.pos+n]), float)
	if err != nil {
		return nil, p.fail("%v", err)
	}
	p.pos += n
	return v, nil
}

// string reads a string from its opening quote on.
func (p *parser) string() (string, error) {
	p.pos++
	var unescaped []byte // what precedes start
	start := p.pos
	for {
		switch c := p.peek(); {
		case c == '"':
			tail := p.text[start:p.pos]
			if p.pos++; unescaped != nil {
				tail = append(unescaped, tail...)
			}
			return strings.ToValidUTF8(string(tail), "\uFFFD"), nil
		case c == '\\':
			unescaped = append(unescaped, p.text[start:p.pos]...)
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			unescaped = utf8.AppendRune(unescaped, r)
			start = p.pos
		case c < ' ':
			return "", p.unexpected("the end of the string")
		default:
			p.pos++
		}
	}
}

// escape reads an escape sequence from its backslash on.
func (p *parser) escape() (rune, error) {
	p.pos++
	c := p.peek()
	if c == 'u' {
		return p.unicodeEscape()
	}
	const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(letters, c)
	if i < 0 {
		return 0, p.unexpected("an escape sequence")
	}
	p.pos++
	return rune(meanings[i]), nil
}

// unicodeEscape reads four hexadecimal digits from their 'u' on, and a second
// escape where they are half of a surrogate pair.
func (p *parser) unicodeEscape() (rune, error) {
	r, ok := p.hex(p.pos + 1)
	if !ok {
		return 0, p.fail("expected four hexadecimal digits after \\u")
	}
	p.pos += 5
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if bytes.HasPrefix(p.text[p.pos:], []byte(`\u`)) {
		if low, ok := p.hex(p.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.pos += 6
				return pair, nil
			}
		}
	}
	return utf8.RuneError, nil
}

func (p *parser) hex(at int) (rune, bool) {
	if len(p.text)-at < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[at:at+4]), 16, 16)
	return rune(n), err == nil
}

func (p *parser) skipSpace() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// peek returns the next byte, 0 at the end. No JSON text may have a 0 itself.
func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) takeWord(word string) bool {
	if !bytes.HasPrefix(p.text[p.pos:], []byte(word)) {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Offset: p.pos, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected(wanted string) error {
	if p.pos == len(p.text) {
		return p.fail("expected %s but the text ends", wanted)
	}
	r, _ := utf8.DecodeRune(p.text[p.pos:])
	return p.fail("expected %s but found %q", wanted, r)
}
