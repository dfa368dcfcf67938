package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// StartAttempt implements store.Starts.
func (s *Store) StartAttempt(ctx context.Context, start store.Start) (store.Attempt, bool, error) {
	if err := s.enter(ctx); err != nil {
		return store.Attempt{}, false, err
	}
	defer s.mu.Unlock()
	key := sessionKey{start.Session.Project, start.Session.Workflow, start.Session.Key}
	of, ok := s.sessions[key]
	if ok {
		if id, ok := of.attempts[start.Name]; ok {
			return s.attempts[id-1].Attempt, false, nil
		}
	}
	if start.Owner != "" {
		if err := s.checkLease(start.Owner, start.Epoch); err != nil {
			return store.Attempt{}, false, err
		}
	}
	if !ok {
		of = &session{Session: start.Session, attempts: make(map[string]model.AttemptID)}
		of.ID = model.SessionID(len(s.sessions) + 1)
		s.sessions[key] = of
	}
	return s.newAttempt(of, start), true, nil
}

func (s *Store) newAttempt(of *session, start store.Start) store.Attempt {
	a := &attempt{
		Attempt: store.Attempt{
			AttemptRow: engine.AttemptRow{
				ID:     model.AttemptID(len(s.attempts) + 1),
				Params: start.Params,
			},
			Session: of.Session,
			Name:    start.Name,
			Index:   len(of.attempts) + 1,
			Zone:    start.Zone,
			Created: start.Created,
		},
		definition: start.Definition,
	}
	if start.Owner != "" {
		a.Owner, a.Epoch = start.Owner, start.Epoch
	}
	s.attempts = append(s.attempts, a)
	of.attempts[a.Name] = a.ID
	return a.Attempt
}

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
func (s *Store) ListAttempts(ctx context.Context, f store.Filter, page store.Page) ([]store.Attempt, string, error) {
	limit, below, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	if err := s.enter(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	var list []store.Attempt
	for id := min(below-1, model.AttemptID(len(s.attempts))); id > 0; id-- {
		a := &s.attempts[id-1].Attempt
		if !f.Matches(a) {
			continue
		}
		if len(list) == limit {
			return list, store.CursorAfter(list[limit-1].ID), nil
		}
		list = append(list, *a)
	}
	return list, "", nil
}

// Load implements store.Attempts.
func (s *Store) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	a, err := s.attempt(id)
	if err != nil {
		return nil, err
	}
	return a.snapshot(), nil
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
