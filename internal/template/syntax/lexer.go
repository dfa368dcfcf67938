package syntax

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/template/value"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenData
	tokenOpen       // {{
	tokenClose      // }}
	tokenBlockOpen  // {%
	tokenBlockClose // %}
	tokenName
	tokenString
	tokenInteger
	tokenFloat
	tokenOperator
)

// token is a piece of a template. Text is what it says: the name, the operator,
// the data; value is that of a literal.
type token struct {
	kind  tokenKind
	pos   int
	text  string
	value any
}

const (
	blockOpen, blockClose     = "{%", "%}"
	commentOpen, commentClose = "{#", "#}"
)

// operators in the order in which they are tried.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

var (
	rawBlock = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\{%[-+]?\s*raw\s*(-%\}\s*|%\})`) })
	rawEnd   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(\{%([-+]?))\s*endraw\s*(\+%\}|-%\}\s*|%\})`)
	})
	floatLiteral = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?i)([0-9]+_)*[0-9]+((\.([0-9]+_)*[0-9]+)?e[+-]?([0-9]+_)*[0-9]+|\.([0-9]+_)*[0-9]+)`)
	})
	integerLiteral = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?i)(0b(_?[01])+|0o(_?[0-7])+|0x(_?[0-9a-f])+|[1-9](_?[0-9])*|0(_?0)*)`)
	})
)

// lexer cuts a template into tokens.
type lexer struct {
	text        string
	open, close string
	pos         int
	ahead       [3]int // where the next marks are, if not before pos
	tokens      []token
}

// Normalize makes all line breaks line feeds and drops the last one.
func Normalize(text string) string {
	if strings.Contains(text, "\r") {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	}
	return strings.TrimSuffix(text, "\n")
}

// tokens cuts a normalized text, up to the first fault.
func tokens(text, open, shut string) ([]token, *Fault) {
	l := &lexer{text: text, open: "{{", close: "}}", ahead: [3]int{-1, -1, -1}}
	if open != "" {
		l.open, l.close = open, shut
	}
	var first *Fault
	for l.pos < len(l.text) && first == nil {
		first = l.root()
	}
	l.add(tokenEnd, l.pos, "", nil)
	return l.tokens, first
}

func (l *lexer) add(kind tokenKind, pos int, text string, value any) {
	l.tokens = append(l.tokens, token{kind, pos, text, value})
}

func (l *lexer) rest() string { return l.text[l.pos:] }

// root reads data and the tag behind it.
func (l *lexer) root() *Fault {
	at, mark := l.nextTag()
	if at < 0 {
		l.data(len(l.text), "")
		l.pos = len(l.text)
		return nil
	}
	raw := ""
	if mark == blockOpen {
		raw = rawBlock().FindString(l.text[at:])
	}
	sign := ""
	if c := l.text[at+len(mark):]; c != "" && (c[0] == '-' || c[0] == '+') {
		sign = c[:1]
	}
	l.data(at, sign)
	l.pos = at + len(mark) + len(sign)
	switch {
	case raw != "":
		l.pos = at + len(raw)
		return l.raw(at)
	case mark == commentOpen:
		return l.comment(at)
	case mark == blockOpen:
		l.add(tokenBlockOpen, at, mark, nil)
		return l.tag(blockClose, tokenBlockClose)
	}
	l.add(tokenOpen, at, mark, nil)
	return l.tag(l.close, tokenClose)
}

// nextTag finds the first mark that opens something; of two at one place, the
// longer one.
func (l *lexer) nextTag() (at int, mark string) {
	at = -1
	for i, m := range [...]string{commentOpen, blockOpen, l.open} {
		if l.ahead[i] < l.pos {
			l.ahead[i] = len(l.text)
			if n := strings.Index(l.rest(), m); n >= 0 {
				l.ahead[i] = l.pos + n
			}
		}
		if n := l.ahead[i]; n < len(l.text) && (at < 0 || n < at || n == at && len(m) > len(mark)) {
			at, mark = n, m
		}
	}
	return at, mark
}

// data adds the text up to a tag with the sign.
func (l *lexer) data(end int, sign string) {
	text := l.text[l.pos:end]
	if sign == "-" {
		text = strings.TrimRightFunc(text, value.IsSpace)
	}
	if text != "" {
		l.add(tokenData, l.pos, text, nil)
	}
}

func (l *lexer) skipSpace() {
	l.pos = len(l.text) - len(strings.TrimLeftFunc(l.rest(), value.IsSpace))
}

func (l *lexer) comment(at int) *Fault {
	i := strings.Index(l.rest(), commentClose)
	if i < 0 && l.rest() == "" {
		return nil // Jinja2 looks at what follows only
	}
	if i < 0 {
		return failf(at, "Missing end of comment tag")
	}
	strip := i > 0 && l.rest()[i-1] == '-'
	l.pos += i + len(commentClose)
	if strip {
		l.skipSpace()
	}
	return nil
}

func (l *lexer) raw(at int) *Fault {
	m := rawEnd().FindStringSubmatchIndex(l.rest())
	if m == nil && l.rest() == "" {
		return nil
	}
	if m == nil {
		return failf(at, "Missing end of raw directive")
	}
	end := l.pos + m[1]
	l.data(l.pos+m[0], l.rest()[m[4]:m[5]])
	l.pos = end
	return nil
}

// tag reads the tokens of a statement or expression with its end.
func (l *lexer) tag(end string, endKind tokenKind) *Fault {
	var nesting []byte
	for l.pos < len(l.text) {
		if len(nesting) == 0 && l.tagEnd(end, endKind) {
			return nil
		}
		if err := l.inside(&nesting); err != nil {
			return err
		}
	}
	return nil // the parser misses the end
}

func (l *lexer) tagEnd(end string, kind tokenKind) bool {
	rest := l.rest()
	sign := 0
	if rest[0] == '-' || rest[0] == '+' && kind == tokenBlockClose {
		sign = 1
	}
	switch {
	case sign == 1 && strings.HasPrefix(rest[1:], end):
	case strings.HasPrefix(rest, end):
		sign = 0
	default:
		return false
	}
	l.add(kind, l.pos, end, nil)
	l.pos += sign + len(end)
	if sign == 1 && rest[0] == '-' {
		l.skipSpace()
	}
	return true
}

// inside reads one token within a tag.
func (l *lexer) inside(nesting *[]byte) *Fault {
	c, size := utf8.DecodeRuneInString(l.rest())
	switch {
	case value.IsSpace(c):
		l.pos += size
		return nil
	case c >= '0' && c <= '9':
		return l.number()
	case c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
		return l.name()
	case c == '\'' || c == '"':
		return l.string(byte(c))
	}
	for _, op := range operators {
		if strings.HasPrefix(l.rest(), op) {
			return l.operator(op, nesting)
		}
	}
	return failf(l.pos, "unexpected char %s at %d", value.Repr(string(c)), utf8.RuneCountInString(l.text[:l.pos]))
}

func (l *lexer) operator(op string, nesting *[]byte) *Fault {
	switch op {
	case "{":
		*nesting = append(*nesting, '}')
	case "(":
		*nesting = append(*nesting, ')')
	case "[":
		*nesting = append(*nesting, ']')
	case "}", ")", "]":
		n := len(*nesting)
		if n == 0 {
			return failf(l.pos, "unexpected '%s'", op)
		}
		if want := (*nesting)[n-1]; want != op[0] {
			return failf(l.pos, "unexpected '%s', expected '%c'", op, want)
		}
		*nesting = (*nesting)[:n-1]
	}
	l.add(tokenOperator, l.pos, op, nil)
	l.pos += len(op)
	return nil
}

func (l *lexer) name() *Fault {
	rest := l.rest()
	end := strings.IndexFunc(rest, func(c rune) bool { return !value.IsWord(c) })
	if end < 0 {
		end = len(rest)
	}
	name := rest[:end]
	for i, c := range name {
		if i == 0 && c != '_' && !unicode.IsLetter(c) || unicode.In(c, unicode.No) {
			return failf(l.pos, "Invalid character in identifier")
		}
	}
	l.add(tokenName, l.pos, name, nil)
	l.pos += end
	return nil
}

func (l *lexer) number() *Fault {
	rest := l.rest()
	if m := floatLiteral().FindString(rest); m != "" && (l.pos == 0 || l.text[l.pos-1] != '.') {
		f, _ := strconv.ParseFloat(strings.ReplaceAll(m, "_", ""), 64) // beyond the range is infinite, as in Python
		l.add(tokenFloat, l.pos, m, f)
		l.pos += len(m)
		return nil
	}
	m := integerLiteral().FindString(rest)
	i, ok := new(big.Int).SetString(strings.ReplaceAll(m, "_", ""), 0)
	if strings.Trim(m, "0_") == "" {
		i, ok = new(big.Int), true
	}
	if !ok || i.BitLen() > value.MaxBits {
		return failf(l.pos, "integer is too large")
	}
	l.add(tokenInteger, l.pos, m, value.Integer(i))
	l.pos += len(m)
	return nil
}

func (l *lexer) string(quote byte) *Fault {
	rest := l.rest()
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case quote:
			s, message := unescape(rest[1:i])
			if message != "" {
				return failf(l.pos, "%s", message)
			}
			l.add(tokenString, l.pos, s, s)
			l.pos += i + 1
			return nil
		}
	}
	return failf(l.pos, "unexpected char %s at %d", value.Repr(rest[:1]), utf8.RuneCountInString(l.text[:l.pos]))
}
