package postgres

import (
	"crypto/sha256"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ledger holds what a transaction of starts has found, and what it is to
// write. Its methods decide one start after the other, each as if those before
// it were written.
type ledger struct {
	sessions  map[sessionKey]*session
	leases    map[int64]string // owners by epoch
	startable map[model.WorkflowID]bool
	// unfinished has the sessions with an unfinished attempt, of those that
	// something is to come after.
	unfinished map[model.SessionID]bool
	// running counts the unfinished attempts of stored projects, up to the
	// most that anybody asks about.
	running     int
	definitions map[[sha256.Size]byte]int64
	versions    map[model.ScheduleID]int64
	// last and found are the ids that were given out last, now and before.
	last, found ids

	made   []made
	bodies []*start // with the definitions that are new, in order of id
	fired  map[model.ScheduleID]store.Schedule
}

type ids struct{ session, attempt, definition int64 }

type sessionKey struct {
	project       model.ProjectID
	workflow, key string
}

func keyOf(s *store.Session) sessionKey { return sessionKey{s.Project, s.Workflow, s.Key} }

// session is one with the attempts that are known of it.
type session struct {
	store.Session
	isNew bool
	// attempts counts all, last is the newest if it is made now.
	attempts int
	last     model.AttemptID
	byName   map[string]model.AttemptID
}

// made is an attempt to be written.
type made struct {
	store.Attempt
	definition int64
	params     []byte
}

func newLedger() *ledger {
	return &ledger{
		sessions:    make(map[sessionKey]*session),
		leases:      make(map[int64]string),
		startable:   make(map[model.WorkflowID]bool),
		unfinished:  make(map[model.SessionID]bool),
		definitions: make(map[[sha256.Size]byte]int64),
		versions:    make(map[model.ScheduleID]int64),
		fired:       make(map[model.ScheduleID]store.Schedule),
	}
}

// existing returns the attempt that a start asks for, or 0.
func (l *ledger) existing(s *start) model.AttemptID {
	if of := l.sessions[keyOf(&s.Session)]; of != nil {
		return of.byName[s.Name]
	}
	return 0
}

// makeOrFind makes an attempt, unless its session has one of that name.
func (l *ledger) makeOrFind(s *start) (a store.Attempt, existing model.AttemptID, err error) {
	if existing = l.existing(s); existing != 0 {
		return a, existing, nil
	}
	if err := l.admit(s, 0); err != nil {
		return a, 0, err
	}
	return l.make(s), 0, nil
}

// admit refuses a start that has no right or no room. before are the attempts
// of stored projects that are to be made before it.
func (l *ledger) admit(s *start, before int) error {
	if owner, stands := l.leases[s.Epoch]; s.Owner != "" && (!stands || owner != s.Owner) {
		return model.Errorf(model.Conflict, "%s has no lease in epoch %d", s.Owner, s.Epoch)
	}
	if s.Workflow != 0 && !l.startable[s.Workflow] {
		return model.Errorf(model.NotFound, "there is no workflow %d, or its project was deleted", s.Workflow)
	}
	if s.MaxRunning != 0 && l.running+before+room(s) > s.MaxRunning {
		return model.Errorf(model.Exhausted, "too many attempts are running: %d, and at most %d may", l.running, s.MaxRunning)
	}
	return nil
}

// room is how many attempts of stored projects a start makes.
func room(s *start) int {
	if s.Session.Project == 0 {
		return 0
	}
	return 1
}

// admitAll refuses starts of which one can't be made.
func (l *ledger) admitAll(starts []*start) error {
	type attemptName struct {
		sessionKey
		name string
	}
	seen := make(map[attemptName]bool, len(starts))
	before := 0
	for _, s := range starts {
		name := attemptName{keyOf(&s.Session), s.Name}
		if seen[name] || l.existing(s) != 0 {
			return model.Errorf(model.Conflict, "session %s of workflow %s has an attempt %q already",
				s.Session.Key, s.Session.Workflow, s.Name)
		}
		if err := l.admit(s, before); err != nil {
			return err
		}
		seen[name] = true
		before += room(s)
	}
	return nil
}

// makeAll makes attempts that were admitted.
func (l *ledger) makeAll(starts []*start) []store.Attempt {
	list := make([]store.Attempt, len(starts))
	for i, s := range starts {
		if s.AfterFormer && i > 0 {
			after := *s // which may have to be made once more
			after.After = list[i-1].Session.ID
			s = &after
		}
		list[i] = l.make(s)
	}
	return list
}

func (l *ledger) make(s *start) store.Attempt {
	of := l.session(&s.Session)
	l.last.attempt++
	of.attempts++
	of.last = model.AttemptID(l.last.attempt)
	of.byName[s.Name] = of.last
	a := store.Attempt{
		AttemptRow: engine.AttemptRow{ID: of.last, Params: s.Params},
		Session:    of.Session, Index: of.attempts,
		Name: s.Name, Zone: s.Zone, Created: s.Created,
		Workflow: s.Workflow, Resume: s.Resume, After: s.After, Due: s.Due,
	}
	switch {
	case s.Owner != "":
		a.Owner, a.Epoch = s.Owner, s.Epoch
	case s.After != 0 && l.unfinished[s.After]:
		a.Wake = model.Never
	}
	l.unfinished[of.ID] = true
	l.running += room(s)
	l.made = append(l.made, made{a, l.definition(s), s.params})
	return a
}

// session returns the session of a start, which it makes if it is new.
func (l *ledger) session(of *store.Session) *session {
	if known := l.sessions[keyOf(of)]; known != nil {
		return known
	}
	l.last.session++
	one := &session{Session: *of, isNew: true, byName: make(map[string]model.AttemptID)}
	one.ID = model.SessionID(l.last.session)
	l.sessions[keyOf(of)] = one
	return one
}

// definition returns the id of what a start is to run.
func (l *ledger) definition(s *start) int64 {
	id, known := l.definitions[s.hash]
	if !known {
		l.last.definition++
		id = l.last.definition
		l.definitions[s.hash] = id
		l.bodies = append(l.bodies, s)
	}
	return id
}

// fire changes a schedule and makes the attempt that it is due for, if any.
func (l *ledger) fire(f *store.Firing, s *start) (a store.Attempt, err error) {
	id := f.Schedule.ID
	version, found := l.versions[id]
	switch {
	case !found:
		return a, model.Errorf(model.NotFound, "there is no schedule %d", id)
	case version != f.Schedule.Version:
		return a, model.Errorf(model.Conflict, "schedule %d was changed by another", id)
	}
	to := f.Schedule
	if s != nil {
		a, _, err = l.makeOrFind(s)
		switch {
		case model.CodeOf(err) == model.Exhausted && err != nil:
			to = f.Refused
		case err != nil:
			return a, err
		}
	}
	l.versions[id]++
	to.ID, to.Version = id, version+1
	l.fired[id] = to
	return a, err
}
