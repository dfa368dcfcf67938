package store

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// AuditID numbers the entries of an audit log, in the order in which they were
// written.
type AuditID int64

// AuditEntry says who did what, or was not allowed to. The words in it are
// those of whoever writes the log.
type AuditEntry struct {
	ID   AuditID
	Time model.Instant
	// Principal is the name of who it was; empty if that is not known.
	Principal string
	Action    string
	// Project is the name of the project, or empty.
	Project string
	// Target is what the action was taken on.
	Target  string
	Outcome string
	// Remote is the address that the request came from.
	Remote string
}

// Audit keeps the audit log. An entry never changes, and only Prune removes
// any.
type Audit interface {
	// AppendAudit writes entries, all or none, and numbers them in order of
	// success. The ids given are ignored.
	AppendAudit(ctx context.Context, entries []AuditEntry) error
	// ListAudit returns entries that match, the latest first and, of those of
	// one instant, the one that was written last. Its cost does not depend on
	// how many come before the page.
	ListAudit(ctx context.Context, f AuditFilter, page Page) ([]AuditEntry, string, error)
}

// AuditFilter selects entries of the audit log; zero fields match all.
type AuditFilter struct {
	Principal, Action, Project string
	// From is the first instant, and Until the one after the last.
	From, Until model.Instant
}

// Matches reports whether f selects e.
func (f AuditFilter) Matches(e *AuditEntry) bool {
	return (f.Principal == "" || f.Principal == e.Principal) &&
		(f.Action == "" || f.Action == e.Action) &&
		(f.Project == "" || f.Project == e.Project) &&
		f.From <= e.Time && (f.Until == 0 || e.Time < f.Until)
}
