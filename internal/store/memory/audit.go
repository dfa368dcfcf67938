package memory

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/store"
)

func markOf(e *store.AuditEntry) store.Mark { return store.Mark{Time: e.Time, ID: int64(e.ID)} }

// auditAt returns where the entry of a place is, or belongs.
func (s *Store) auditAt(m store.Mark) int {
	i, _ := slices.BinarySearchFunc(s.audit, m, func(e store.AuditEntry, m store.Mark) int { return markOf(&e).Compare(m) })
	return i
}

// AppendAudit implements store.Audit.
func (s *Store) AppendAudit(ctx context.Context, entries []store.AuditEntry) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, e := range entries {
		s.auditID++
		e.ID = s.auditID
		s.audit = slices.Insert(s.audit, s.auditAt(markOf(&e)), e)
	}
	return nil
}

// ListAudit implements store.Audit.
func (s *Store) ListAudit(ctx context.Context, f store.AuditFilter, p store.Page) (list []store.AuditEntry, next string, err error) {
	limit, past, err := p.MarkBounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next = pageBack(s.audit[:s.auditAt(store.BelowMark(past))], limit, f.Matches, markOf)
	return list, next, nil
}
