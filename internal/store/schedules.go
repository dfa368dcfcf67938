package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// Schedule says when the sessions of a workflow are to be started.
type Schedule struct {
	ID      model.ScheduleID
	Project model.ProjectID
	// ProjectName and WorkflowName are those of what it starts.
	ProjectName  string
	Workflow     model.WorkflowID
	WorkflowName string
	// NextRun is when the next session is to be started, and NextTime the
	// session time that it will have.
	NextRun, NextTime model.Instant
	// LastTime is that of the newest session that was started, or zero.
	LastTime model.Instant
	// Evaluated is the newest session time that was decided about, whether it was
	// started or passed over, or zero.
	Evaluated model.Instant
	// Rule is what its session times follow from, to tell whether that has changed.
	Rule string
	// Disabled is when the schedule was disabled, or zero.
	Disabled model.Instant
	Created  model.Instant
	Updated  model.Instant
	// Version counts the changes from 1, so that nobody overwrites one unseen.
	Version int64
}

// Schedules keeps when sessions are to be started. What the next time is, is
// for others to say.
type Schedules interface {
	// Schedule returns one schedule, or a NotFound error.
	Schedule(ctx context.Context, id model.ScheduleID) (Schedule, error)
	// ListSchedules returns schedules that match, oldest first.
	ListSchedules(ctx context.Context, f ScheduleFilter, page Page) ([]Schedule, string, error)
	// DueSchedules returns up to n schedules that are enabled and whose
	// NextRun is not after now, the longest due first and, of those, the
	// oldest. Next is when the earliest of all others that are enabled is due,
	// or Never.
	DueSchedules(ctx context.Context, now model.Instant, n int) (due []Schedule, next model.Instant, err error)
	// Fire changes schedules and starts what became due, each firing as a
	// whole or not at all, all in one transaction. The outcomes are in the
	// order of the firings.
	Fire(ctx context.Context, firings []Firing) ([]Fired, error)
	// ChangeSchedule writes NextRun, NextTime, LastTime, Evaluated, Disabled and
	// Updated and, in the same transaction, ticks, and returns the schedule with its
	// new version. When the version given is not the stored one, it is a Conflict;
	// when there is no such schedule, NotFound.
	ChangeSchedule(ctx context.Context, s Schedule, ticks ...Tick) (Schedule, error)
}

// ScheduleFilter selects schedules; zero fields match all.
type ScheduleFilter struct {
	Project model.ProjectID
	// WorkflowName is the name of a workflow of the project.
	WorkflowName string
}

// Firing is what becomes of a schedule that is due.
type Firing struct {
	// Schedule is written as ChangeSchedule does.
	Schedule Schedule
	// Start is the attempt to be made, or nil. A session that has an attempt
	// of that name already is left as it is, and Schedule is written. What came of
	// it is written as a tick (TickOf).
	Start *Start
	// Ticks are written before that one, with Schedule as with Refused: those of what
	// was passed over.
	Ticks []Tick
	// Refused is written instead when there is no room for the attempt, so
	// that it is tried again later. It has the id and version of Schedule.
	Refused Schedule
}

// Fired says what became of a firing.
type Fired struct {
	// Attempt was made, when it has an id.
	Attempt Attempt
	// Err is nil; or a Conflict when the schedule had changed and nothing was
	// done; or Exhausted when there was no room and Refused was written; or
	// NotFound when the schedule or what it starts is gone.
	Err error
}
