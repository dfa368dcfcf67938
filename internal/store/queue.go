package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// InQueue is the Wake of an attempt that waits in the run queue: it is nobody's to
// drive until it is admitted.
const InQueue = model.Never - 1

// Queued reports whether an attempt waits in the run queue, or will once the
// session that it comes after has ended.
func (a *Attempt) Queued() bool { return a.Wake == InQueue && !a.State.Done() }

// Turn is what an attempt asks of the run queue.
type Turn struct {
	// Priority says who comes first: higher ones.
	Priority int
	// Weight is how many places it takes; less than 1 counts as 1.
	Weight int
	// Taken has it begin at once and count as admitted, whether there is room or
	// not: it is a run that another waits for.
	Taken bool
}

// Waiting is an attempt that waits in the run queue, or holds a place. Of its tags, Run has those
// that were asked for, model.ProjectTag and model.WorkflowTag among them.
type Waiting struct {
	admission.Run
	Project  model.ProjectID
	Workflow string
	// Since is when it was made.
	Since model.Instant
}

// Chooser decides which attempts are admitted. It must be quick, and not use the
// store. A store may have it begin again.
type Chooser interface {
	// Begin tells, first of all, what holds a place and what rates have spent. It
	// returns whether a page is wanted at all.
	Begin(held []Waiting, spent admission.Spent) (more bool)
	// Offer decides on the next page of those that wait, in the order of
	// admission.Compare: it returns the places in the page of those that are
	// admitted, and whether it wants another page.
	Offer(page []Waiting) (admitted []int, more bool)
	// Spent returns, last of all, what rates have spent more than before.
	Spent() admission.Spent
}

// Queue keeps attempts that wait until they are admitted, and who holds a place:
// those that were admitted and are not done. The commit that ends an attempt frees
// its place by that.
type Queue interface {
	// Admit has attempts begin that wait in the queue, as a chooser decides, in one
	// transaction beside which no other is: what was found to hold a place may have
	// ended meanwhile, but nothing more holds one. Each was waiting still. Tags are
	// the names of those that the chooser needs. Buckets that are full at now are
	// forgotten.
	Admit(ctx context.Context, tags []string, now model.Instant, c Chooser) ([]model.AttemptID, error)
	// LookAtQueue shows a chooser what Admit would, all tags among it, and admits
	// nobody.
	LookAtQueue(ctx context.Context, c Chooser) error
	// QueueEmpty reports whether nobody waits to be admitted, or will once a session
	// has ended. It costs next to nothing.
	QueueEmpty(ctx context.Context) (bool, error)
	// CancelQueued ends attempts that wait in the queue, or would once a session
	// has ended, as killed by then, without their ever beginning, and returns them
	// in order: all or none. Those that were admitted before are not among them. tell,
	// if not nil, returns the records that tell others of the end of each, which come
	// into the outbox with it. It must be quick, and not use the store; a store may call
	// it again.
	CancelQueued(ctx context.Context, f QueueFilter, now model.Instant, tell func(*Withdrawn) []engine.Record) ([]model.AttemptID, error)
}

// Withdrawn is an attempt that has ended while it was in the queue.
type Withdrawn struct {
	// Attempt is as it is then.
	Attempt
	// Project and Revision are the names of those of the stored workflow that it was to
	// run; empty if that is gone.
	Project, Revision string
	// Scope is that of its parameters.
	Scope workflow.Scope
}

// End is the only event of an attempt that ended while it was in the queue.
func (w *Withdrawn) End() engine.Event { return Cancelled(w.ID, w.Session.Workflow, w.Ended) }

// QueueFilter selects attempts in the queue; zero fields match all.
type QueueFilter struct {
	// Attempts are the only ones; nil is all.
	Attempts []model.AttemptID
	// Projects are those whose attempts are meant; nil is all.
	Projects []model.ProjectID
	Workflow string
	// Tags are what they have, all of them.
	Tags model.Tags
}

// PlaceTags are the tags that an attempt has for the queue because of what it is of.
func PlaceTags(project, workflow string) []admission.Tag {
	return []admission.Tag{{Name: model.ProjectTag, Value: project}, {Name: model.WorkflowTag, Value: project + "/" + workflow}}
}

// Cancelled is the only event of an attempt that ended while it was in the queue.
func Cancelled(id model.AttemptID, workflow string, now model.Instant) engine.Event {
	return engine.Event{Attempt: id, Seq: 1, At: now, Kind: engine.AttemptEnded, Name: "+" + workflow, Data: params.Of(engine.EndedKilled, true)}
}
