// Package runner is the contract of where tries execute.
//
// A runner takes jobs over, runs each somewhere and reports how it ended. It
// knows nothing of workflows: which job may run, and what follows from its
// report, is the engine's to decide. Every runner passes the suite in
// runnertest.
package runner

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/pawlhq/pawl/internal/model"
)

// ID identifies a job: one run of one task. A job is never submitted twice
// by one process, but may be again after a crash.
type ID = model.TryID

// Job is one try to be run.
type Job struct {
	ID ID
	// Task is the full name of the task, for people.
	Task string
	// Queue and Priority say where and how soon, for runners that have
	// queues; higher priorities first. Queue is empty or a name that CheckQueue
	// allows.
	Queue    string
	Priority int
	// Resources are what the job takes, for runners that can give or limit it.
	Resources Resources
	// Options are what the task says to runners of one kind, an object for each by its
	// name. Those that are not spoken to pass over them.
	Options map[string]json.RawMessage
	// Light says that the work only computes and returns at once.
	Light bool
	// Work is what to run.
	Work Work
}

// Work is the body of a job.
type Work interface {
	// Run does the work in this process, in the caller's goroutine, and
	// returns soon after ctx is done. It never panics.
	Run(ctx context.Context) Outcome
}

// Outcome is how a job ended: opaque to runners.
type Outcome any

// Report says how a job ended, or that nobody may ever know.
type Report struct {
	ID ID
	// Outcome is what Work.Run returned; nil when the job is lost.
	Outcome Outcome
	// Lost is set when the runner lost track of the job: it may have run, or
	// may be running. Its outcome may still be reported later.
	Lost bool
}

// Runner runs jobs.
type Runner interface {
	// Start begins work; reports go to report, from any goroutine, in groups.
	// A job that was submitted is reported at least once, unless the runner
	// is closed first; more often only with the same outcome, or as lost.
	// Start is called once.
	Start(report func([]Report)) error
	// Submit takes jobs over, in order, and does not wait for them. The
	// runner does not keep the slice. It may be called from within report.
	Submit(jobs []Job)
	// Cancel asks for the end of a job: its context is cancelled with
	// ErrCancelled. A job that has not begun is reported without running,
	// with ErrCancelled as outcome. An unknown id changes nothing.
	Cancel(id ID)
	// Close cancels what runs with ErrClosed, waits for it, and drops what
	// has not begun. There are no reports after it returned. It is safe to
	// call twice.
	Close() error
}

// Adopter is a Runner whose jobs outlive the process that submitted them.
//
// Its Close ends what runs in this process and leaves to others what has not
// begun. Its Cancel ends jobs that other processes have submitted, too.
type Adopter interface {
	Runner
	// Adopt returns those jobs of some attempts that the runner has, in any order:
	// submitted here or by any other process, and not reported yet. They are
	// reported like those that were submitted here. A job that is not among them
	// was reported before Adopt was called, or never will be; one that was
	// reported may be among them for a moment. It may be called before Start, and
	// concurrently.
	Adopt(ctx context.Context, attempts ...model.AttemptID) ([]ID, error)
}

// ErrCancelled is the cause of a job's end that Cancel asked for.
var ErrCancelled = errors.New("cancelled")

// ErrClosed is the cause of a job's end when its runner is closed.
var ErrClosed = errors.New("runner closed")
