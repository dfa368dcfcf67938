package memory

import (
	"context"
	"maps"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// TagsOf implements store.Tags.
func (s *Store) TagsOf(ctx context.Context, ids []model.AttemptID) (map[model.AttemptID]model.Tags, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	found := make(map[model.AttemptID]model.Tags)
	for _, id := range ids {
		if a, err := s.attempt(id); err == nil && len(a.tags) > 0 {
			found[id] = maps.Clone(a.tags)
		}
	}
	return found, nil
}

// ChangeTags implements store.Tags.
func (s *Store) ChangeTags(ctx context.Context, id model.AttemptID, set model.Tags, unset []string) (tags model.Tags, err error) {
	err = s.write(ctx, func() (bool, error) {
		a, err := s.attempt(id)
		if err != nil {
			return false, err
		}
		if tags, err = store.Retag(a.tags, set, unset); err != nil {
			return false, err
		}
		a.tags = tags
		return true, nil
	})
	return maps.Clone(tags), err
}

// tagged reports whether an attempt has all of these tags.
func (a *attempt) tagged(with model.Tags) bool {
	for name, value := range with {
		if got, ok := a.tags[name]; !ok || got != value {
			return false
		}
	}
	return true
}
