package python

import (
	"strings"
	"unicode/utf8"
)

// joined returns the text of string literals next to each other. It refuses
// bytes, f-strings and escapes that make no character.
func joined(text string, tokens []token) (string, bool) {
	if len(tokens) == 1 {
		return stringValue(text[tokens[0].start:tokens[0].end])
	}
	var b strings.Builder
	for _, t := range tokens {
		s, ok := stringValue(text[t.start:t.end])
		if !ok {
			return "", false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

// stringValue returns the text of a string literal.
func stringValue(source string) (string, bool) {
	lit := literalAt(source, 0)
	if lit.bytes || lit.formatted {
		return "", false
	}
	quotes := 1
	if lit.triple {
		quotes = 3
	}
	if len(source)-quotes < lit.body {
		return "", false
	}
	body := source[lit.body : len(source)-quotes]
	if strings.IndexByte(body, '\r') >= 0 {
		body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	}
	if lit.raw || strings.IndexByte(body, '\\') < 0 {
		return body, true
	}
	return unescape(body)
}

// unescape replaces the escapes of a string. Surrogates stand for nothing in
// UTF-8 and names of characters are not known here: both are refused.
func unescape(body string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(body); {
		if body[i] != '\\' || i+1 == len(body) {
			b.WriteByte(body[i])
			i++
			continue
		}
		c := body[i+1]
		i += 2
		if at := strings.IndexByte(escapes, c); at >= 0 {
			b.WriteByte(escaped[at])
			continue
		}
		switch c {
		case '\n':
		case 'x', 'u', 'U':
			n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			r, ok := hexRune(body[i:], n)
			if !ok {
				return "", false
			}
			b.WriteRune(r)
			i += n
		case 'N':
			return "", false
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := rune(c - '0')
			for k := 0; k < 2 && i < len(body) && '0' <= body[i] && body[i] <= '7'; k++ {
				n = n*8 + rune(body[i]-'0')
				i++
			}
			b.WriteRune(n)
		default:
			b.WriteByte('\\')
			i-- // the character itself is copied next
		}
	}
	return b.String(), true
}

const (
	escapes = `\'"abfnrtv`
	escaped = "\\'\"\a\b\f\n\r\t\v"
)

func hexRune(text string, n int) (rune, bool) {
	if len(text) < n {
		return 0, false
	}
	var r rune
	for i := range n {
		c := text[i]
		if !isHexDigit(c) || r > utf8.MaxRune {
			return 0, false
		}
		digit := rune(c - '0')
		if c > '9' {
			digit = rune(c|0x20-'a') + 10
		}
		r = r<<4 | digit
	}
	return r, utf8.ValidRune(r)
}
