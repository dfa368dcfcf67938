package worker

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// sessions are what the tasks of a project may require.
type sessions struct {
	w   *Worker
	own model.ProjectID
}

var _ operator.Sessions = sessions{}

// Start implements operator.Sessions.
func (s sessions) Start(ctx context.Context, r operator.StartRequest) (operator.SessionStatus, error) {
	w, err := s.workflow(ctx, r)
	if model.CodeOf(err) == model.NotFound {
		return operator.SessionStatus{}, operator.ErrNoWorkflow
	}
	if err != nil {
		return operator.SessionStatus{}, err
	}
	a, err := s.w.cfg.Service.Start(ctx, service.Start{Workflow: &w, Session: r.Time, Name: r.Name, Params: r.Params})
	exists := model.CodeOf(err) == model.Conflict
	if err != nil && !exists {
		return operator.SessionStatus{}, err
	}
	return statusOf(a, !exists), nil
}

// workflow finds what a task requires, as it is in the newest revision.
func (s sessions) workflow(ctx context.Context, r operator.StartRequest) (store.Workflow, error) {
	var p store.Project
	var err error
	switch {
	case r.ProjectID != 0:
		p, err = s.w.cfg.Store.Project(ctx, model.ProjectID(r.ProjectID))
	case r.Project != "":
		p, err = s.w.cfg.Store.ProjectNamed(ctx, r.Project)
	default:
		p, err = s.w.cfg.Store.Project(ctx, s.own)
	}
	if err != nil {
		return store.Workflow{}, err
	}
	return s.w.cfg.Store.WorkflowNamed(ctx, p.Latest.ID, r.Workflow)
}

// Status implements operator.Sessions.
func (s sessions) Status(ctx context.Context, session int64) (operator.SessionStatus, error) {
	of, err := s.w.cfg.Store.Session(ctx, model.SessionID(session))
	return statusOf(of.Last, false), err
}

func statusOf(a store.Attempt, made bool) operator.SessionStatus {
	return operator.SessionStatus{
		Session: int64(a.Session.ID), Attempt: int64(a.ID), Made: made,
		Done: a.State.Done(), Success: a.State == engine.AttemptSuccess,
	}
}
