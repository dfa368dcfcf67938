package moment

import (
	"strings"
	"sync"
)

// layout is a format string taken apart.
type layout []element

// element is a token of a format string: one with a meaning, or text.
type element struct {
	token   string // as written
	print   printer
	scan    *scanner // nil: look for literal
	literal string   // what to look for in input
	text    string   // what to print if print is nil
}

// layouts caches what parseLayout made of formats of a usual length. Workflows
// have few; beyond maxLayouts, expressions make them up.
var layouts struct {
	sync.RWMutex
	m map[string]layout
}

const (
	maxLayouts = 1000
	maxLayout  = 200 // bytes of a format
)

// layoutOf parses a format; bytes spare a string for a known one.
func layoutOf[T string | []byte](format T) layout {
	layouts.RLock()
	l, ok := layouts.m[string(format)]
	layouts.RUnlock()
	if ok {
		return l
	}
	text := strings.Clone(string(format))
	l = parseLayout(expandLayout(text))
	if len(text) > maxLayout {
		return l
	}
	layouts.Lock()
	defer layouts.Unlock()
	if layouts.m == nil || len(layouts.m) >= maxLayouts {
		layouts.m = make(map[string]layout)
	}
	layouts.m[text] = l
	return l
}

func parseLayout(format string) layout {
	var l layout
	for format != "" {
		n := tokenLength(format)
		if n == 0 {
			format = format[1:] // a line end has no part in formats
			continue
		}
		token := format[:n]
		format = format[n:]
		l = append(l, element{
			token:   token,
			print:   printers()[token],
			scan:    scanners()[token],
			literal: unescape(token),
			text:    plain(token),
		})
	}
	return l
}

// tokenNames are the tokens of more than one letter whose prefixes are not all
// tokens, longest first, by their first letter.
var tokenNames = map[byte][]string{
	'H': {"Hmmss", "Hmm", "HH", "H"},
	'h': {"hmmss", "hmm", "hh", "h"},
	'M': {"Mo", "MMMM", "MMM", "MM", "M"},
	'D': {"Do", "DDDo", "DDDD", "DDD", "DD", "D"},
	'd': {"dddd", "ddd", "dd", "do", "d"},
	'w': {"wo", "ww", "w|", "w"},
	'W': {"Wo", "WW", "W|", "W"},
	'Q': {"Qo", "Q"},
	'Y': {"YYYYYY", "YYYYY", "YYYY", "YY", "Y"},
	'g': {"ggggg", "gggg", "gg", "g"},
	'G': {"GGGGG", "GGGG", "GG", "G"},
	'k': {"kk", "k"},
	'm': {"mm", "m"},
	's': {"ss", "s"},
	'S': {"SSSSSSSSS", "SSSSSSSS", "SSSSSSS", "SSSSSS", "SSSSS", "SSSS", "SSS", "SS", "S"},
	'z': {"zz", "z"},
	'Z': {"ZZ", "Z"},
}

// tokenLength returns the length of the token that format starts with: text in
// brackets, a token, a token after a backslash, or a character. A line end is
// no token.
func tokenLength(format string) int {
	if n := bracketLength(format); n > 0 {
		return n
	}
	if format[0] == '\\' && len(format) > 1 {
		if n := nameLength(format[1:]); n > 0 {
			return 1 + n
		}
	}
	return nameLength(format)
}

// bracketLength returns the length of the bracketed text that format starts
// with. It reaches to the last closing bracket before another opening one.
func bracketLength(format string) int {
	if format[0] != '[' {
		return 0
	}
	end := strings.IndexByte(format[1:], '[') + 1
	if end == 0 {
		end = len(format)
	}
	return strings.LastIndexByte(format[:end], ']') + 1
}

func nameLength(format string) int {
	for _, name := range tokenNames[format[0]] {
		if strings.HasPrefix(format, name) {
			return len(name)
		}
	}
	for i, r := range format {
		if i > 0 {
			return i
		}
		if r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' {
			return 0
		}
	}
	return len(format)
}

// plain returns what a token without a meaning prints.
func plain(token string) string {
	if len(token) > 1 && token[0] == '[' {
		return strings.TrimSuffix(token[1:], "]")
	}
	return strings.ReplaceAll(token, `\`, "")
}

// unescape returns what a token without a meaning matches.
func unescape(token string) string {
	token = strings.Replace(token, `\`, "", 1)
	var b strings.Builder
	for token != "" {
		text, n := token[:1], 1
		switch {
		case token[0] == '\\' && len(token) > 1:
			text, n = token[1:2], 2
		case token[0] == '[':
			if i := strings.IndexAny(token[1:], "[]"); i >= 0 && token[1+i] == ']' {
				text, n = token[1:1+i], i+2
			}
		}
		b.WriteString(text)
		token = token[n:]
	}
	return b.String()
}

// longForms are the formats that the locale gives names to.
var longForms = map[string]string{
	"LTS": "h:mm:ss A", "LT": "h:mm A",
	"L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A",
	"l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A", "llll": "ddd, MMM D, YYYY h:mm A",
}

// longNames are the keys of longForms in the order in which they are tried.
var longNames = []string{"LTS", "LT", "LLLL", "LLL", "LL", "L", "llll", "lll", "ll", "l"}

// expandLayout replaces the names of formats by what they stand for.
func expandLayout(format string) string {
	if !strings.ContainsAny(format, "Ll") {
		return format
	}
	var b strings.Builder
	for format != "" {
		n := max(bracketLength(format), 1)
		if n == 1 {
			escaped := format[0] == '\\'
			name := longName(strings.TrimPrefix(format, `\`))
			if name != "" && !escaped {
				b.WriteString(longForms[name])
				format = format[len(name):]
				continue
			}
			if name != "" {
				n = 1 + len(name)
			}
		}
		b.WriteString(format[:n])
		format = format[n:]
	}
	return b.String()
}

func longName(format string) string {
	for _, name := range longNames {
		if strings.HasPrefix(format, name) {
			return name
		}
	}
	return ""
}
