package notebook

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is a line of a text without its break, and where the next one begins.
type line struct {
	text string
	end  int // offset behind the break
}

// split cuts text into lines at everything that Python takes for a line break.
func split(text string) []line {
	var out []line
	start := 0
	for i := 0; i < len(text); {
		n := breakAt(text[i:])
		if n == 0 {
			i++
			continue
		}
		out = append(out, line{text[start:i], i + n})
		i += n
		start = i
	}
	if start < len(text) {
		out = append(out, line{text[start:], len(text)})
	}
	return out
}

// breakAt returns the length of the line break that text begins with.
func breakAt(text string) int {
	switch c := text[0]; {
	case c >= ' ' && c < utf8.RuneSelf:
		return 0
	case c == '\r' && len(text) > 1 && text[1] == '\n':
		return 2
	case c == '\n', c == '\r', c == '\v', c == '\f', 0x1c <= c && c <= 0x1e:
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	r, n := utf8.DecodeRuneInString(text)
	if r == 0x85 || r == 0x2028 || r == 0x2029 {
		return n
	}
	return 0
}

func isBlank(s string) bool {
	return strings.TrimLeftFunc(s, unicode.IsSpace) == ""
}

// twoBlanks tells whether lines end with exactly two blank ones.
func twoBlanks(lines []string) bool {
	n := len(lines)
	return n >= 3 && !isBlank(lines[n-3]) && isBlank(lines[n-2]) && isBlank(lines[n-1])
}

// uncomment removes a comment sign and the blank after it from each line that
// begins with it.
func uncomment(lines []string, comment string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = uncommentLine(l, comment)
	}
	return out
}

func uncommentLine(l, comment string) string {
	if rest, ok := strings.CutPrefix(l, comment); ok && comment != "" {
		return strings.TrimPrefix(rest, " ")
	}
	return l
}

// commented puts a comment sign before each line.
func commented(lines []string, comment string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = comment
		if l != "" {
			out[i] += " " + l
		}
	}
	return out
}

// quotes tells whether a line begins inside of a string of several lines.
type quotes struct {
	triple byte // the quote that is open, 0 for none
	off    bool // the language has no such strings
	sign   string
}

func newQuotes(language string) quotes {
	q := quotes{off: language == "" || language == "R"}
	if comment, ok := commentOf[language]; ok {
		q.sign = comment
	}
	return q
}

// read takes the next line.
func (q *quotes) read(l string) {
	if q.off || q.triple == 0 && q.sign != "" && strings.HasPrefix(strings.TrimLeftFunc(l, unicode.IsSpace), q.sign) {
		return
	}
	var single byte
	last := -1 // where the last triple quote ended
	for i := range len(l) {
		c := l[i]
		if single == 0 && q.triple == 0 && q.sign != "" && strings.HasPrefix(l[i:], q.sign) {
			return
		}
		if c != '"' && c != '\'' || i > 0 && l[i-1] == '\\' {
			continue
		}
		tripled := i >= 2 && l[i-1] == c && l[i-2] == c && i >= last+3
		switch {
		case single == c:
			single = 0
		case single != 0:
		case tripled && q.triple == c:
			q.triple, last = 0, i
		case tripled && q.triple == 0:
			q.triple, last = c, i
		case q.triple == 0:
			single = c
		}
	}
}

// open tells whether the next line begins inside of a string.
func (q *quotes) open() bool { return q.triple != 0 }
