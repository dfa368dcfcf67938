package notebook

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
)

// rVariable returns the value that R code last assigns to name at its top level
// as a constant: NULL, a logical, a number, a text, or list(...) and c(...) of
// them, with or without names.
func rVariable(text, name string) (v params.Value, found bool, err error) {
	p := rParser{text: text}
	for p.next(); p.tok != ""; p.next() {
		depth, first := p.depth, p.first
		word := p.tok
		if depth > 0 || !first || word != name {
			continue
		}
		line := 1 + strings.Count(text[:p.pos], "\n")
		p.next()
		if p.tok != "<-" && p.tok != "=" && p.tok != "<<-" {
			continue
		}
		p.next()
		value, ok := p.value()
		if !ok {
			return nil, true, fmt.Errorf("line %d: the value of %s must be NULL or list('a', 'b')", line, name)
		}
		v, found = value, true
	}
	return v, found, nil
}

// rParser reads tokens of R.
type rParser struct {
	text  string
	pos   int
	tok   string // the current one, "" at the end; texts with their quotes
	first bool   // on its line
	depth int    // of open brackets before it
	open  int
}

func (p *rParser) next() {
	p.first = p.pos == 0
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		switch {
		case c == '\n' || c == ';':
			p.first = true
			p.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			p.pos++
		case c == '#':
			if i := strings.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
				p.pos += i
			} else {
				p.pos = len(p.text)
			}
		default:
			p.token(c)
			return
		}
	}
	p.tok = ""
}

func (p *rParser) token(c byte) {
	start := p.pos
	rest := p.text[start:]
	p.depth = p.open
	switch {
	case c == '"' || c == '\'' || c == '`':
		p.pos = start + rStringLen(rest)
	case strings.HasPrefix(rest, "<<-"):
		p.pos += 3
	case strings.HasPrefix(rest, "<-"):
		p.pos += 2
	case isRName(c):
		for p.pos < len(p.text) && isRName(p.text[p.pos]) {
			p.pos++
		}
	default:
		p.pos++
		switch c {
		case '(', '[', '{':
			p.open++
		case ')', ']', '}':
			p.open = max(0, p.open-1)
		}
	}
	p.tok = p.text[start:p.pos]
}

func isRName(c byte) bool {
	return c == '.' || c == '_' || c >= 0x80 || unicode.IsLetter(rune(c)) || '0' <= c && c <= '9'
}

func rStringLen(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// value reads the constant that begins at the current token, which is its last
// one afterwards.
func (p *rParser) value() (params.Value, bool) {
	switch p.tok {
	case "":
		return nil, false
	case "NULL":
		return nil, true
	case "TRUE", "T":
		return true, true
	case "FALSE", "F":
		return false, true
	case "list", "c", "character":
		return p.list()
	case "-":
		p.next()
		v, ok := p.value()
		switch n := v.(type) {
		case int64:
			return -n, ok
		case float64:
			return -n, ok
		}
		return nil, false
	}
	if c := p.tok[0]; c == '"' || c == '\'' {
		return python.Literal(p.tok)
	}
	return python.Literal(strings.TrimSuffix(p.tok, "L"))
}

// list reads what is in the parentheses of list(...) or c(...).
func (p *rParser) list() (params.Value, bool) {
	p.next()
	if p.tok != "(" || p.open > 50 {
		return nil, false
	}
	list, named := []params.Value{}, params.Map{}
	for p.next(); p.tok != ")"; p.next() {
		key := p.tok
		rest := *p
		rest.next()
		isNamed := rest.tok == "="
		if isNamed {
			rest.next()
			*p = rest
		}
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		if isNamed {
			named = named.Set(strings.Trim(key, "\"'`"), v)
		} else {
			list = append(list, v)
		}
		p.next()
		if p.tok == ")" {
			break
		}
		if p.tok != "," {
			return nil, false
		}
	}
	if named.Len() == 0 {
		return list, true
	}
	return named, len(list) == 0
}

// rRepr returns v as an expression of R.
func rRepr(v params.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		if v {
			return "TRUE"
		}
		return "FALSE"
	case int64:
		return strconv.FormatInt(v, 10)
	case json.Number:
		return string(v)
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Inf"
		case math.IsInf(v, -1):
			return "-Inf"
		}
		return python.Repr(v)
	case string:
		return rQuote(v)
	case []params.Value:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = rRepr(e)
		}
		return "list(" + strings.Join(parts, ", ") + ")"
	case params.Map:
		var parts []string
		for k, e := range v.All() {
			parts = append(parts, rQuote(k)+" = "+rRepr(e))
		}
		return "list(" + strings.Join(parts, ", ") + ")"
	}
	return "NULL" // params.Value holds nothing else
}

// rQuote returns s as a string literal of R with only ASCII in it. R takes \x for
// a byte, and not in one literal with \u: all that needs a number is \u or \U.
func rQuote(s string) string {
	b := append(make([]byte, 0, len(s)+2), '"')
	for _, r := range s {
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r < 0x7f:
			b = append(b, byte(r))
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
	}
	return string(append(b, '"'))
}
