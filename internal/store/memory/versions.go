package memory

import (
	"context"
	"maps"

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
	s.versions[key] = store.Address{
		Attempt: v.Attempt, Task: v.Task, Name: v.Name, Workflow: of.Workflow, Made: v.At, Used: max(old.Used, v.At), Gave: v.Gave,
	}
}

// used reports whether what an attempt made of a version was used since an instant.
func (s *Store) used(id model.AttemptID, since model.Instant) bool {
	for _, a := range s.versions {
		if a.Attempt == id && a.Used >= since {
			return true
		}
	}
	return false
}

// dropVersions forgets what an attempt made.
func (s *Store) dropVersions(id model.AttemptID) {
	maps.DeleteFunc(s.versions, func(_ versionKey, a store.Address) bool { return a.Attempt == id })
}
