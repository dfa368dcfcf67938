package instance

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// requirement is a session that a task asked for. Each run of the program
// begins a session that is asked for once, as Digdag's local runs do, and the
// new attempt takes over what earlier runs finished.
type requirement struct {
	workflow, name string
	session        int64
}

// Start begins a session for a task that requires it.
func (in *Instance) Start(ctx context.Context, r operator.StartRequest) (operator.SessionStatus, error) {
	if r.Project != "" && r.Project != Project || r.ProjectID > 1 {
		return operator.SessionStatus{}, operator.ErrNoWorkflow
	}
	w, ok := in.workflow(r.Workflow)
	if !ok {
		return operator.SessionStatus{}, operator.ErrNoWorkflow
	}
	in.starting.Lock()
	defer in.starting.Unlock()
	want := requirement{workflow: w.Name, name: r.Name, session: r.Time.Unix()}
	if id, begun := in.begun[want]; begun {
		a, err := in.store.Attempt(ctx, id)
		return statusOf(a, false), err
	}
	calendar, err := CalendarOf(w)
	if err != nil {
		return operator.SessionStatus{}, err
	}
	b, err := in.Begin(ctx, Request{Workflow: w, Calendar: calendar, Session: r.Time.Truncate(time.Second), Params: r.Params})
	if err != nil {
		return operator.SessionStatus{}, err
	}
	in.begun[want] = b.Attempt.ID
	return statusOf(b.Attempt, true), nil
}

// Status returns the newest attempt of a session.
func (in *Instance) Status(ctx context.Context, session int64) (operator.SessionStatus, error) {
	list, _, err := in.store.ListAttempts(ctx, store.Filter{Session: model.SessionID(session)}, store.Page{Limit: 1})
	switch {
	case err != nil:
		return operator.SessionStatus{}, err
	case len(list) == 0:
		return operator.SessionStatus{}, model.Errorf(model.NotFound, "there is no session %d", session)
	}
	return statusOf(list[0], false), nil
}

func statusOf(a store.Attempt, made bool) operator.SessionStatus {
	s := operator.SessionStatus{
		Session: int64(a.Session.ID), Attempt: int64(a.ID), Made: made,
		Done: a.State.Done(), Success: a.State == engine.AttemptSuccess,
	}
	if !s.Done {
		s.End = endOf(a.ID)
	}
	return s
}

func (in *Instance) workflow(name string) (*workflow.Workflow, bool) {
	for _, w := range in.cfg.Workflows {
		if w.Name == name {
			return w, true
		}
	}
	return nil, false
}

var _ operator.Sessions = (*Instance)(nil)
