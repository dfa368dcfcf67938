package syntax

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// simpleEscapes are what may follow a backslash, each with what both stand for.
const simpleEscapes = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v"

func simpleEscape(c byte) (plain byte, ok bool) {
	for i := 0; i < len(simpleEscapes); i += 2 {
		if simpleEscapes[i] == c {
			return simpleEscapes[i+1], true
		}
	}
	return 0, false
}

// unescape reads the content of a string literal. What is no escape is kept
// with its backslash. The message is empty if all is well.
func unescape(s string) (text, message string) {
	if !strings.Contains(s, "\\") {
		return s, ""
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		if i++; i == len(s) {
			return "", "\\ at end of string"
		}
		c := s[i]
		if c == '\n' {
			i++
			continue
		}
		if plain, ok := simpleEscape(c); ok {
			b.WriteByte(plain)
			i++
			continue
		}
		n, message := escapedRune(&b, s[i:])
		if message != "" {
			return "", message
		}
		i += n
	}
	return b.String(), ""
}

// escapedRune writes the character that s, which follows a backslash, begins
// with as a number, and returns how long that is.
func escapedRune(b *strings.Builder, s string) (n int, message string) {
	digits, base := 0, 16
	switch c := s[0]; {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case c == 'N':
		return 0, "escapes with the name of a character are not supported"
	case c >= '0' && c <= '7':
		digits, base = 1, 8
		for digits < 3 && digits < len(s) && s[digits] >= '0' && s[digits] <= '7' {
			digits++
		}
		r, _ := strconv.ParseUint(s[:digits], base, 32) // octal digits alone
		b.WriteRune(rune(r))
		return digits, ""
	default:
		b.WriteByte('\\')
		return 0, ""
	}
	r, err := strconv.ParseUint(s[1:min(1+digits, len(s))], base, 32)
	if err != nil || len(s) <= digits {
		return 0, fmt.Sprintf("truncated \\%c%s escape", s[0], strings.Repeat("X", digits))
	}
	if r > unicode.MaxRune || !utf8.ValidRune(rune(r)) {
		return 0, "illegal Unicode character"
	}
	b.WriteRune(rune(r))
	return 1 + digits, ""
}
