package memory

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

type sessionKey struct {
	project       model.ProjectID
	workflow, key string
}

type session struct {
	store.Session
	attempts []*attempt // in order of id
	names    map[string]*attempt
	// made counts the attempts, those that were pruned included.
	made int
	// unfinished counts the attempts that are not done.
	unfinished int
	// followers are the attempts that come after the session, in order of id.
	followers []*attempt
}

func (s *session) last() *attempt { return s.attempts[len(s.attempts)-1] }

func (s *session) entry() store.SessionEntry {
	return store.SessionEntry{Session: s.Session, Last: s.last().Attempt}
}

// hold holds back an attempt that comes after the session, while one of the
// session's is unfinished.
func (s *session) hold(a *attempt) {
	s.followers = append(s.followers, a)
	if a.Owner == "" && s.unfinished > 0 {
		a.Wake = model.Never
	}
}

// wakeFollowers lets the attempts begin, or be queued, that come after a session. It
// reports whether there were any.
func (s *Store) wakeFollowers(of *session) (woke bool) {
	for _, a := range of.followers {
		if a.claimable() {
			a.Wake = s.wakes(a)
			woke = true
		}
	}
	return woke
}

// Session implements store.Attempts.
func (s *Store) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	if err := s.enter(ctx); err != nil {
		return store.SessionEntry{}, err
	}
	defer s.mu.Unlock()
	of, err := at(s.sessions, id, "session")
	if err != nil {
		return store.SessionEntry{}, err
	}
	return of.entry(), nil
}

// FindSession implements store.Attempts.
func (s *Store) FindSession(ctx context.Context, project model.ProjectID, workflow, key string) (store.SessionEntry, error) {
	if err := s.enter(ctx); err != nil {
		return store.SessionEntry{}, err
	}
	defer s.mu.Unlock()
	of, ok := s.keys[sessionKey{project, workflow, key}]
	if !ok {
		return store.SessionEntry{}, model.Errorf(model.NotFound, "workflow %s has no session %s", workflow, key)
	}
	return of.entry(), nil
}

// LastSessionTime implements store.Attempts.
func (s *Store) LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (model.Instant, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	var last model.Instant
	for of := range all(s.sessions) {
		if of.Project == project && of.Workflow == workflow && of.Time < before {
			last = max(last, of.Time)
		}
	}
	return last, nil
}

// ListSessions implements store.Attempts.
func (s *Store) ListSessions(ctx context.Context, f store.SessionFilter, p store.Page) ([]store.SessionEntry, string, error) {
	limit, past, err := s.enterPage(ctx, p)
	if err != nil {
		return nil, "", err
	}
	defer s.mu.Unlock()
	list, next := page(limit, newest(s.sessions, past), func(of *session) (store.SessionEntry, bool) {
		return of.entry(), (f.Project == 0 || f.Project == of.Project) &&
			(f.Workflow == "" || f.Workflow == of.Workflow) && (!f.Stored || of.Project != 0)
	}, func(e store.SessionEntry) int64 { return int64(e.ID) })
	return list, next, nil
}
