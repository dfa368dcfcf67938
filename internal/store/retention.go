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
	// Sessions is how many sessions of each workflow, the newest, are kept
	// with all their attempts, however old those are.
	Sessions int
	// Projects is how long a project is kept after it was deleted.
	Projects time.Duration
	// Audit is how long an entry of the audit log is kept.
	Audit time.Duration
	// Letters is how long a dead letter is kept.
	Letters time.Duration
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
	// Attempts and Sessions are in the order in which the attempts ended.
	Attempts []model.AttemptID
	Sessions []model.SessionID
	// Revisions are those of deleted projects, as they were. Their archives
	// beside the store are orphans from then on.
	Revisions []Revision
	Projects  []model.ProjectID
	// Values, Audit and Letters count shared values, entries of the audit log
	// and dead letters.
	Values, Audit, Letters int
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
	// An attempt goes with its tasks, growths and events, and with the messages
	// that it buried. It stays while an unfinished attempt resumes from it, and
	// while a record of it is to be sent. The newest one of a session stays
	// while the session has another, and while an unfinished attempt comes
	// after the session, which goes with it. A deleted project goes when it
	// has no attempts any more, with its revisions, their archives and
	// workflows, and the definitions that nothing else uses; meanwhile,
	// revisions may be missing, but never the newest.
	//
	// What is gone is not found, and no id is given again. A session with the
	// key of one that is gone, or an attempt with such a name, is a new one.
	Prune(ctx context.Context, r Retention, now model.Instant, page Page) (p Pruned, next string, err error)
}

// PruneTasks is how many tasks the attempts of one call of Prune have before
// it ends early, and PruneBytes the size of the archives that are in the
// store: others wait meanwhile.
const (
	PruneTasks = 10_000
	PruneBytes = 64 << 20
)
