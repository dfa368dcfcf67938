package schedule

import (
	"fmt"
	"time"
)

// Decision is what becomes of a slot that is due.
type Decision uint8

// Decisions about a slot.
const (
	// Start starts its session.
	Start Decision = iota
	// SkipDelayed lets it pass, because it has been due for longer than
	// SkipDelayedBy.
	SkipDelayed
	// SkipOvertime lets it pass, because an earlier attempt has not ended.
	SkipOvertime
)

var decisionNames = [...]string{"start", "skip_delayed", "skip_overtime"}

// String returns the name of d as it stands in output.
func (d Decision) String() string {
	if int(d) < len(decisionNames) {
		return decisionNames[d]
	}
	return fmt.Sprintf("decision(%d)", uint8(d))
}

// Decide returns what becomes of a slot with the given run time, which is not
// after now. Unfinished says that the latest attempt of some session of the
// workflow has neither ended nor been asked to.
func (s *Schedule) Decide(run, now time.Time, unfinished bool) Decision {
	switch {
	case s.SkipDelayedBy > 0 && now.After(run.Add(s.SkipDelayedBy)):
		return SkipDelayed
	case s.SkipOnOvertime && unfinished:
		return SkipOvertime
	default:
		return Start
	}
}
