package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// Sensor is what is known of the sensor of a workflow: what it has seen, and when it
// is evaluated again.
type Sensor struct {
	ID      model.SensorID
	Project model.ProjectID
	// ProjectName and WorkflowName are those of what it starts.
	ProjectName  string
	Workflow     model.WorkflowID
	WorkflowName string
	// Pool says who can evaluate it, as that of attempts.
	Pool Pool
	// Cursor is what its last evaluation wants to be given back.
	Cursor string
	// LastKey is the run key of the newest run that it has started, if it had one.
	LastKey string
	// LastTick is when it was evaluated last, or zero, and NextTick when it is to be
	// the next time.
	LastTick, NextTick model.Instant
	// Failures counts the evaluations that have failed since one did not.
	Failures int
	// LastOutcome and LastReason are those of the tick of the last evaluation; zero
	// before the first.
	LastOutcome TickOutcome
	LastReason  string
	// Disabled is when it was disabled, or zero.
	Disabled model.Instant
	Created  model.Instant
	Updated  model.Instant
	// Version counts the changes from 1, so that nobody overwrites one unseen.
	Version int64
}

// Sensors keeps the sensors of the newest revisions of projects. A push gives each
// workflow whose definition has one a sensor, which is due at once: one that a
// workflow of the same name had keeps its id, Created, Disabled, Cursor, LastKey and
// what the last tick says, and has not failed as yet. Those of other workflows of the project are gone, as are
// all with the project.
type Sensors interface {
	// Sensor returns one sensor, or a NotFound error.
	Sensor(ctx context.Context, id model.SensorID) (Sensor, error)
	// ListSensors returns sensors that match, oldest first.
	ListSensors(ctx context.Context, f SensorFilter, page Page) ([]Sensor, string, error)
	// DueSensors returns up to n sensors of a pool that are enabled and whose
	// NextTick is not after now, the longest due first and, of those, the oldest. Next
	// is when the earliest of all others of the pool that are enabled is due, or
	// Never.
	DueSensors(ctx context.Context, pool Pool, now model.Instant, n int) (due []Sensor, next model.Instant, err error)
	// ChangeSensor writes Cursor, LastKey, LastTick, NextTick, Failures, Disabled and
	// Updated, and returns the sensor with its new version. When the version given is
	// not the stored one, it is a Conflict; when there is no such sensor, NotFound.
	ChangeSensor(ctx context.Context, s Sensor) (Sensor, error)
	// SensorTicked does the same after an evaluation, and all or nothing of this
	// besides: it appends the tick, of which LastOutcome and LastReason are, and adds
	// run keys to those that the sensor knows.
	SensorTicked(ctx context.Context, s Sensor, t Tick, keys []string) (Sensor, error)
	// KnownRunKeys returns those of the keys that a sensor knows, in the order given.
	// They are known for as long as there is the sensor.
	KnownRunKeys(ctx context.Context, id model.SensorID, keys []string) ([]string, error)
}

// SensorFilter selects sensors; zero fields match all.
type SensorFilter struct {
	Project model.ProjectID
	// WorkflowName is the name of a workflow of the project.
	WorkflowName string
}
