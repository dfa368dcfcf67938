package progress

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// palette paints text for a terminal, or leaves it as it is.
type palette struct{ on bool }

var noColour palette

func (p palette) paint(code, text string) string {
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// bare is text without what controls a terminal. Tabs stay.
func bare(text string) string {
	if !strings.ContainsFunc(text, controls) {
		return text
	}
	var b strings.Builder
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == '\x1b':
			n = sequence(text)
		case !controls(r):
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// controls reports whether a character is none to be seen.
func controls(r rune) bool { return unicode.IsControl(r) && r != '\t' }

// sequence returns the length of the escape sequence that text begins with.
func sequence(text string) int {
	if len(text) < 2 {
		return len(text)
	}
	rest := text[2:]
	switch text[1] {
	case '[': // ended by a letter, such as that of a colour
		if end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' }); end >= 0 {
			return 2 + end + 1
		}
		return len(text)
	case ']', 'P', '_', '^', 'X': // a text for the terminal, such as a title
		for i := range len(rest) {
			switch {
			case rest[i] == '\a':
				return 2 + i + 1
			case strings.HasPrefix(rest[i:], "\x1b\\"):
				return 2 + i + 2
			}
		}
		return len(text)
	}
	_, n := utf8.DecodeRuneInString(text[1:])
	return 1 + n
}

func (p palette) bad(text string) string  { return p.paint("31", text) }
func (p palette) good(text string) string { return p.paint("32", text) }
func (p palette) busy(text string) string { return p.paint("36", text) }
func (p palette) warn(text string) string { return p.paint("33", text) }
func (p palette) dim(text string) string  { return p.paint("2", text) }

func (p palette) state(s engine.AttemptState) string {
	switch s {
	case engine.AttemptSuccess:
		return p.good("Success")
	case engine.AttemptKilled:
		return p.warn("Cancelled")
	default:
		return p.bad("Failed")
	}
}

// mark is the sign and the paint of a task's state.
func (p palette) mark(s model.State, frame int) string {
	switch s {
	case model.Running:
		return p.busy(string([]rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[frame%10]))
	case model.Open:
		return p.busy("▸")
	case model.Waiting:
		return p.warn("…")
	case model.Success:
		return p.good("✓")
	case model.Failed:
		return p.bad("✗")
	case model.Skipped:
		return p.dim("↷")
	case model.Cancelled, model.Stopped:
		return p.warn("■")
	default:
		return p.dim("·")
	}
}
