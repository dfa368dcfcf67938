package store

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Backfills tells how backfills go. Nothing is kept of them: the attempts of one are
// those whose model.BackfillTag has its name.
type Backfills interface {
	// ListBackfills returns backfills that match, by name, project and workflow, with
	// those of up to page.Limit names. It looks at the attempts of a bounded number of
	// backfills: a page may be short, or empty, and have a cursor even so. Only an empty
	// cursor is the end. A limit or a cursor that no page has is Invalid.
	ListBackfills(ctx context.Context, f BackfillFilter, page Page) ([]Backfill, string, error)
}

// BackfillFilter selects backfills; zero fields match all.
type BackfillFilter struct {
	// Projects are those whose backfills are meant; nil is all.
	Projects []model.ProjectID
	Workflow string
	Name     string
}

// Matches reports whether f selects b.
func (f *BackfillFilter) Matches(b *Backfill) bool {
	return (f.Projects == nil || slices.Contains(f.Projects, b.Project)) &&
		(f.Workflow == "" || f.Workflow == b.Workflow) && (f.Name == "" || f.Name == b.Name)
}

// Backfill is what is known of one by its attempts: those of a workflow that have its
// name. Of each session, the newest of these counts.
type Backfill struct {
	Name     string
	Project  model.ProjectID
	Workflow string
	// First is the oldest of its attempts, and Created when that was made.
	First   model.AttemptID
	Created model.Instant
	// From and Until are the times of the first and of the last session.
	From, Until model.Instant
	// These count sessions. Those that wait have not begun.
	Succeeded, Failed, Killed, Running, Waiting int
}

// Sessions is how many there are.
func (b *Backfill) Sessions() int { return b.Succeeded + b.Failed + b.Killed + b.Running + b.Waiting }

// Done reports whether all have ended.
func (b *Backfill) Done() bool { return b.Running+b.Waiting == 0 }

// Count counts a session by its attempt.
func (b *Backfill) Count(a *engine.AttemptRow) {
	switch {
	case a.State == engine.AttemptSuccess:
		b.Succeeded++
	case a.State == engine.AttemptFailed:
		b.Failed++
	case a.State.Done():
		b.Killed++
	case a.Started != 0:
		b.Running++
	default:
		b.Waiting++
	}
}
