package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// TickID numbers ticks in the order in which they were written.
type TickID int64

// Tick says what came of it when a schedule or a sensor was looked at. Nothing that
// is to happen follows from ticks: they tell, and may be deleted at any time.
type Tick struct {
	ID TickID
	// At is when it was looked at.
	At   model.Instant
	Kind TickKind
	// Project is that of the workflow or of the sensor, or zero, and Name is what
	// these are called. ProjectName is read, and never written.
	Project     model.ProjectID
	ProjectName string
	Name        string
	// Slot is the session time that it is for, and Until, if not zero, the last of
	// several that one tick is for. Both are zero where nothing is for a time.
	Slot, Until model.Instant
	// Slots is how many session times it is for. Those of a range are counted up to a
	// bound that is the writer's.
	Slots   int
	Outcome TickOutcome
	// Reason is why nothing was started.
	Reason string
	// Started is how many attempts it made, and Attempts which: all of them, or the
	// first MaxTickAttempts.
	Started  int
	Attempts []model.AttemptID
}

// MaxTickAttempts is how many attempts a tick names at most.
const MaxTickAttempts = 100

// TickKind is what was looked at.
type TickKind uint8

// Kinds of ticks.
const (
	ScheduleTick TickKind = iota + 1
	SensorTick
)

// TickOutcome is what came of a look.
type TickOutcome uint8

// Outcomes of ticks.
const (
	// TickStarted made attempts.
	TickStarted TickOutcome = iota + 1
	// TickSkipped started nothing, as there was nothing to start or it was not to be.
	TickSkipped
	// TickFailed could not start what it was to.
	TickFailed
)

// TickKinds and TickOutcomes are all there are.
var (
	TickKinds    = []TickKind{ScheduleTick, SensorTick}
	TickOutcomes = []TickOutcome{TickStarted, TickSkipped, TickFailed}
)

var (
	tickKindNames    = []string{"", "schedule", "sensor"}
	tickOutcomeNames = []string{"", "started", "skipped", "failed"}
)

// String returns the name of k, which is empty for the zero value.
func (k TickKind) String() string { return nameAt(tickKindNames, uint8(k)) }

// String returns the name of o, which is empty for the zero value.
func (o TickOutcome) String() string { return nameAt(tickOutcomeNames, uint8(o)) }

func nameAt(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}

// ParseTickKind reads the name of a kind; empty is none.
func ParseTickKind(name string) (TickKind, error) {
	i, err := placeOf(tickKindNames, name, "kind of tick")
	return TickKind(i), err
}

// ParseTickOutcome reads the name of an outcome; empty is none.
func ParseTickOutcome(name string) (TickOutcome, error) {
	i, err := placeOf(tickOutcomeNames, name, "outcome of a tick")
	return TickOutcome(i), err
}

func placeOf(names []string, name, what string) (uint8, error) {
	i := slices.Index(names, name)
	if i >= 0 {
		return uint8(i), nil //nolint:gosec // there are few names
	}
	err := model.Errorf(model.Invalid, "%q is no %s", name, what)
	if near := document.DidYouMean(name, names[1:]); near != "" {
		return 0, err.WithHint("%s", near)
	}
	return 0, err.WithHint("it is one of %s", strings.Join(names[1:], ", "))
}

// Ticks keeps what became of schedules and sensors each time they were looked at.
// What schedules do is written by Schedules, in the transactions that do it. A tick
// never changes, and only Prune removes any.
type Ticks interface {
	// AppendTicks writes ticks, all or none, and numbers them in order of success.
	// The ids given are ignored, as is what is too long (Tick.Kept).
	AppendTicks(ctx context.Context, ticks []Tick) error
	// ListTicks returns ticks that match, the latest first and, of those of one
	// instant, the one that was written last. New ones move none of those after a
	// cursor. What is asked of one workflow or sensor costs what a page has, however
	// many ticks there are.
	ListTicks(ctx context.Context, f TickFilter, page Page) ([]Tick, string, error)
}

// TickFilter selects ticks; zero fields match all.
type TickFilter struct {
	Kind    TickKind
	Project model.ProjectID
	// Projects, if not nil, are the only ones.
	Projects []model.ProjectID
	Name     string
	Outcome  TickOutcome
	// From is the first instant, and Until the one after the last.
	From, Until model.Instant
}

// Matches reports whether f selects t.
func (f *TickFilter) Matches(t *Tick) bool {
	return (f.Kind == 0 || f.Kind == t.Kind) &&
		(f.Project == 0 || f.Project == t.Project) &&
		(f.Projects == nil || slices.Contains(f.Projects, t.Project)) &&
		(f.Name == "" || f.Name == t.Name) &&
		(f.Outcome == 0 || f.Outcome == t.Outcome) &&
		f.From <= t.At && (f.Until == 0 || t.At < f.Until)
}

// Kept returns t as it is stored: with a bounded number of attempts, and a bounded
// reason that every database takes.
func (t Tick) Kept() Tick {
	t.ProjectName = ""
	t.Attempts = t.Attempts[:min(len(t.Attempts), MaxTickAttempts)]
	reason := strings.ReplaceAll(t.Reason, "\x00", "\uFFFD")
	t.Reason = strings.ToValidUTF8(reason[:min(len(reason), maxTickReason)], "\uFFFD")
	return t
}

// maxTickReason bounds the bytes of a reason.
const maxTickReason = 4096

// Mark returns the place of t in a list.
func (t *Tick) Mark() Mark { return Mark{Time: t.At, ID: int64(t.ID)} }

// TickOfPush returns the tick of the slots that were due when a push made another
// schedule of one, if that passes over any.
func TickOfPush(last, next *Schedule, now model.Instant) (t Tick, ok bool) {
	return Tick{
		At: now, Kind: ScheduleTick, Project: last.Project, Name: last.WorkflowName,
		Slot: last.NextTime, Slots: 1, Outcome: TickSkipped,
		Reason: "the schedule was changed before this session, and those due after it, were started",
	}, last.NextRun <= now && last.NextTime < next.NextTime
}

// TickOf returns the tick of a start that a schedule was due for, given what came of
// it: an attempt, the error of no room, or neither, if its session had one.
func TickOf(s *Start, made model.AttemptID, err error) Tick {
	t := Tick{
		At: s.Created, Kind: ScheduleTick, Project: s.Session.Project, Name: s.Session.Workflow,
		Slot: s.Session.Time, Slots: 1, Outcome: TickStarted,
	}
	switch {
	case err != nil:
		t.Outcome, t.Reason = TickFailed, err.Error()
	case made == 0:
		t.Outcome, t.Reason = TickSkipped, "its session has an attempt already"
	default:
		t.Started, t.Attempts = 1, []model.AttemptID{made}
	}
	return t
}
