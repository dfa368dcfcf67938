package memory

import (
	"context"
	"strings"
)

// SetNote implements store.Notes.
func (s *Store) SetNote(ctx context.Context, name, text string) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if text == "" {
		delete(s.notes, name)
		return nil
	}
	s.notes[name] = text
	return nil
}

// KeepNote implements store.Notes.
func (s *Store) KeepNote(ctx context.Context, name, text string) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	if s.notes[name] == "" {
		s.notes[name] = text
	}
	return s.notes[name], nil
}

// Notes implements store.Notes.
func (s *Store) Notes(ctx context.Context, prefix string) (map[string]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	found := make(map[string]string)
	for name, text := range s.notes {
		if strings.HasPrefix(name, prefix) {
			found[name] = text
		}
	}
	return found, nil
}
