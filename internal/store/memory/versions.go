package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// versionKey names what is of a version in a project.
type versionKey struct {
	project model.ProjectID
	version string
}

// Addresses implements store.Versions.
func (s *Store) Addresses(ctx context.Context, project model.ProjectID, versions []string) (map[string]store.Address, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	found := make(map[string]store.Address)
	for _, v := range versions {
		if a, ok := s.versions[versionKey{project, v}]; ok {
			found[v] = a
		}
	}
	return found, nil
}

// version notes what a task gave, or that it was used.
func (s *Store) version(v *engine.Versioned) {
	of := s.attempts[v.Attempt-1].Session
	key := versionKey{of.Project, v.Version}
	old, known := s.versions[key]
	switch {
	case v.Replayed && !known, !v.Replayed && known && v.At < old.Made:
		return
	case v.Replayed:
		old.Used = max(old.Used, v.At)
		s.versions[key] = old
		return
	}
	if known {
		delete(s.attempts[old.Attempt-1].made, key)
	}
	maker := s.attempts[v.Attempt-1]
	if maker.made == nil {
		maker.made = make(map[versionKey]bool)
	}
	maker.made[key] = true
	s.versions[key] = store.Address{
		Attempt: v.Attempt, Task: v.Task, Name: v.Name, Workflow: of.Workflow, Made: v.At, Used: max(old.Used, v.At), Gave: v.Gave,
	}
}

// UseVersion implements store.Versions.
func (s *Store) UseVersion(ctx context.Context, project model.ProjectID, version string, at model.Instant) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	key := versionKey{project, version}
	a, found := s.versions[key]
	if found {
		a.Used = max(a.Used, at)
		s.versions[key] = a
	}
	return found, nil
}

// UsedSince implements store.Versions.
func (s *Store) UsedSince(ctx context.Context, ids []model.AttemptID, since model.Instant) (used []model.AttemptID, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for _, id := range ids {
		if a, err := at(s.attempts, id, "attempt"); err == nil && s.used(a, since) {
			used = append(used, id)
		}
	}
	return used, nil
}

// used reports whether what an attempt made of a version was used since an instant.
func (s *Store) used(a *attempt, since model.Instant) bool {
	for key := range a.made {
		if s.versions[key].Used >= since {
			return true
		}
	}
	return false
}

// dropVersions forgets what an attempt made.
func (s *Store) dropVersions(a *attempt) {
	for key := range a.made {
		delete(s.versions, key)
	}
}
