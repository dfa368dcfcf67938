package operator

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// ErrNoSecret says that a secret does not exist or may not be read.
var ErrNoSecret = errors.New("secret not found")

// ErrNotServed is the error of an operator whose spec says Served where no server
// drives the attempt.
var ErrNotServed error = model.Errorf(model.Invalid, "it needs a server: only its tasks get and send messages, and start others").
	WithHint("`pawl server` starts one; `pawl push` and `pawl start` run the workflow there")

// Services are what the engine offers to operators. A nil service is not
// available where the task runs; the operator then fails with a clear error.
type Services struct {
	Sessions Sessions
	Runs     Runs
	Values   Values
	Notifier Notifier
	History  History
	Outputs  Outputs
	// Messages is set where messages reach tasks, and what tasks send leaves:
	// with a server.
	Messages bool
	// Settings are the system's configuration for operators, by full key,
	// such as "config.http.proxy.host".
	Settings map[string]string
}

// Sessions starts other workflows and tells how they went.
type Sessions interface {
	// Start starts an attempt, or returns the existing one with Made false.
	// An unknown workflow is ErrNoWorkflow.
	Start(ctx context.Context, r StartRequest) (SessionStatus, error)
	// Status returns the newest attempt of a session.
	Status(ctx context.Context, session int64) (SessionStatus, error)
}

// ErrNoWorkflow says that a workflow to be started does not exist.
var ErrNoWorkflow = errors.New("workflow does not exist")

// StartRequest names an attempt of a session to be started.
type StartRequest struct {
	// ProjectID or Project choose the project; with neither it is the task's own.
	ProjectID int64
	Project   string
	Workflow  string
	// Key tells the session from others of the workflow. Empty is its time.
	Key string
	// Time is the session time; a process of a program with a Key needs none.
	Time time.Time
	// Name is the attempt's name; empty for the first.
	Name   string
	Params Map
}

// SessionStatus is the state of a session by its newest attempt.
type SessionStatus struct {
	Session, Attempt int64
	// Made reports that Start made the attempt.
	Made          bool
	Done, Success bool
	// End is a signal that comes when the attempt is done. Nil means that none
	// comes, or that it is done.
	End *Key
}

// Runs starts runs of workflows under keys, and tells how they went.
type Runs interface {
	// Find returns the newest run of the session that a request names, by its Key;
	// one that there is not yet has no Attempt. An unknown workflow is ErrNoWorkflow.
	Find(ctx context.Context, r StartRequest) (RunStatus, error)
	// Start starts a run of the session, or returns the one of that name.
	Start(ctx context.Context, r StartRequest) (RunStatus, error)
	// Follow has a task that listens to the end of what it starts be told of the end of
	// an attempt that others have started. It reports whether that is still to come.
	Follow(ctx context.Context, attempt int64, by model.TryID) (bool, error)
	// Outcome tells what an attempt that has ended gave, and why it did not end well.
	Outcome(ctx context.Context, attempt int64) (Outcome, error)
}

// RunStatus is the state of a run.
type RunStatus struct {
	// Project is the one of its workflow, and Name tells it from others of its
	// session.
	Project       int64
	Attempt       int64
	Name          string
	Done, Success bool
}

// Outcome is what came of a run.
type Outcome struct {
	// Result is what its tasks have stored.
	Result Map
	// Reason is why it failed, with the task that did; empty for one that did not.
	Reason string
}

// Values is the shared key-value service of `param_set>` and `param_get>`.
type Values interface {
	// Set writes all pairs or none.
	Set(ctx context.Context, pairs Map) error
	// Get returns those of the keys that have a value.
	Get(ctx context.Context, keys []string) (Map, error)
}

// History tells how tasks went.
type History interface {
	// Tasks returns the tasks of an attempt's definition in their order, those
	// below others left out. What a task has done that the asking one comes after
	// is known; of others, it may be.
	Tasks(ctx context.Context, attempt model.AttemptID) ([]Past, error)
}

// Past is what is known of a task.
type Past struct {
	// Name is that in the definition, such as "+load", and Config what it says
	// of the task, as written.
	Name   string
	Config Map
	// State is the state that it has. Started and Ended are zero as long as it
	// has not.
	State          model.State
	Started, Ended time.Time
	// Error says why it failed.
	Error Map
}

// Notifier tells people what happened, where the instance says so.
type Notifier interface {
	Notify(ctx context.Context, n Notification) error
}

// Notification is one thing that people are told.
type Notification struct {
	Message string
	// Time is when it happened.
	Time time.Time
	// Params describe where: project, workflow, session and attempt, task.
	Params Map
}
