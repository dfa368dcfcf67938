package memory

import (
	"context"
	"iter"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Workflow implements store.Projects.
func (s *Store) Workflow(ctx context.Context, id model.WorkflowID) (store.Workflow, error) {
	if err := s.enter(ctx); err != nil {
		return store.Workflow{}, err
	}
	defer s.mu.Unlock()
	w, err := at(s.workflows, id, "workflow")
	if err != nil {
		return store.Workflow{}, err
	}
	return *w, nil
}

// WorkflowNamed implements store.Projects.
func (s *Store) WorkflowNamed(ctx context.Context, revision model.RevisionID, name string) (store.Workflow, error) {
	if err := s.enter(ctx); err != nil {
		return store.Workflow{}, err
	}
	defer s.mu.Unlock()
	for w := range all(s.workflows) {
		if w.Revision == revision && w.Name == name {
			return *w, nil
		}
	}
	return store.Workflow{}, model.Errorf(model.NotFound, "revision %d has no workflow %q", revision, name)
}

// ListWorkflows implements store.Projects.
func (s *Store) ListWorkflows(ctx context.Context, f store.WorkflowFilter, p store.Page) ([]store.Workflow, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, s.workflowsFrom(past, f.Newest), func(w *store.Workflow) (store.Workflow, bool) {
		entry := *w
		entry.Definition = nil
		return entry, s.selects(&f, w)
	}, func(w store.Workflow) int64 { return int64(w.ID) })
	return list, next, nil
}

func (s *Store) workflowsFrom(past int64, turned bool) iter.Seq[*store.Workflow] {
	if turned {
		return newest(s.workflows, past)
	}
	return oldest(s.workflows, past)
}

func (s *Store) selects(f *store.WorkflowFilter, w *store.Workflow) bool {
	if f.Revision == 0 {
		if of := s.projects[w.Project-1]; of.Deleted != 0 || of.Latest.ID != w.Revision {
			return false
		}
	} else if f.Revision != w.Revision {
		return false
	}
	return strings.Contains(w.Name, f.Contains) || f.OrProject && strings.Contains(w.ProjectName, f.Contains)
}
