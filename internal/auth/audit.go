package auth

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Entry is one line of the audit log, which says who did what. It never holds
// the value of a secret or a credential.
type Entry struct {
	Time model.Instant
	// Principal is the name; empty if it is not known who it was.
	Principal string
	Action    Action
	// Project is the name of the project, or empty.
	Project string
	// Target is what in the project the action was taken on, such as
	// "attempt 17" or "secret aws.key".
	Target  string
	Outcome Outcome
	// Remote is the address that the request came from.
	Remote string
}

// Kept returns the entry in the form that a store keeps. What clients have
// written is cut and made valid, so that it can't keep an entry from being
// kept.
func (e Entry) Kept() store.AuditEntry {
	return store.AuditEntry{
		Time: e.Time, Principal: kept(e.Principal), Action: string(e.Action), Project: kept(e.Project),
		Target: kept(e.Target), Outcome: string(e.Outcome), Remote: e.Remote,
	}
}

// maxKept is how many bytes of a text an entry has.
const maxKept = 1000

func kept(text string) string {
	more := ""
	if len(text) > maxKept {
		text, more = strings.ToValidUTF8(text[:maxKept], ""), "..."
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "?"), "?") + more
}

// Outcome is how an action ended.
type Outcome string

// Outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // the principal is not known, or may not
	Failed  Outcome = "failed"
)

// OutcomeOf returns the outcome of an action that returned err.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Done
	}
	switch model.CodeOf(err) {
	case model.Forbidden, model.Unauthenticated:
		return Refused
	}
	return Failed
}

// Recorded reports whether an action that ended like this belongs into the
// audit log: whatever was refused, and whatever can change something. Signals
// are what workflows work with, and no orders to them: they are not recorded.
func Recorded(a Action, o Outcome) bool { return o == Refused || a.changes() && a != SignalSend }

// changes reports whether a is more than a look.
func (a Action) changes() bool {
	_, what, _ := strings.Cut(string(a), ".")
	return what != "get" && what != "list"
}
