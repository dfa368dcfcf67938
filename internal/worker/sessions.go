package worker

import (
	"context"

	"github.com/pawlhq/pawl/internal/calls/stored"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
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
	if r.Name != "" {
		if err := project.CheckRetryAttemptName(r.Name); err != nil {
			return operator.SessionStatus{}, err
		}
	}
	w, err := stored.Workflow(ctx, s.w.cfg.Store, s.own, r)
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

// runs are what the tasks of a project may call.
func (w *Worker) runs(own model.ProjectID) operator.Runs {
	return stored.Runs{Store: w.cfg.Store, Own: own, Begin: func(ctx context.Context, of *store.Workflow, r operator.StartRequest) (store.Attempt, error) {
		a, err := w.cfg.Service.Start(ctx, service.Start{Workflow: of, Key: r.Key, Session: r.Time, Name: r.Name, Params: r.Params})
		if model.CodeOf(err) == model.Conflict && a.ID != 0 {
			return a, nil // another try has started it
		}
		return a, err
	}}
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
