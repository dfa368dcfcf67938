package progress

import (
	"strings"

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

// bare is text without sequences that control a terminal.
func bare(text string) string {
	for {
		before, rest, found := strings.Cut(text, "\x1b[")
		if !found {
			return text
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
		text = before + rest[end+1:]
	}
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
