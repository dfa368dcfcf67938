package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/store"
)

// Digest implements store.Digests.
func (s *Store) Digest(ctx context.Context, q store.DigestQuery) ([]store.Digest, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var d store.Digester
	for a := range all(s.attempts) {
		e := store.EndedAttempt{
			ID: a.ID, Project: a.Session.Project, Workflow: a.Session.Workflow, State: a.State, Started: a.Started, Ended: a.Ended,
		}
		if q.Matches(&e) {
			d.Add(e)
		}
	}
	return d.Digests(), nil
}
