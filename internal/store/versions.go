package store

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Versions finds what tasks gave by what they were made of. Commits write it
// (Batch.Versions).
type Versions interface {
	// Addresses returns, for each of the versions that tasks of a project have ended
	// well with, the address of the newest that made it. That outputs which it names
	// are still where they were kept is for others to check. An address goes with its
	// attempt.
	Addresses(ctx context.Context, project model.ProjectID, versions []string) (map[string]Address, error)
	// UseVersion notes that what a task gave of a version is about to be taken over at an
	// instant, so that Prune leaves it alone for VersionInUse from then on, whatever a
	// retention says; so does whoever deletes attempts by their age. It reports whether there is anything to take over still.
	UseVersion(ctx context.Context, project model.ProjectID, version string, at model.Instant) (bool, error)
	// UsedSince returns those of some attempts that have made what is of a version that
	// was used, or made, no earlier than an instant.
	UsedSince(ctx context.Context, ids []model.AttemptID, since model.Instant) ([]model.AttemptID, error)
}

// VersionInUse is how long an attempt stays at least after somebody began to take over
// what it made of a version: longer than it takes until a commit says that this was done.
const VersionInUse = time.Hour

// KeepVersions is how long what was made of a version is kept after it was last used,
// where nothing else is said.
const KeepVersions = 30 * 24 * time.Hour

// Address says which task made what is of a version.
type Address struct {
	Attempt model.AttemptID
	Task    model.TaskID
	// Name is the full name of the task, and Workflow that of the attempt.
	Name, Workflow string
	// Made is when the task ended, and Used when others last took over what it gave;
	// Made until one has.
	Made, Used model.Instant
	// Gave is what the task gave.
	Gave engine.Detail
}

// VersionsUsed returns the instant from which on a version has to have been used for
// its attempt to stay.
func (r *Retention) VersionsUsed(now model.Instant) model.Instant {
	return now.Add(-max(r.Versions, VersionInUse))
}
