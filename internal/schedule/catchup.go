package schedule

import (
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// CatchUp says which slots are made up for when more than one is due, or one is late:
// a number from 1 to MaxCatchUp is so many, the newest.
type CatchUp int

// What may be said beside a number.
const (
	// CatchUpUnsaid starts every slot, one after the other, unless SkipDelayedBy
	// passes over it.
	CatchUpUnsaid CatchUp = 0
	// CatchUpLatest starts the newest slot, however late it is.
	CatchUpLatest CatchUp = 1
	// CatchUpNone starts the newest slot unless it is late by more than Punctual.
	CatchUpNone CatchUp = -1
	// CatchUpAll starts the newest MaxCatchUp slots.
	CatchUpAll CatchUp = -2
)

const (
	// MaxCatchUp bounds how many slots are made up for.
	MaxCatchUp = 1000
	// Punctual is how late a slot may be that has not been missed.
	Punctual = time.Minute
)

var catchUpNames = map[CatchUp]string{CatchUpUnsaid: "", CatchUpLatest: "latest", CatchUpNone: "none", CatchUpAll: "all"}

// String returns c as it is written.
func (c CatchUp) String() string {
	if name, ok := catchUpNames[c]; ok {
		return name
	}
	return strconv.Itoa(int(c))
}

// ParseCatchUp reads none, latest, all or a number. The error has the code Invalid.
func ParseCatchUp(text string) (CatchUp, error) {
	for c, name := range catchUpNames {
		if text == name && c != CatchUpUnsaid {
			return c, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxCatchUp {
		fault := model.Errorf(model.Invalid, "%q is none of none, latest, all and a number from 1 to %d", text, MaxCatchUp)
		return 0, suggest(fault, text, []string{"none", "latest", "all"}, "write one of %s, or how many of the newest")
	}
	return CatchUp(n), nil
}

// Resumes reports whether slots that came while a schedule was disabled are made up
// for. Who says how many missed ones are wanted does not want those.
func (c CatchUp) Resumes() bool { return c == CatchUpUnsaid || c == CatchUpAll }

// WithDefault returns the schedule as it is where an instance has a default, which has
// no say where the schedule says itself what is too late.
func (s *Schedule) WithDefault(instance CatchUp) *Schedule {
	if s.CatchUp != CatchUpUnsaid || s.SkipDelayedBy > 0 {
		return s
	}
	with := *s
	with.CatchUp = instance
	return &with
}

// Rule is what the slots of a schedule follow from, in words: two schedules with the
// same one have the same slots. Delays are no part of it.
func (s *Schedule) Rule() string {
	rule := s.rule
	if !s.start.IsZero() {
		rule += " from " + s.start.Format(time.RFC3339)
	}
	if !s.end.IsZero() {
		rule += " until " + s.end.Format(time.RFC3339)
	}
	return rule
}

// cronRule is the rule of a pattern in a zone.
func cronRule(pattern string, zone *time.Location) string {
	return strings.Join(strings.Fields(pattern), " ") + " " + zone.String()
}
