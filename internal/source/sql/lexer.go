package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	word    kind = iota // a keyword or name without quotes
	literal             // a string, number, placeholder, or quoted name
	symbol              // punctuation and operators
)

// token is a piece of a text without blanks and comments.
type token struct {
	kind   kind
	text   string // as it counts: words in upper case, unless their case matters
	line   int    // from 1
	before string // the white space before it, with each comment as a blank
	breaks int    // line breaks in it
	noted  bool   // there is a comment in it
}

// lexer reads tokens. Texts that no database would take have tokens too.
type lexer struct {
	text    string
	pos     int
	line    int
	before  []byte
	breaks  int
	noted   bool
	comment bool // the last thing was a comment, to which line breaks belong
	tokens  []token
}

func tokens(text string) []token {
	l := &lexer{text: text, line: 1}
	for l.pos < len(l.text) {
		l.next()
	}
	return l.tokens
}

func (l *lexer) rest() string { return l.text[l.pos:] }

func (l *lexer) next() {
	rest := l.rest()
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		l.space(2, true)
	case c == '\n' || c == '\r':
		l.space(1, true)
	case unicode.IsSpace(c):
		l.space(size, false)
	case strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "# "):
		l.lineComment()
	case strings.HasPrefix(rest, "/*") && strings.Contains(rest[2:], "*/"):
		end := 4 + strings.Index(rest[2:], "*/")
		if rest[2] == '+' {
			l.add(literal, end) // a hint to the planner
			return
		}
		l.skipComment(end, 0)
	case c == '\'' || c == '"' || c == '`':
		l.quoted(byte(c))
	case c == '$' && l.dollarQuoted():
	case c == '[' && l.bracketed():
	case isWord(c):
		l.word()
	case strings.IndexByte("$:?@%\\", byte(c)) >= 0 && l.placeholder():
	default:
		l.symbol(size)
	}
}

// space skips a character of white space.
func (l *lexer) space(size int, isBreak bool) {
	if isBreak {
		l.line++
		l.breaks++
	}
	if !isBreak || !l.comment {
		l.before = append(l.before, l.rest()[:size]...)
		l.comment = false
	}
	l.pos += size
}

// lineComment skips a comment with the end of its line, unless it is a hint.
func (l *lexer) lineComment() {
	rest := l.rest()
	end := strings.IndexAny(rest, "\r\n")
	if end < 0 {
		end = len(rest)
	}
	if rest[2:] != "" && rest[2] == '+' {
		l.add(literal, end)
		return
	}
	breaks := 0
	if end < len(rest) {
		breaks = 1
		end++
		if strings.HasPrefix(rest[end-1:], "\r\n") {
			end++
		}
	}
	l.skipComment(end, breaks)
}

func (l *lexer) skipComment(size, breaks int) {
	l.line += lineBreaks(l.rest()[:size])
	l.pos += size
	if !l.comment && (len(l.tokens) > 0 || len(l.before) > 0) {
		l.before = append(l.before, ' ') // it separates, as a blank does
	}
	l.breaks += breaks
	l.noted, l.comment = true, true
}

func lineBreaks(text string) int {
	return strings.Count(text, "\n") + strings.Count(text, "\r") - strings.Count(text, "\r\n")
}

// add adds the token of so many bytes.
func (l *lexer) add(k kind, size int) {
	l.addAs(k, l.rest()[:size], size)
}

func (l *lexer) addAs(k kind, text string, size int) {
	l.tokens = append(l.tokens, token{k, text, l.line, string(l.before), l.breaks, l.noted})
	l.line += lineBreaks(l.rest()[:size])
	l.pos += size
	l.before, l.breaks, l.noted, l.comment = nil, 0, false, false
}

// quoted reads a string or a quoted name; without an end, the quote alone.
func (l *lexer) quoted(quote byte) {
	rest := l.rest()
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote != '`' && i+1 < len(rest) && rest[i+1] == quote && strings.IndexByte(rest[i+2:], quote) >= 0:
			i++
		case rest[i] == quote && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			text := rest[:i+1]
			if quote == '`' {
				text = strings.ToLower(text)
			}
			l.addAs(literal, text, i+1)
			return
		}
	}
	l.add(symbol, 1)
}

// dollarQuoted reads $tag$...$tag$.
func (l *lexer) dollarQuoted() bool {
	rest := l.rest()
	end := strings.IndexByte(rest[1:], '$') + 2
	if end < 2 || !isTag(rest[1:end-1]) {
		return false
	}
	tag := rest[:end]
	i := strings.Index(rest[end:], tag)
	if i < 0 {
		return false
	}
	l.add(literal, end+i+len(tag))
	return true
}

func isTag(text string) bool {
	for i, c := range text {
		if !isWord(c) || i == 0 && unicode.IsDigit(c) {
			return false
		}
	}
	return true
}

// bracketed reads a name in [], if the bracket is not that of an index.
func (l *lexer) bracketed() bool {
	if before, _ := utf8.DecodeLastRuneInString(l.text[:l.pos]); before == ']' || before == ')' || isWord(before) {
		return false
	}
	rest := l.rest()
	end := strings.IndexAny(rest[1:], "[]") + 1
	if end < 2 || rest[end] != ']' {
		return false
	}
	l.addAs(literal, strings.ToLower(rest[:end+1]), end+1)
	return true
}

// placeholder reads :name, $1, ?1, @name, %s, %(name)s or \command.
func (l *lexer) placeholder() bool {
	rest := l.rest()
	if rest[0] == '?' && len(rest) == 1 {
		l.add(literal, 1)
		return true
	}
	if rest[0] == '%' {
		return l.percent()
	}
	size := 1 + wordLength(rest[1:])
	if size == 1 {
		return false
	}
	l.add(literal, size)
	return true
}

func (l *lexer) percent() bool {
	rest := l.rest()
	i := 1
	if strings.HasPrefix(rest, "%(") {
		i = 2 + wordLength(rest[2:])
		if i >= len(rest) || rest[i] != ')' {
			return false
		}
		i++
	}
	if i >= len(rest) || rest[i] != 's' && rest[i] != 'S' {
		return false
	}
	l.add(literal, i+1)
	return true
}

func (l *lexer) word() {
	size := wordLength(l.rest())
	text := l.rest()[:size]
	upper := strings.ToUpper(text)
	if unicode.IsDigit(rune(text[0])) {
		l.number(size)
		return
	}
	if caseMatters(upper) && !strings.HasPrefix(l.rest()[size:], "(") {
		upper = text
	}
	l.addAs(word, upper, size)
}

// number reads digits with a fraction.
func (l *lexer) number(size int) {
	rest := l.rest()
	if i := size; i+1 < len(rest) && rest[i] == '.' && strings.Trim(rest[:i], "0123456789") == "" {
		size = i + 1 + wordLength(rest[i+1:])
	}
	l.add(literal, size)
}

// operators of several characters that belong together.
const operatorChars = "<>=~!+/#^&|-"

func (l *lexer) symbol(size int) {
	rest := l.rest()
	if strings.HasPrefix(rest, "::") || strings.HasPrefix(rest, ":=") {
		size = 2
	}
	for strings.IndexByte(operatorChars, rest[0]) >= 0 && size < len(rest) && strings.IndexByte(operatorChars, rest[size]) >= 0 &&
		!strings.HasPrefix(rest[size:], "--") {
		size++
	}
	l.add(symbol, size)
}

func isWord(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// wordLength returns how long the word is that text begins with.
func wordLength(text string) int {
	n := strings.IndexFunc(text, func(c rune) bool { return !isWord(c) && c != '$' && c != '#' })
	if n < 0 {
		return len(text)
	}
	return n
}
