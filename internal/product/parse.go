package product

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
)

// maxDepth bounds the nesting of what is read, much as Python does.
const maxDepth = 990

// ParseJSON reads a text as Python's json.loads does: NaN, Infinity and
// -Infinity are floats, floats out of range are infinite, integers have any size,
// lone surrogates are kept for AppendJSON, a byte that is not UTF-8 is U+FFFD, and
// of equal keys the last value counts, at the position of the first. Every error is
// a *params.SyntaxError.
func ParseJSON(text []byte) (params.Value, error) {
	p := parser{text: text}
	v, err := p.value(maxDepth)
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.pos < len(text) {
		return nil, p.fail("text after the value")
	}
	return v, nil
}

type parser struct {
	text []byte
	pos  int
}

// words are the values that are written as a word.
var words = [...]struct {
	word  string
	value params.Value
}{
	{"true", true}, {"false", false}, {"null", nil},
	{"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
}

func (p *parser) value(depth int) (params.Value, error) {
	if depth < 0 {
		return nil, p.fail("nested deeper than %d levels", maxDepth)
	}
	p.skipSpace()
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.list(depth)
	case '"':
		return p.string()
	}
	for i := range words {
		if bytes.HasPrefix(p.text[p.pos:], []byte(words[i].word)) {
			p.pos += len(words[i].word)
			return words[i].value, nil
		}
	}
	return p.number()
}

func (p *parser) object(depth int) (params.Value, error) {
	var m params.Map
	err := p.members('}', func() error {
		if p.peek() != '"' {
			return p.fail("expected a key in double quotes")
		}
		key, err := p.string()
		if err != nil {
			return err
		}
		if p.skipSpace(); !p.take(':') {
			return p.fail("expected ':'")
		}
		v, err := p.value(depth - 1)
		m = m.Set(key, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (p *parser) list(depth int) (params.Value, error) {
	list := []params.Value{}
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
			return p.fail("expected ',' or '%c'", end)
		}
	}
}

func (p *parser) number() (params.Value, error) {
	start := p.pos
	p.take('-')
	if !p.take('0') && !p.digits() {
		p.pos = start
		return nil, p.fail("expected a value")
	}
	float := p.fraction()
	float = p.exponent() || float
	text := string(p.text[start:p.pos])
	if !float {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
		return json.Number(text), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, p.fail("%v", err)
	}
	return f, nil
}

func (p *parser) fraction() bool {
	start := p.pos
	if p.take('.') && p.digits() {
		return true
	}
	p.pos = start
	return false
}

func (p *parser) exponent() bool {
	start := p.pos
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		if p.digits() {
			return true
		}
	}
	p.pos = start
	return false
}

func (p *parser) digits() bool {
	start := p.pos
	for c := p.peek(); '0' <= c && c <= '9'; c = p.peek() {
		p.pos++
	}
	return p.pos > start
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
			return wellFormed(string(tail)), nil
		case c == '\\':
			unescaped = append(unescaped, p.text[start:p.pos]...)
			var err error
			if unescaped, err = p.escape(unescaped); err != nil {
				return "", err
			}
			start = p.pos
		case p.pos == len(p.text):
			return "", p.fail("the text ends in a string")
		case c < ' ':
			return "", p.fail("control character in a string")
		default:
			p.pos++
		}
	}
}

// wellFormed returns s as AppendJSON's text is read again, so that two keys which
// are written alike are one: a byte that is not UTF-8 is U+FFFD, and two halves of
// a surrogate pair that met are a character.
func wellFormed(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	clean := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, size := decodeRune(s)
		s = s[size:]
		if !utf16.IsSurrogate(r) {
			clean = utf8.AppendRune(clean, r)
			continue
		}
		low, size := decodeRune(s)
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			s = s[size:]
			clean = utf8.AppendRune(clean, pair)
			continue
		}
		clean = appendSurrogate(clean, r)
	}
	return string(clean)
}

// escape appends what an escape sequence stands for, from its backslash on.
func (p *parser) escape(dst []byte) ([]byte, error) {
	p.pos++
	c := p.peek()
	if c == 'u' {
		return p.unicodeEscape(dst)
	}
	const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := bytes.IndexByte([]byte(letters), c)
	if i < 0 {
		return nil, p.fail("unknown escape sequence")
	}
	p.pos++
	return append(dst, meanings[i]), nil
}

// unicodeEscape reads four hexadecimal digits from their 'u' on, and a second
// escape where they are half of a surrogate pair.
func (p *parser) unicodeEscape(dst []byte) ([]byte, error) {
	r, ok := p.hex(p.pos + 1)
	if !ok {
		return nil, p.fail("expected four hexadecimal digits")
	}
	p.pos += 5
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r), nil
	}
	if bytes.HasPrefix(p.text[p.pos:], []byte(`\u`)) {
		if low, ok := p.hex(p.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.pos += 6
				return utf8.AppendRune(dst, pair), nil
			}
		}
	}
	return appendSurrogate(dst, r), nil
}

func (p *parser) hex(at int) (rune, bool) {
	if len(p.text)-at < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[at:at+4]), 16, 16)
	return rune(n), err == nil
}

func (p *parser) skipSpace() {
	for p.pos < len(p.text) && bytes.IndexByte([]byte(" \t\r\n"), p.text[p.pos]) >= 0 {
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

func (p *parser) fail(format string, args ...any) error {
	return &params.SyntaxError{Offset: p.pos, Reason: fmt.Sprintf(format, args...)}
}
