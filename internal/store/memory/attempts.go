package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Attempt implements store.Attempts.
func (s *Store) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	if err := s.enter(ctx); err != nil {
		return store.Attempt{}, err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(id)
	if err != nil {
		return store.Attempt{}, err
	}
	return a.Attempt, nil
}

// ListAttempts implements store.Attempts.
func (s *Store) ListAttempts(ctx context.Context, f store.Filter, p store.Page) ([]store.Attempt, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, newest(s.attempts, past), func(a *attempt) (store.Attempt, bool) {
		return a.Attempt, f.Matches(&a.Attempt, a.of.last() == a)
	}, func(a store.Attempt) int64 { return int64(a.ID) })
	return list, next, nil
}

// Load implements store.Attempts.
func (s *Store) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.load(id)
}

// LoadAll implements store.Attempts.
func (s *Store) LoadAll(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	list := make([]store.Loaded, len(ids))
	for i, id := range ids {
		list[i].Snapshot, list[i].Err = s.load(id)
	}
	return list, nil
}

func (s *Store) load(id model.AttemptID) (*store.Snapshot, error) {
	a, err := s.attempt(id)
	if err != nil {
		return nil, err
	}
	snapshot := a.snapshot()
	snapshot.Inbox = s.inbox(a)
	return snapshot, nil
}

// Events implements store.History.
func (s *Store) Events(ctx context.Context, id model.AttemptID, after int64, limit int) ([]engine.Event, error) {
	limit, err := store.EventLimit(limit)
	if err != nil {
		return nil, err
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(id)
	if err != nil {
		return nil, err
	}
	from, found := a.search(after)
	if found {
		from++
	}
	events := a.events[from:]
	return append([]engine.Event(nil), events[:min(limit, len(events))]...), nil
}
