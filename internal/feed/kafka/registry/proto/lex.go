package proto

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// token is a word, a number, a text with its quotes, or one other character; ""
// is the end.
type token struct {
	text string
	line int
}

// lexer splits the text of a file.
type lexer struct {
	rest string
	line int
	next token
}

func newLexer(text string) (*lexer, error) {
	l := &lexer{rest: strings.TrimPrefix(text, "\ufeff"), line: 1}
	return l, l.advance()
}

// take returns the next token and goes on.
func (l *lexer) take() (token, error) {
	t := l.next
	return t, l.advance()
}

// accept goes on if the next token is this one.
func (l *lexer) accept(text string) (bool, error) {
	if l.next.text != text {
		return false, nil
	}
	return true, l.advance()
}

// expect goes on if the next token is this one, and else is an error.
func (l *lexer) expect(text string) error {
	if ok, err := l.accept(text); ok || err != nil {
		return err
	}
	return l.unexpected(strconv.Quote(text))
}

func (l *lexer) unexpected(want string) error {
	have := strconv.Quote(l.next.text)
	if l.next.text == "" {
		have = "the end"
	}
	return fmt.Errorf("line %d: %s should be %s", l.next.line, have, want)
}

// word takes a name, which may have dots.
func (l *lexer) word() (string, error) {
	if !isWord(l.next.text) {
		return "", l.unexpected("a name")
	}
	t, err := l.take()
	return t.text, err
}

// quoted takes a text.
func (l *lexer) quoted() (string, error) {
	if l.next.text == "" || !strings.ContainsRune(`"'`, rune(l.next.text[0])) {
		return "", l.unexpected("a text")
	}
	t, err := l.take()
	return strings.Trim(t.text, t.text[:1]), err
}

// number takes a whole number.
func (l *lexer) number() (int32, error) {
	negative, err := l.accept("-")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(l.next.text, 0, 64)
	if negative {
		n = -n
	}
	if err != nil || n != int64(int32(n)) {
		return 0, l.unexpected("a number")
	}
	return int32(n), l.advance()
}

func isWord(text string) bool { return text != "" && (isLetter(text[0]) || text[0] == '.') }

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// advance reads the next token.
func (l *lexer) advance() error {
	if err := l.blank(); err != nil {
		return err
	}
	end := 0
	switch {
	case l.rest == "":
	case isLetter(l.rest[0]), isDigit(l.rest[0]), l.rest[0] == '.':
		for end < len(l.rest) && (isLetter(l.rest[end]) || isDigit(l.rest[end]) || l.rest[end] == '.') {
			end++
		}
	case l.rest[0] == '"' || l.rest[0] == '\'':
		if end = closing(l.rest); end < 0 {
			return fmt.Errorf("line %d: a text has no end", l.line)
		}
	default:
		_, end = utf8.DecodeRuneInString(l.rest)
	}
	l.next = token{l.rest[:end], l.line}
	l.rest = l.rest[end:]
	return nil
}

// closing returns where a text ends that begins with a quote, or -1.
func closing(text string) int {
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return -1
}

// blank passes over blanks and comments.
func (l *lexer) blank() error {
	for l.rest != "" {
		end := 0
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(l.rest[0])):
			end = 1
		case strings.HasPrefix(l.rest, "//"):
			if end = strings.IndexByte(l.rest, '\n'); end < 0 {
				end = len(l.rest)
			}
		case strings.HasPrefix(l.rest, "/*"):
			if end = strings.Index(l.rest, "*/"); end < 0 {
				return fmt.Errorf("line %d: a comment has no end", l.line)
			}
			end += 2
		default:
			return nil
		}
		l.line += strings.Count(l.rest[:end], "\n")
		l.rest = l.rest[end:]
	}
	return nil
}

// skip passes over tokens up to one of some characters that is in no brackets, and
// over that.
func (l *lexer) skip(until string) error {
	for depth := 0; ; {
		t, err := l.take()
		switch {
		case err != nil:
			return err
		case t.text == "":
			return l.unexpected("one of " + until)
		case depth == 0 && len(t.text) == 1 && strings.Contains(until, t.text):
			return nil
		case strings.Contains("{[(", t.text):
			depth++
		case strings.Contains("}])", t.text):
			depth--
		}
	}
}

// skipBlock passes over what is in braces, and what comes before.
func (l *lexer) skipBlock() error {
	for l.next.text != "{" && l.next.text != "" {
		if err := l.advance(); err != nil {
			return err
		}
	}
	if err := l.expect("{"); err != nil {
		return err
	}
	return l.skip("}")
}
