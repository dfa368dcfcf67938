package memory

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// DeleteAttempts implements store.Pruner.
func (s *Store) DeleteAttempts(ctx context.Context, ids []model.AttemptID, since model.Instant) (p store.Pruned, err error) {
	if err := s.enter(ctx); err != nil {
		return p, err
	}
	defer s.mu.Unlock()
	doomed, err := s.doomed(ids)
	if err != nil {
		return p, err
	}
	for _, a := range doomed {
		if since > 0 && s.used(a, since) {
			return p, store.InUse(a.ID)
		}
	}
	for _, a := range doomed {
		s.dropAttempt(a)
		p.Attempts = append(p.Attempts, a.ID)
		if len(a.of.attempts) == 0 {
			s.dropSession(a.of)
			p.Sessions = append(p.Sessions, a.of.ID)
		}
	}
	return p, nil
}

// doomed returns attempts, each once, in the order in which they ended, unless one of
// them is needed.
func (s *Store) doomed(ids []model.AttemptID) (list []*attempt, err error) {
	left := make(map[*session]int)
	for _, id := range ids {
		a, err := s.attempt(id)
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, a) {
			continue
		}
		list = append(list, a)
		left[a.of]++
		if err := store.Needed(id, !a.State.Done(), s.resumed(id), s.called(a), s.sends(id), false); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b *attempt) int { return endOf(a).Compare(endOf(b)) })
	for _, a := range list {
		followed := slices.ContainsFunc(a.of.followers, func(b *attempt) bool { return !b.State.Done() })
		if err := store.Needed(a.ID, false, false, false, false, followed && left[a.of] == len(a.of.attempts)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// resumed reports whether an unfinished attempt takes over what another finished.
func (s *Store) resumed(id model.AttemptID) bool {
	for b := range all(s.attempts) {
		if b.Resume.Attempt == id && !b.State.Done() {
			return true
		}
	}
	return false
}
