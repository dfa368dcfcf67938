package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type value struct {
	params.Value
	expires model.Instant
}

// SetValues implements store.Values.
func (s *Store) SetValues(ctx context.Context, pairs params.Map, now, expires model.Instant) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for k, v := range s.values {
		if v.expires <= now {
			delete(s.values, k)
		}
	}
	for k, v := range pairs.All() {
		s.values[k] = value{v, expires}
	}
	return nil
}

// GetValues implements store.Values.
func (s *Store) GetValues(ctx context.Context, keys []string, now model.Instant) (params.Map, error) {
	if err := s.enter(ctx); err != nil {
		return params.Map{}, err
	}
	defer s.mu.Unlock()
	var m params.Map
	for _, k := range keys {
		if v, ok := s.values[k]; ok && now < v.expires {
			m = m.Set(k, v.Value)
		}
	}
	return m, nil
}
