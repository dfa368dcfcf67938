package python

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	kindEnd     kind = iota // the text is over
	kindNewline             // ends a logical line; empty where the text ends without one
	kindBreak               // a line break that ends none: of a blank line, or in brackets
	kindComment
	kindIndent // empty, at the first token of a deeper line
	kindDedent // empty, at the first token of a shallower line
	kindName
	kindNumber
	kindString // with prefix and quotes; f-strings are one token
	kindOp
	kindBad // a character or string that Python has no token for
)

// token is a part of a text, as bounds in bytes.
type token struct {
	kind       kind
	start, end int
}

// scanner cuts a text into tokens.
type scanner struct {
	text    string
	pos     int
	depth   int   // of open brackets
	indents []int // columns of open blocks, without the outermost
	pending int   // dedents still to be told
	atStart bool  // of a line that may be a logical one
	logical bool  // something of a logical line was told
	bad     bool  // something can't be Python
}

func newScanner(text string) scanner {
	s := scanner{text: text, atStart: true}
	if strings.HasPrefix(text, "\ufeff") {
		s.pos = len("\ufeff")
	}
	return s
}

// next returns the next token. After the last it returns kindEnd for ever.
func (s *scanner) next() token {
	if s.pending > 0 {
		s.pending--
		return token{kindDedent, s.pos, s.pos}
	}
	if s.atStart {
		s.atStart = false
		if t, ok := s.indentation(); ok {
			return t
		}
	}
	s.skipBlanks()
	start := s.pos
	if start >= len(s.text) {
		return s.finish()
	}
	c := s.text[start]
	switch {
	case c == '\n' || c == '\r':
		return s.lineBreak()
	case c == '#':
		s.pos = lineEnd(s.text, start)
		return token{kindComment, start, s.pos}
	}
	s.logical = true
	switch {
	case c == '"' || c == '\'':
		return s.string(start)
	case isNameStart(c):
		return s.name()
	case isDigit(c) || c == '.' && start+1 < len(s.text) && isDigit(s.text[start+1]):
		s.pos = numberEnd(s.text, start)
		return token{kindNumber, start, s.pos}
	}
	return s.operator(c)
}

// indentation looks at the blanks at the start of a line.
func (s *scanner) indentation() (token, bool) {
	column := 0
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ':
			column++
		case '\t':
			column += 8 - column%8
		case '\f':
			column = 0
		default:
			return s.indentTo(column)
		}
		s.pos++
	}
	return token{}, false
}

func (s *scanner) indentTo(column int) (token, bool) {
	switch s.text[s.pos] {
	case '\n', '\r', '#':
		return token{}, false
	}
	last := len(s.indents) - 1
	if top := s.column(); column > top {
		s.indents = append(s.indents, column)
		return token{kindIndent, s.pos, s.pos}, true
	}
	for last >= 0 && s.indents[last] > column {
		last--
		s.pending++
	}
	s.indents = s.indents[:last+1]
	if s.column() != column {
		s.bad = true
	}
	if s.pending > 0 {
		s.pending--
		return token{kindDedent, s.pos, s.pos}, true
	}
	return token{}, false
}

// column returns where lines of the innermost open block begin.
func (s *scanner) column() int {
	if len(s.indents) == 0 {
		return 0
	}
	return s.indents[len(s.indents)-1]
}

// skipBlanks skips blanks and continued line ends.
func (s *scanner) skipBlanks() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\f':
			s.pos++
		case '\\':
			n := breakLen(s.text, s.pos+1)
			if n == 0 {
				return
			}
			s.pos += 1 + n
		default:
			return
		}
	}
}

// finish tells the end of the text: of the line, of the blocks, of it all.
func (s *scanner) finish() token {
	at := len(s.text)
	if s.logical {
		s.logical = false
		if s.depth > 0 {
			s.bad = true
		}
		return token{kindNewline, at, at}
	}
	if n := len(s.indents); n > 0 {
		s.indents = s.indents[:n-1]
		return token{kindDedent, at, at}
	}
	return token{kindEnd, at, at}
}

func (s *scanner) lineBreak() token {
	t := token{kindBreak, s.pos, s.pos + breakLen(s.text, s.pos)}
	s.pos = t.end
	if s.depth == 0 {
		s.atStart = true
		if s.logical {
			t.kind = kindNewline
		}
		s.logical = false
	}
	return t
}

// name scans a name, or a string with a prefix.
func (s *scanner) name() token {
	start, end := s.pos, s.pos
	for end < len(s.text) && nameBytes[s.text[end]] {
		end++
	}
	if end < len(s.text) && (s.text[end] == '"' || s.text[end] == '\'') && isStringPrefix(s.text[start:end]) {
		return s.string(start)
	}
	t := token{kindName, start, end}
	if !validName(s.text[start:end]) {
		t.kind, s.bad = kindBad, true
	}
	s.pos = end
	return t
}

func (s *scanner) string(start int) token {
	level := 0
	if s.bad { // an f-string without an end may be one of many
		level = maxNesting
	}
	end, ok := stringEnd(s.text, start, level)
	s.pos = end
	if !ok {
		s.bad = true
		return token{kindBad, start, end}
	}
	return token{kindString, start, end}
}

func (s *scanner) operator(c byte) token {
	start := s.pos
	n := operatorLen(s.text[start:])
	switch c {
	case '(', '[', '{':
		s.depth++
	case ')', ']', '}':
		if s.depth == 0 {
			s.bad = true
		} else {
			s.depth--
		}
	}
	s.pos = start + max(n, 1)
	if n == 0 {
		s.bad = true
		return token{kindBad, start, s.pos}
	}
	return token{kindOp, start, s.pos}
}

// operatorLen returns the length of the operator that text begins with, 0 if
// there is none.
func operatorLen(text string) int {
	c := text[0]
	if strings.IndexByte("()[]{},;~", c) >= 0 {
		return 1
	}
	if strings.HasPrefix(text, "...") {
		return 3
	}
	if strings.IndexByte(".+-*/%@&|^=<>!:", c) < 0 {
		return 0
	}
	var second byte
	if len(text) > 1 {
		second = text[1]
	}
	double := second == c && strings.IndexByte("*/<>", c) >= 0
	switch {
	case double && len(text) > 2 && text[2] == '=':
		return 3
	case double, c == '-' && second == '>':
		return 2
	case second == '=' && c != '.':
		return 2
	case c == '!':
		return 0
	}
	return 1
}

var nameBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = isNameStart(byte(c)) || isDigit(byte(c))
	}
	return set
}()

func isNameStart(c byte) bool {
	return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// validName tells whether the characters beyond ASCII may be in a name.
func validName(name string) bool {
	for i, r := range name {
		if r < utf8.RuneSelf || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) {
			continue
		}
		if i > 0 && (unicode.IsDigit(r) || unicode.Is(unicode.M, r) || unicode.Is(unicode.Pc, r) || r == '\u00b7' || r == '\u0387') {
			continue
		}
		return false
	}
	return true
}

// numberEnd returns where the number at start ends. It takes more than Python
// would, never less.
func numberEnd(text string, start int) int {
	hex := len(text) > start+1 && text[start] == '0' && text[start+1]|0x20 == 'x'
	i := start
	for i < len(text) {
		c := text[i]
		switch {
		case c < utf8.RuneSelf && nameBytes[c], c == '.' && !hex:
		case (c == '+' || c == '-') && !hex && text[i-1]|0x20 == 'e' && i > start:
		default:
			return i
		}
		i++
	}
	return i
}

// breakLen returns the length of the line break at i, 0 if there is none.
func breakLen(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '\n':
		return 1
	case text[i] != '\r':
		return 0
	case i+1 < len(text) && text[i+1] == '\n':
		return 2
	}
	return 1
}

// lineEnd returns where the line of start ends, without its break.
func lineEnd(text string, start int) int {
	for i := start; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' {
			return i
		}
	}
	return len(text)
}
