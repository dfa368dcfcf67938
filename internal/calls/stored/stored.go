// Package stored lets tasks call the workflows of stored projects. Who starts their
// runs is told to it.
package stored

import (
	"context"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// Runs are those that the tasks of a project may call.
type Runs struct {
	// Store has the projects. Required.
	Store store.Store
	// Own is the project of the tasks.
	Own model.ProjectID
	// Begin starts an attempt of a workflow, or returns the one of its session that
	// has the name. Required.
	Begin func(ctx context.Context, w *store.Workflow, r operator.StartRequest) (store.Attempt, error)
}

var _ operator.Runs = Runs{}

// Find implements operator.Runs.
func (r Runs) Find(ctx context.Context, of operator.StartRequest) (operator.RunStatus, error) {
	w, err := Workflow(ctx, r.Store, r.Own, of)
	if err != nil {
		return operator.RunStatus{}, err
	}
	s, err := r.Store.FindSession(ctx, w.Project, w.Name, of.Key)
	if err != nil && model.CodeOf(err) == model.NotFound {
		return operator.RunStatus{Project: int64(w.Project)}, nil
	}
	out := status(&s.Last)
	out.Project = int64(w.Project)
	return out, err
}

// Start implements operator.Runs.
func (r Runs) Start(ctx context.Context, of operator.StartRequest) (operator.RunStatus, error) {
	w, err := Workflow(ctx, r.Store, r.Own, of)
	if err != nil {
		return operator.RunStatus{}, err
	}
	a, err := r.Begin(ctx, &w, of)
	return status(&a), err
}

// Follow implements operator.Runs.
func (r Runs) Follow(ctx context.Context, attempt int64, by model.TryID) (bool, error) {
	follow := calls.ID{Attempt: by.Attempt, Task: by.Task}.Follow()
	err := r.Store.Post(ctx, []store.Post{{Attempt: model.AttemptID(attempt), Command: follow}})
	if code := model.CodeOf(err); err != nil && (code == model.Conflict || code == model.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Workflow finds the workflow that a task of a project asks for, as it is in the
// newest revision. One that there is not is operator.ErrNoWorkflow.
func Workflow(ctx context.Context, in store.Projects, own model.ProjectID, r operator.StartRequest) (store.Workflow, error) {
	var p store.Project
	var err error
	switch {
	case r.ProjectID != 0:
		p, err = in.Project(ctx, model.ProjectID(r.ProjectID))
	case r.Project != "":
		p, err = in.ProjectNamed(ctx, r.Project)
	default:
		p, err = in.Project(ctx, own)
	}
	var w store.Workflow
	if err == nil {
		w, err = in.WorkflowNamed(ctx, p.Latest.ID, r.Workflow)
	}
	if err != nil && model.CodeOf(err) == model.NotFound {
		return w, operator.ErrNoWorkflow
	}
	return w, err
}

func status(a *store.Attempt) operator.RunStatus {
	return operator.RunStatus{
		Project: int64(a.Session.Project), Attempt: int64(a.ID), Name: a.Name,
		Done: a.State.Done(), Success: a.State == engine.AttemptSuccess,
	}
}

// Outcome implements operator.Runs.
func (r Runs) Outcome(ctx context.Context, attempt int64) (operator.Outcome, error) {
	snap, err := r.Store.Load(ctx, model.AttemptID(attempt))
	if err != nil {
		return operator.Outcome{}, err
	}
	a, err := snap.Restore()
	if err != nil {
		return operator.Outcome{}, errors.Join(fmt.Errorf("read attempt %d", attempt), err)
	}
	out := operator.Outcome{Result: a.Result()}
	switch snap.Attempt.State {
	case engine.AttemptFailed:
		out.Reason = "it failed"
		if task, why := a.Blame(); task != "" {
			out.Reason = task + " failed: " + why
		}
	case engine.AttemptKilled:
		out.Reason = "it was killed"
	}
	return out, nil
}
