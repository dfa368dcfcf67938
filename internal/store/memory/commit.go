package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.admit(b); err != nil {
		return err
	}
	s.write(b)
	return nil
}

// admit checks that a batch may be written.
func (s *Store) admit(b *store.Batch) error {
	if b.Owner != "" {
		if err := s.checkLease(b.Owner, b.Epoch); err != nil {
			return err
		}
	}
	for id := range b.AttemptIDs() {
		a, err := s.attempt(id)
		switch {
		case b.Owner == "" && err != nil:
			return err
		case b.Owner != "" && (err != nil || !a.ownedBy(b.Owner, b.Epoch)):
			return model.Errorf(model.Conflict, "attempt %d is not owned by %s in epoch %d", id, b.Owner, b.Epoch)
		}
	}
	return nil
}

func (s *Store) write(b *store.Batch) {
	for i := range b.Attempts {
		r := &b.Attempts[i]
		s.attempts[r.ID-1].update(r)
	}
	for i := range b.Tasks {
		r := &b.Tasks[i]
		s.attempts[r.Attempt-1].putTask(r)
	}
	for i := range b.Grown {
		g := &b.Grown[i]
		s.attempts[g.Attempt-1].putGrowth(g)
	}
	for i := range b.Events {
		e := &b.Events[i]
		s.attempts[e.Attempt-1].putEvent(e)
	}
	for _, id := range b.Release {
		s.attempts[id-1].release()
	}
}
