package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/document"
)

// readProperties takes over the settings of a text in the format of Java properties.
func (c *Config) readProperties(origin, text string) error {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		first := i
		line := strings.TrimLeft(lines[i], " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		var whole strings.Builder
		for continued(line) && i+1 < len(lines) {
			i++
			whole.WriteString(line[:len(line)-1])
			line = strings.TrimLeft(lines[i], " \t\f")
		}
		whole.WriteString(line)
		key, value, err := split(whole.String())
		if err != nil {
			return fmt.Errorf("%s:%d: %w", origin, first+1, err)
		}
		at := place{document.Pos{File: origin, Line: first + 1, Column: valueColumn(lines[first])}, lines[first]}
		name := at
		name.Column = utf8.RuneCountInString(lines[first]) - utf8.RuneCountInString(strings.TrimLeft(lines[first], " \t\f")) + 1
		c.put(key, Setting{Value: value, Origin: fmt.Sprintf("%s:%d", origin, first+1), value: at, name: name, section: name})
	}
	return nil
}

// valueColumn returns where the value begins in the line that has the key.
func valueColumn(line string) int {
	trimmed := strings.TrimLeft(line, " \t\f")
	_, rest := separate(trimmed)
	return utf8.RuneCountInString(line) - utf8.RuneCountInString(rest) + 1
}

// continued reports whether a line ends in an odd number of backslashes.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// separate takes a line apart at the first separator that is not escaped.
func separate(line string) (key, rest string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest = strings.TrimLeft(line[end:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	return line[:end], rest
}

// split returns the key and the value of a line.
func split(line string) (key, value string, err error) {
	key, rest := separate(line)
	if key, err = unescape(key); err != nil {
		return "", "", err
	}
	value, err = unescape(rest)
	return key, value, err
}

func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, size, err := codePoint(s[i-1:])
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			i += size - 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// codePoint reads the \uXXXX that s begins with, or two of them that are the
// halves of one character, and returns how long that is.
func codePoint(s string) (r rune, size int, err error) {
	const one = len(`\u0000`)
	first, ok := codeUnit(s)
	if !ok {
		return 0, 0, errors.New(`\u needs four hexadecimal digits`)
	}
	if second, ok := codeUnit(s[one:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 2 * one, nil
		}
	}
	return first, one, nil
}

func codeUnit(s string) (rune, bool) {
	digits, ok := strings.CutPrefix(s, `\u`)
	if !ok || len(digits) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits[:4], 16, 16)
	return rune(n), err == nil
}
