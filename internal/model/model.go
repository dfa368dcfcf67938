// Package model holds the plain types that every room shares: identifiers,
// instants, states and errors. It knows nothing of storage, time sources or
// transport and imports only the standard library.
package model

import (
	"math"
	"strconv"
	"time"
)

// What is stored is numbered within one store, each kind from a sequence of
// its own that starts at 1. Zero is none.
type (
	// ProjectID is the number of a project.
	ProjectID int64
	// RevisionID is the number of a revision of a project.
	RevisionID int64
	// WorkflowID is the number of a workflow as it is in one revision.
	WorkflowID int64
	// ScheduleID is the number of a schedule.
	ScheduleID int64
	// SensorID is the number of a sensor.
	SensorID int64
	// SessionID is the number of a session.
	SessionID int64
	// AttemptID is the number of an attempt.
	AttemptID int64
)

// TaskID numbers the tasks of one attempt in order of creation, from 0 for
// the root. A group's tasks follow it depth first.
type TaskID int32

// NoTask is the id of no task, such as the parent of the root.
const NoTask TaskID = -1

// TryID identifies one run of one task. Tries of a task count from 1 and are
// never reused, so a TryID serves as an idempotency key.
type TryID struct {
	Attempt AttemptID
	Task    TaskID
	Try     int32
}

// String returns the key in the form "attempt/task/try".
func (id TryID) String() string {
	b := make([]byte, 0, 24)
	b = strconv.AppendInt(b, int64(id.Attempt), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(id.Task), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(id.Try), 10)
	return string(b)
}

// Never is the instant that does not come.
const Never Instant = math.MaxInt64

// Instant is a point in time as microseconds since the Unix epoch, UTC. Zero
// means "no time".
type Instant int64

// InstantOf truncates t to microseconds. The zero time gives the zero instant.
func InstantOf(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMicro())
}

// Time returns i in UTC, or the zero time for the zero instant.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// Add returns i moved by d, truncated to microseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Microsecond) }

// Sub returns the time that passed from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }
