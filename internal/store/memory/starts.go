package memory

import (
	"context"
	"maps"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// StartAttempt implements store.Starts.
func (s *Store) StartAttempt(ctx context.Context, start store.Start) (store.Attempt, bool, error) {
	var a store.Attempt
	var made bool
	err := s.write(ctx, func() (bool, error) {
		found, isNew, err := s.start(&start)
		if err != nil {
			return false, err
		}
		a, made = found.Attempt, isNew
		return made && a.Owner == "", nil
	})
	return a, made, err
}

// StartAll implements store.Starts.
func (s *Store) StartAll(ctx context.Context, starts []store.Start) ([]store.Attempt, error) {
	list := make([]store.Attempt, 0, len(starts))
	err := s.write(ctx, func() (bool, error) {
		before := len(s.attempts)
		for i := range starts {
			start := starts[i]
			if start.AfterFormer && i > 0 {
				start.After = list[i-1].Session.ID
			}
			a, made, err := s.start(&start)
			if err == nil && !made {
				err = model.Errorf(model.Conflict, "session %s of workflow %s has an attempt %q already",
					start.Session.Key, start.Session.Workflow, start.Name)
			}
			if err != nil {
				s.unmake(before)
				return false, err
			}
			list = append(list, a.Attempt)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// start makes an attempt, unless its session has one of that name.
func (s *Store) start(start *store.Start) (a *attempt, made bool, err error) {
	key := sessionKey{start.Session.Project, start.Session.Workflow, start.Session.Key}
	of := s.keys[key]
	if of != nil {
		if a, ok := of.names[start.Name]; ok {
			return a, false, nil
		}
	}
	if err := s.admitStart(start); err != nil {
		return nil, false, err
	}
	if of == nil {
		of = &session{Session: start.Session, names: make(map[string]*attempt)}
		of.ID = model.SessionID(len(s.sessions) + 1)
		s.sessions = append(s.sessions, of)
		s.keys[key] = of
	}
	return s.newAttempt(of, start), true, nil
}

// admitStart checks that an attempt may be made.
func (s *Store) admitStart(start *store.Start) error {
	if start.Owner != "" {
		if err := s.checkLease(start.Owner, start.Epoch); err != nil {
			return err
		}
	}
	if start.Workflow != 0 {
		w, err := at(s.workflows, start.Workflow, "workflow")
		if err != nil {
			return err
		}
		if s.projects[w.Project-1].Deleted != 0 {
			return model.Errorf(model.NotFound, "the project %q of workflow %d was deleted", w.ProjectName, w.ID)
		}
	}
	running := s.running
	if start.Session.Project != 0 && start.Pool() == 0 {
		running++
	}
	if start.MaxRunning != 0 && running > start.MaxRunning {
		return model.Errorf(model.Exhausted, "too many attempts are running: %d, and at most %d may", s.running, start.MaxRunning)
	}
	return nil
}

func (s *Store) newAttempt(of *session, start *store.Start) *attempt {
	of.made++
	a := &attempt{
		Attempt: store.Attempt{
			AttemptRow: engine.AttemptRow{
				ID:     model.AttemptID(len(s.attempts) + 1),
				Params: start.Params,
			},
			Session:  of.Session,
			Name:     start.Name,
			Index:    of.made,
			Zone:     start.Zone,
			Workflow: start.Workflow,
			Resume:   start.Resume,
			Created:  start.Created,
			Due:      start.Due,
			After:    start.After,
		},
		of:         of,
		pool:       start.Pool(),
		tags:       maps.Clone(start.Tags),
		definition: start.Definition,
	}
	if start.Owner != "" {
		a.Owner, a.Epoch = start.Owner, start.Epoch
	}
	if before, err := at(s.sessions, a.After, "session"); err == nil {
		before.hold(a)
	}
	s.enqueue(a, start.Queue)
	s.attempts = append(s.attempts, a)
	of.attempts = append(of.attempts, a)
	of.names[a.Name] = a
	s.count(a, 1)
	return a
}

// unmake takes back the newest attempts, none of which was seen.
func (s *Store) unmake(before int) {
	for i := len(s.attempts) - 1; i >= before; i-- {
		a := s.attempts[i]
		s.count(a, -1)
		delete(s.queue.places, a.ID)
		if before, err := at(s.sessions, a.After, "session"); err == nil {
			before.followers = before.followers[:len(before.followers)-1]
		}
		of := a.of
		of.made--
		of.attempts = of.attempts[:len(of.attempts)-1]
		delete(of.names, a.Name)
		if len(of.attempts) == 0 {
			delete(s.keys, sessionKey{of.Project, of.Workflow, of.Key})
			s.sessions = s.sessions[:of.ID-1]
		}
	}
	s.attempts = s.attempts[:before]
}

// count adds to the number of unfinished attempts where a counts.
func (s *Store) count(a *attempt, n int) {
	a.of.unfinished += n
	if a.Session.Project != 0 && a.pool == 0 {
		s.running += n
	}
}
