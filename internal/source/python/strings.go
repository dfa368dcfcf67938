package python

import "strings"

// isStringPrefix tells whether text may stand before a quote.
func isStringPrefix(text string) bool {
	switch len(text) {
	case 1:
		return strings.IndexByte("rRbBuUfFtT", text[0]) >= 0
	case 2:
		a, b := text[0]|0x20, text[1]|0x20
		return a == 'r' && strings.IndexByte("bft", b) >= 0 || b == 'r' && strings.IndexByte("bft", a) >= 0
	}
	return false
}

// maxNesting bounds how deep strings are nested in each other's expressions.
const maxNesting = 100

// stringEnd returns where the string literal at start ends, one that is nested
// in level others. It reports whether it does; if not, it ends with the line
// or, in triple quotes, with the text.
func stringEnd(text string, start, level int) (end int, ok bool) {
	lit := literalAt(text, start)
	if lit.formatted && level < maxNesting {
		lit.level = level
		return lit.formattedEnd(nil)
	}
	return lit.plainEnd()
}

// literal is a string literal of which the begin is known.
type literal struct {
	text      string
	body      int  // after the opening quotes
	quote     byte // " or '
	triple    bool
	raw       bool
	bytes     bool
	formatted bool // an f-string
	level     int  // of nesting
}

func literalAt(text string, start int) literal {
	lit := literal{text: text}
	i := start
	for ; text[i] != '"' && text[i] != '\''; i++ {
		switch text[i] | 0x20 {
		case 'r':
			lit.raw = true
		case 'b':
			lit.bytes = true
		case 'f', 't':
			lit.formatted = true
		}
	}
	lit.quote, lit.body = text[i], i+1
	if len(text) > i+2 && text[i+1] == lit.quote && text[i+2] == lit.quote {
		lit.triple, lit.body = true, i+3
	}
	return lit
}

// closes returns the length of the closing quotes at i, 0 if there are none.
func (l *literal) closes(i int) int {
	switch {
	case l.text[i] != l.quote:
		return 0
	case !l.triple:
		return 1
	case len(l.text) > i+2 && l.text[i+1] == l.quote && l.text[i+2] == l.quote:
		return 3
	}
	return 0
}

func (l *literal) plainEnd() (int, bool) {
	for i := l.body; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
			if i+1 < len(l.text) && l.text[i] == '\r' && l.text[i+1] == '\n' {
				i++
			}
		case '\n', '\r':
			if !l.triple {
				return i, false
			}
		case l.quote:
			if n := l.closes(i); n > 0 {
				return i + n, true
			}
		}
	}
	return len(l.text), false
}

// formattedEnd is plainEnd for an f-string, whose expressions may hold quotes.
// It calls visit, if there is one, with the bounds of each expression.
func (l *literal) formattedEnd(visit func(start, end int)) (int, bool) {
	for i := l.body; i < len(l.text); {
		c := l.text[i]
		switch {
		case c == '\\' && !l.named(i):
			i += 2
		case c == '\\': // \N{name}
			i += 3
		case (c == '\n' || c == '\r') && !l.triple:
			return i, false
		case c == '{' && i+1 < len(l.text) && l.text[i+1] == '{':
			i += 2
		case c == '{':
			end, ok := l.fieldEnd(i+1, visit)
			if !ok {
				return end, false
			}
			i = end
		default:
			if n := l.closes(i); n > 0 {
				return i + n, true
			}
			i++
		}
	}
	return len(l.text), false
}

// named tells whether the backslash at i begins the name of a character.
func (l *literal) named(i int) bool {
	return !l.raw && strings.HasPrefix(l.text[i:], `\N{`)
}

// fieldEnd returns the end of the replacement field whose content begins at i.
func (l *literal) fieldEnd(i int, visit func(start, end int)) (int, bool) {
	start, depth := i, 0
	for i < len(l.text) {
		c := l.text[i]
		switch {
		case c == '(' || c == '[' || c == '{':
			depth++
		case (c == ')' || c == ']' || c == '}') && depth > 0:
			depth--
		case c == '}':
			tell(visit, start, i)
			return i + 1, true
		case c == ':' && depth == 0:
			tell(visit, start, i)
			return l.specEnd(i+1, visit)
		case (c == '\n' || c == '\r') && !l.triple && depth == 0, c == '\\':
			return i, false
		case c == '"' || c == '\'':
			// Since Python 3.12 these may be the quotes of the string itself.
			end, ok := stringEnd(l.text, prefixStart(l.text, i, start), l.level+1)
			if !ok {
				return i, false
			}
			i = end
			continue
		case c == '#':
			i = lineEnd(l.text, i)
			continue
		}
		i++
	}
	return i, false
}

// prefixStart returns where the prefix of the quote at i begins.
func prefixStart(text string, i, limit int) int {
	start := i
	for start > limit && i-start < 2 && nameBytes[text[start-1]] {
		start--
	}
	if start < i && (start == limit || !nameBytes[text[start-1]]) && isStringPrefix(text[start:i]) {
		return start
	}
	return i
}

// specEnd returns the end of the replacement field whose format begins at i.
func (l *literal) specEnd(i int, visit func(start, end int)) (int, bool) {
	for i < len(l.text) {
		switch c := l.text[i]; {
		case c == '}':
			return i + 1, true
		case c == '{':
			end, ok := l.fieldEnd(i+1, visit)
			if !ok {
				return end, false
			}
			i = end
		case (c == '\n' || c == '\r') && !l.triple, l.closes(i) > 0:
			return i, false
		default:
			i++
		}
	}
	return i, false
}

func tell(visit func(start, end int), start, end int) {
	if visit != nil {
		visit(start, end)
	}
}
