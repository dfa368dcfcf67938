package python

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Literal reads text as a Python literal, as ast.literal_eval does. Since
// values are JSON values, a tuple or a set becomes a list (a set without the
// elements that it has twice), and a key that is not a string becomes the text
// that json.dumps would make of it. What has no place among them is refused:
// bytes, complex and infinite numbers, an ellipsis.
func Literal(text string) (v params.Value, ok bool) {
	v, _, ok = MarkedLiteral(text)
	return v, ok
}

// Mark says that a part of a literal is not what its JSON value says.
type Mark struct {
	// Path leads to it: keys of dicts, and numbers of items from 0.
	Path []string
	// Key tells that the last of them is no text, but what its JSON is. Else the
	// value is a tuple.
	Key bool
}

// MarkedLiteral is Literal with what the value does not say. Sets have no marks.
func MarkedLiteral(text string) (v params.Value, marks []Mark, ok bool) {
	text = strings.TrimLeft(text, " \t")
	p := literals{reader: newReader(text)}
	v, ok = p.sequence()
	if !ok || p.tok.kind != kindNewline {
		return nil, nil, false
	}
	p.advance()
	return v, p.marks, p.tok.kind == kindEnd && !p.bad
}

// literals parses literals from a reader.
type literals struct {
	*reader
	nested     int
	unhashable int // lists, sets and dicts seen so far
	path       []string
	marks      []Mark
}

// tuple marks the value that the path leads to as one.
func (p *literals) tuple() { p.marks = append(p.marks, Mark{Path: slices.Clone(p.path)}) }

// below reads a value that is a part of the one that the path leads to.
func (p *literals) below(key string) (params.Value, bool) {
	p.path = append(p.path, key)
	defer func() { p.path = p.path[:len(p.path)-1] }()
	return p.value()
}

// item reads an item of a list or tuple, the one with that number.
func (p *literals) item(n int) (params.Value, bool) { return p.below(strconv.Itoa(n)) }

// maxDepth bounds the nesting of a literal; Python's own limit is near it.
const maxDepth = 90

// sequence reads a value, or several with commas between them as a tuple.
func (p *literals) sequence() (params.Value, bool) {
	from := len(p.marks)
	v, ok := p.value()
	if !ok || !p.is(",") {
		return v, ok
	}
	for i := range p.marks[from:] { // they are in the first item of a tuple
		m := &p.marks[from+i]
		m.Path = slices.Insert(m.Path, len(p.path), "0")
	}
	list := []params.Value{v}
	for p.is(",") {
		p.advance()
		if p.tok.kind == kindNewline || p.is(")") {
			break
		}
		if v, ok = p.item(len(list)); !ok {
			return nil, false
		}
		list = append(list, v)
	}
	p.tuple()
	return list, true
}

func (p *literals) value() (params.Value, bool) {
	if p.nested++; p.nested > maxDepth {
		return nil, false
	}
	defer func() { p.nested-- }()
	switch {
	case p.is("-"), p.is("+"):
		return p.signed()
	case p.is("("):
		return p.group()
	case p.is("["):
		p.unhashable++
		p.advance()
		return p.items("]", nil)
	case p.is("{"):
		return p.braces()
	case p.tok.kind == kindString:
		return p.text()
	case p.tok.kind == kindNumber:
		v, ok := number(p.reader.text[p.tok.start:p.tok.end])
		p.advance()
		return v, ok
	}
	return p.constant()
}

func (p *literals) constant() (params.Value, bool) {
	word := p.word()
	p.advance()
	switch word {
	case "None":
		return nil, true
	case "True":
		return true, true
	case "False":
		return false, true
	case "set": // set() is the only way to write an empty set
		if p.is("(") {
			p.advance()
			ok := p.is(")")
			p.advance()
			return []params.Value{}, ok
		}
	}
	return nil, false
}

// signed reads a number with a sign, which may be in parentheses.
func (p *literals) signed() (params.Value, bool) {
	negative := p.is("-")
	p.advance()
	open := 0
	for ; p.is("("); p.advance() {
		open++
	}
	if p.tok.kind != kindNumber {
		return nil, false
	}
	v, ok := number(p.reader.text[p.tok.start:p.tok.end])
	p.advance()
	for ; open > 0 && p.is(")"); p.advance() {
		open--
	}
	return signedValue(v, negative, ok && open == 0)
}

func signedValue(v params.Value, negative, ok bool) (params.Value, bool) {
	if !ok {
		return nil, false
	}
	switch n := v.(type) {
	case int64:
		if negative {
			return -n, true
		}
		return n, true
	case float64:
		if negative {
			return -n, true
		}
		return n, true
	case json.Number:
		if negative {
			if n == "9223372036854775808" {
				return int64(math.MinInt64), true
			}
			return "-" + n, true
		}
		return n, true
	}
	return nil, false
}

// group reads what is in parentheses: a tuple, or a value alone.
func (p *literals) group() (params.Value, bool) {
	p.advance()
	if p.is(")") {
		p.advance()
		p.tuple()
		return []params.Value{}, true
	}
	v, ok := p.sequence()
	if !ok || !p.is(")") {
		return nil, false
	}
	p.advance()
	return v, true
}

// items reads values up to the closing bracket, after those in list.
func (p *literals) items(closing string, list []params.Value) (params.Value, bool) {
	if list == nil {
		list = []params.Value{}
	}
	for !p.is(closing) {
		v, ok := p.item(len(list))
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if !p.is(",") {
			break
		}
		p.advance()
	}
	if !p.is(closing) {
		return nil, false
	}
	p.advance()
	return list, true
}

// braces reads a dict or a set.
func (p *literals) braces() (params.Value, bool) {
	defer func() { p.unhashable++ }()
	p.advance()
	if p.is("}") {
		p.advance()
		return params.Map{}, true
	}
	before, from := p.unhashable, len(p.marks)
	first, ok := p.value()
	if !ok || p.unhashable > before {
		return nil, false
	}
	if !p.is(":") {
		v, ok := p.set(first)
		p.marks = p.marks[:from]
		return v, ok
	}
	var kv []any
	for key := first; ; {
		p.advance() // :
		name, named := keyText(key)
		if !named {
			return nil, false
		}
		v, ok := p.below(name)
		if !ok {
			return nil, false
		}
		if _, text := key.(string); !text {
			p.marks = append(p.marks, Mark{append(slices.Clone(p.path), name), true})
		}
		kv = append(kv, name, v)
		if p.is(",") {
			p.advance()
		} else if !p.is("}") {
			return nil, false
		}
		if p.is("}") {
			p.advance()
			return params.Of(kv...), true
		}
		if key, ok = p.value(); !ok || !p.is(":") {
			return nil, false
		}
	}
}

func (p *literals) set(first params.Value) (params.Value, bool) {
	list := []params.Value{first}
	if p.is(",") {
		p.advance()
		before := p.unhashable
		v, ok := p.items("}", list)
		if !ok || p.unhashable > before {
			return nil, false
		}
		list = v.([]params.Value)
	} else if !p.is("}") {
		return nil, false
	} else {
		p.advance()
	}
	var unique []params.Value
	for _, v := range list {
		if !slices.ContainsFunc(unique, func(u params.Value) bool { return equal(u, v) }) {
			unique = append(unique, v)
		}
	}
	return unique, true
}

// equal tells whether Python takes two elements of a set for one: 1, 1.0 and
// True are.
func equal(a, b params.Value) bool {
	x, isX := scalarNumber(a)
	y, isY := scalarNumber(b)
	if isX && isY {
		return x == y
	}
	return params.Equal(a, b)
}

func scalarNumber(v params.Value) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), int64(float64(v)) == v
	case float64:
		return v, true
	}
	return 0, false
}

// keyText returns the text of a key as json.dumps writes it.
func keyText(key params.Value) (string, bool) {
	switch k := key.(type) {
	case string:
		return k, true
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(k), true
	case int64:
		return strconv.FormatInt(k, 10), true
	case float64:
		return floatText(k), true
	case json.Number:
		return string(k), true
	}
	return "", false
}

// text reads strings, of which neighbours are joined.
func (p *literals) text() (params.Value, bool) {
	var tokens []token
	for p.tok.kind == kindString {
		tokens = append(tokens, p.tok)
		p.advance()
	}
	s, ok := joined(p.reader.text, tokens)
	return s, ok
}

// number reads a number as Python writes it.
func number(text string) (params.Value, bool) {
	digits := strings.ReplaceAll(text, "_", "")
	if !underscores(text) {
		return nil, false
	}
	if len(digits) > 1 && digits[0] == '0' && strings.IndexByte("xXoObB", digits[1]) >= 0 {
		n, ok := new(big.Int).SetString(digits, 0)
		return integer(n, ok)
	}
	if strings.Trim(digits, "0123456789") == "" {
		if len(digits) > maxDigits || digits[0] == '0' && strings.Trim(digits, "0") != "" {
			return nil, false
		}
		n, ok := new(big.Int).SetString(digits, 10)
		return integer(n, ok)
	}
	if strings.Trim(digits, "0123456789.eE+-") != "" {
		return nil, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, false
	}
	return f, true
}

// maxDigits is how long a decimal integer may be for Python.
const maxDigits = 4300

// underscores tells whether each one stands between two digits.
func underscores(text string) bool {
	for i := range len(text) {
		if text[i] != '_' {
			continue
		}
		if i+1 == len(text) || !isHexDigit(text[i+1]) {
			return false
		}
		if i < 1 || !isHexDigit(text[i-1]) && strings.IndexByte("xXoObB", text[i-1]) < 0 {
			return false
		}
	}
	return true
}

func isHexDigit(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func integer(n *big.Int, ok bool) (params.Value, bool) {
	switch {
	case !ok:
		return nil, false
	case n.IsInt64():
		return n.Int64(), true
	}
	return json.Number(n.String()), true
}
