package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

// PutSecret implements secret.Records.
func (s *Store) PutSecret(ctx context.Context, r secret.Record) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	p, err := at(s.projects, r.Project, "project")
	if err == nil && p.Deleted != 0 {
		err = model.Errorf(model.NotFound, "project %d was deleted", p.ID)
	}
	if err != nil {
		return err
	}
	s.secrets[r.Place] = r.Text
	return nil
}

// Secret implements secret.Records.
func (s *Store) Secret(ctx context.Context, p secret.Place) (string, error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	text, ok := s.secrets[p]
	if !ok {
		return "", operator.ErrNoSecret
	}
	return text, nil
}

// SecretKeys implements secret.Records.
func (s *Store) SecretKeys(ctx context.Context, project model.ProjectID, scope secret.Scope) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var keys []string
	for p := range s.secrets {
		if p.Project == project && p.Scope == scope {
			keys = append(keys, p.Key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// DeleteSecret implements secret.Records.
func (s *Store) DeleteSecret(ctx context.Context, p secret.Place) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(s.secrets, p)
	return nil
}

// SecretsAfter implements secret.Records.
func (s *Store) SecretsAfter(ctx context.Context, after secret.Place, limit int) ([]secret.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []secret.Record
	for p, text := range s.secrets {
		if comparePlaces(p, after) > 0 {
			found = append(found, secret.Record{Place: p, Text: text})
		}
	}
	slices.SortFunc(found, func(a, b secret.Record) int { return comparePlaces(a.Place, b.Place) })
	return found[:min(limit, len(found))], nil
}

func comparePlaces(a, b secret.Place) int {
	return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key))
}

// SwapSecret implements secret.Records.
func (s *Store) SwapSecret(ctx context.Context, r secret.Record, old string) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	if text, ok := s.secrets[r.Place]; !ok || text != old {
		return false, nil
	}
	s.secrets[r.Place] = r.Text
	return true, nil
}
