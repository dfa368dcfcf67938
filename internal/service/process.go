package service

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// session returns the session that a start asks for. Only a process of a program
// needs no time: without a key, it gets one like no other.
func (s *Service) session(r *Start) (store.Session, error) {
	w, at := r.Workflow, r.Session.Truncate(time.Second)
	out := store.Session{UUID: s.cfg.NewUUID(), Project: w.Project, Workflow: w.Name, Key: r.Key}
	if r.Key != "" {
		if err := project.CheckSessionKey(r.Key); err != nil {
			return out, err
		}
	}
	if at.IsZero() {
		if w.Definition.Dialect != workflow.Program {
			return out, model.Errorf(model.Invalid, "workflow %s is started for a session time", w.Name)
		}
		if out.Key == "" {
			out.Key = s.cfg.NewUUID()
		}
		return out, nil
	}
	out.Time = model.InstantOf(at)
	if out.Key == "" {
		out.Key = conductor.SessionKey(at)
	}
	return out, nil
}

// Inputs returns the shape of the parameters that a workflow takes: what its
// definition says, or for a process of a program what is stored beside that. Nil takes
// any.
func Inputs(w *store.Workflow) params.Value {
	if w.Definition.Inputs.Len() > 0 {
		return w.Definition.Inputs
	}
	if w.Definition.Dialect != workflow.Program {
		return nil
	}
	of, _ := w.Config.Get("params")
	return of
}

// changed returns parameters that change those of an attempt, as its workflow takes them.
func changed(w *store.Workflow, given params.Map) (params.Map, error) {
	of := Inputs(w)
	if of == nil {
		return given, nil
	}
	fits, err := shape.FitChange(of, given)
	return fits, misfit(w, err)
}

// misfit says of an error about parameters what they are for.
func misfit(w *store.Workflow, err error) error {
	if err == nil {
		return nil
	}
	kind := "workflow"
	if w.Definition.Dialect == workflow.Program {
		kind = "process"
	}
	return model.Errorf(model.Invalid, "%s %s: %w", kind, w.Name, err)
}

// fitted returns parameters as a workflow takes them.
func fitted(w *store.Workflow, given params.Map) (params.Map, error) {
	of := Inputs(w)
	if of == nil {
		return given, nil
	}
	var ours params.Map // which an attempt has that another one goes on with
	for _, name := range conductor.GivenNames {
		if v, ok := given.Get(name); ok {
			ours, given = ours.Set(name, v), given.Delete(name)
		}
	}
	fits, err := shape.FitOver(of, ours, given)
	if err != nil {
		return given, misfit(w, err)
	}
	return fits, nil
}

// Waits says what an attempt waits for that nobody drives although it could go on:
// the name of the project whose program is not running. Empty is nothing.
func (s *Service) Waits(ctx context.Context, a *store.Attempt) (project string, err error) {
	due := model.InstantOf(s.now().Add(-noticedWithin))
	if a.State.Done() || a.Owner != "" || a.Workflow == 0 || max(a.Wake, a.Created) > due {
		return "", nil
	}
	return s.programOf(ctx, a.Workflow)
}

// programOf returns the name of the project whose program runs a workflow; empty is
// for those that servers run.
func (s *Service) programOf(ctx context.Context, id model.WorkflowID) (string, error) {
	s.mu.Lock()
	project, known := s.programs[id]
	s.mu.Unlock()
	if known {
		return project, nil
	}
	w, err := s.cfg.Store.Workflow(ctx, id)
	switch {
	case err != nil && model.CodeOf(err) != model.NotFound: // else its project was deleted
		return "", err
	case err == nil && w.Definition.Dialect == workflow.Program:
		project = w.ProjectName
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.programs) >= maxCalendars {
		clear(s.programs) // those in use come back
	}
	s.programs[id] = project
	return project, nil
}

// noticedWithin is how soon a program that runs takes up what it is to drive.
const noticedWithin = 3 * time.Second
