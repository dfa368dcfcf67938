package store

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Retention says how long a store keeps what nobody needs to go on. What a
// field that is zero is about is kept for good.
type Retention struct {
	// Attempts is how long an attempt is kept after it ended.
	Attempts time.Duration
	// Of says so of some workflows in the place of Attempts.
	Of []WorkflowRetention
	// Sessions is how many sessions of each workflow, the newest, are kept
	// with all their attempts, however old those are.
	Sessions int
	// Projects is how long a project is kept after it was deleted.
	Projects time.Duration
	// Audit is how long an entry of the audit log is kept.
	Audit time.Duration
	// Letters is how long a dead letter is kept.
	Letters time.Duration
	// Versions is how long an attempt is kept after others last took over what it made
	// of a version (see the interface Versions), or it made that, however old it is;
	// VersionInUse at least.
	Versions time.Duration
	// Facts is how long what tasks have told is kept. Of what is older, the last of each
	// product, and of each of its partitions, stays: it is what stood when that time began.
	Facts time.Duration
	// Ticks is how long ticks are kept, by what came of them.
	Ticks TickRetention
}

// TickRetention says how long ticks are kept; zero is for good.
type TickRetention struct {
	Started, Skipped, Failed time.Duration
}

// Of returns how long ticks with an outcome are kept.
func (r TickRetention) Of(o TickOutcome) time.Duration {
	switch o {
	case TickStarted:
		return r.Started
	case TickSkipped:
		return r.Skipped
	default:
		return r.Failed
	}
}

// WorkflowRetention says how long attempts of a workflow are kept after they ended;
// zero is for good.
type WorkflowRetention struct {
	// Project is the name of the project.
	Project string
	// Workflow is that of the workflow; empty is for those of the project of which
	// nothing else is said.
	Workflow string
	Attempts time.Duration
}

// AttemptsOf returns how long attempts of a workflow are kept.
func (r *Retention) AttemptsOf(project, workflow string) time.Duration {
	kept, near := r.Attempts, false
	for _, o := range r.Of {
		switch {
		case o.Project != project:
		case o.Workflow == workflow:
			return o.Attempts
		case o.Workflow == "" && !near:
			kept, near = o.Attempts, true
		}
	}
	return kept
}

// Expired returns the instant before which something is older, at now, than it
// is to be kept; 0 when it is kept for good.
func Expired(now model.Instant, kept time.Duration) model.Instant {
	if kept <= 0 {
		return 0
	}
	return max(now.Add(-kept), 0)
}

// Pruned is what a call of Prune deleted.
type Pruned struct {
	// Attempts and Sessions are in the order in which the attempts ended, those of
	// workflows with a retention of their own after the others.
	Attempts []model.AttemptID
	Sessions []model.SessionID
	// Revisions are those of deleted projects, as they were. Their archives
	// beside the store are orphans from then on.
	Revisions []Revision
	Projects  []model.ProjectID
	// Values, Audit, Letters, Ticks and Facts count shared values, entries of the audit
	// log, dead letters, ticks and facts.
	Values, Audit, Letters, Ticks, Facts int
}

// Pruner forgets.
type Pruner interface {
	// Prune deletes, in one transaction, values that have expired and what a
	// retention does not keep, of each kind the oldest first and no more than
	// a page has entries; less where they are large. It returns the cursor to
	// go on with, or "" when it is through: calls that go on until then cost
	// what they delete, and a look at each attempt that is old enough and
	// stays.
	//
	// An attempt that is the address of a version stays while that was used lately
	// (Retention.Versions). An attempt goes with its tasks, growths and events, and with the messages
	// that it buried. It stays while an unfinished attempt resumes from it, has
	// called it (calls.Of) or follows it (calls.Following), and while a record of it is
	// to be sent. The newest one of a session stays while the session has another, and while an unfinished attempt comes
	// after the session, which goes with it. A deleted project goes when it
	// has no attempts any more, with its revisions, their archives and
	// workflows, and the definitions that nothing else uses; meanwhile,
	// revisions may be missing, but never the newest.
	//
	// What is gone is not found, and no id is given again. A session with the
	// key of one that is gone, or an attempt with such a name, is a new one.
	Prune(ctx context.Context, r Retention, now model.Instant, page Page) (p Pruned, next string, err error)
	// DeleteAttempts deletes attempts in one transaction, as Prune does, however
	// young they are: all of them, or none. A session goes with the last of its
	// attempts; of others, the newest that is left is the last one from then on.
	// One that does not exist is NotFound. It is a Conflict while one of them is
	// unfinished, while an unfinished attempt resumes from one, has called or follows one or
	// comes after a session that would go, and while a record of one is to be sent; also, unless
	// since is 0, where one made what is of a version that was used, or made, no earlier
	// than that.
	DeleteAttempts(ctx context.Context, ids []model.AttemptID, since model.Instant) (Pruned, error)
}

// Needed is the Conflict of DeleteAttempts about an attempt that others need, for
// a reason.
func Needed(id model.AttemptID, unfinished, resumed, called, sends, followed bool) error {
	switch {
	case unfinished:
		return model.Errorf(model.Conflict, "attempt %d goes on", id).WithHint("kill it first")
	case resumed:
		return model.Errorf(model.Conflict, "an attempt that goes on takes over what attempt %d finished", id)
	case called:
		return model.Errorf(model.Conflict, "a task that waits for the end of attempt %d has not taken notice of it", id)
	case sends:
		return model.Errorf(model.Conflict, "a record of attempt %d is still to be sent", id).WithHint("`pawl outbox` lists those, and forgets them")
	case followed:
		return model.Errorf(model.Conflict, "an attempt comes after the session of attempt %d and has not ended", id)
	}
	return nil
}

// InUse is the Conflict of DeleteAttempts about an attempt that others take over from.
func InUse(id model.AttemptID) error {
	return model.Errorf(model.Conflict, "what a memoised task of attempt %d has made was taken over a moment ago", id)
}

// PruneTasks is how many tasks the attempts of one call of Prune have before
// it ends early, and PruneBytes the size of the archives that are in the
// store: others wait meanwhile.
const (
	PruneTasks = 10_000
	PruneBytes = 64 << 20
)
