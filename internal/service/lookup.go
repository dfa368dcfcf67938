package service

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Project returns a project that is not deleted, or a NotFound error.
func (s *Service) Project(ctx context.Context, id model.ProjectID) (store.Project, error) {
	p, err := s.cfg.Store.Project(ctx, id)
	if err == nil && p.Deleted != 0 {
		return p, model.Errorf(model.NotFound, "project %d was deleted", id)
	}
	return p, err
}

// DeleteProject deletes a project, which is returned as it was before. What
// runs goes on, and what there is of its sessions can still be read.
func (s *Service) DeleteProject(ctx context.Context, id model.ProjectID) (store.Project, error) {
	return s.cfg.Store.DeleteProject(ctx, id, model.InstantOf(s.now()))
}

// Revision returns the revision of a project with that name, or the newest one
// for an empty name. One that does not exist is NotFound.
func (s *Service) Revision(ctx context.Context, p *store.Project, name string) (store.Revision, error) {
	if name == "" || name == p.Latest.Name {
		return p.Latest, nil
	}
	return s.cfg.Store.Revision(ctx, p.ID, name)
}

// Workflows returns the workflows of a revision in the order of their files.
func (s *Service) Workflows(ctx context.Context, r *store.Revision) ([]store.Workflow, error) {
	var all []store.Workflow
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := s.cfg.Store.ListWorkflows(ctx, store.WorkflowFilter{Revision: r.ID}, page)
		if err != nil {
			return nil, err
		}
		if all = append(all, list...); next == "" {
			return all, nil
		}
		page.Cursor = next
	}
}

// Attempt returns an attempt of a stored project, or a NotFound error.
func (s *Service) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	a, err := s.cfg.Store.Attempt(ctx, id)
	if err == nil && a.Session.Project == 0 {
		return a, model.Errorf(model.NotFound, "attempt %d belongs to no stored project", id)
	}
	return a, err
}

// Session returns a session of a stored project, or a NotFound error.
func (s *Service) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	e, err := s.cfg.Store.Session(ctx, id)
	if err == nil && e.Project == 0 {
		return e, model.Errorf(model.NotFound, "session %d belongs to no stored project", id)
	}
	return e, err
}

// Tasks returns an attempt with all its tasks as they are at one moment. It is
// to be looked at only.
func (s *Service) Tasks(ctx context.Context, id model.AttemptID) (*engine.Attempt, error) {
	a, _, err := s.TasksAsOf(ctx, id)
	return a, err
}

// TasksAsOf is Tasks with the number of the newest event by that moment.
func (s *Service) TasksAsOf(ctx context.Context, id model.AttemptID) (a *engine.Attempt, seq int64, err error) {
	snap, err := s.cfg.Store.Load(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	a, err = snap.Restore()
	return a, snap.Seq, err
}
