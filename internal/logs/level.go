package logs

import (
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Level says how much a record matters. What programs print has none.
type Level uint8

// The levels of records.
const (
	NoLevel Level = iota
	Debug
	Info
	Warn
	Error
)

var levels = []string{"", "debug", "info", "warn", "error"}

func (l Level) String() string { return levels[l] }

// LevelNames are the levels as people write them.
func LevelNames() []string { return levels[Debug:] }

// ParseLevel is the reverse of String; "" is NoLevel. Another text is Invalid.
func ParseLevel(text string) (Level, error) {
	for i, name := range levels {
		if strings.EqualFold(text, name) {
			return Level(i), nil
		}
	}
	e := model.Errorf(model.Invalid, "unknown level %q: there are %s", text, strings.Join(LevelNames(), ", "))
	if hint := document.DidYouMean(strings.ToLower(text), LevelNames()); hint != "" {
		e = e.WithHint("%s", hint)
	}
	return NoLevel, e
}
