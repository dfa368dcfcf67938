package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// start is one that is encoded, outside of the transaction that it is for.
type start struct {
	store.Start
	definition encoded
	params     []byte
}

func (t *Tables) encodeStart(of store.Start) start {
	return start{of, t.definitions.encode(of.Definition), record.Map(of.Params)}
}

// StartAttempt implements store.Starts.
func (t *Tables) StartAttempt(ctx context.Context, of store.Start) (a store.Attempt, made bool, err error) {
	one := t.encodeStart(of)
	err = t.db.Write(ctx, "start attempt", func(c Conn) (err error) {
		a, made, err = t.makeOrFind(c, &one)
		return err
	})
	if err != nil {
		return store.Attempt{}, false, err
	}
	if made && a.Owner == "" {
		t.db.Call()
	}
	return a, made, nil
}

// makeOrFind makes an attempt, unless its session has one of that name.
func (t *Tables) makeOrFind(c Conn, s *start) (a store.Attempt, made bool, err error) {
	of, err := findSession(c, s.Session)
	if err != nil {
		return a, false, err
	}
	if a, made, err = t.existing(c, of.ID, s.Name); !made || err != nil {
		return a, false, err
	}
	if err := s.admit(c, 1); err != nil {
		return a, false, err
	}
	a, err = s.make(c, of)
	return a, err == nil, err
}

// admit refuses a start that has no right or no room. room is how many more
// attempts it and those before it make.
func (s *start) admit(c Conn, room int) error {
	if s.Owner != "" {
		if err := CheckLease(c, s.Owner, s.Epoch); err != nil {
			return err
		}
	}
	if s.Workflow != 0 {
		if err := checkStartable(c, s.Workflow); err != nil {
			return err
		}
	}
	if s.Session.Project == 0 {
		return nil // only those of stored projects count
	}
	return checkRoom(c, s.MaxRunning, room)
}

// checkStartable returns NotFound for a workflow of a deleted project.
func checkStartable(c Conn, id model.WorkflowID) error {
	_, found, err := number(c, `
		SELECT 1 FROM workflows w JOIN projects p ON p.id = w.project
		WHERE w.id = ? AND p.deleted = 0`, int64(id))
	if err == nil && !found {
		err = model.Errorf(model.NotFound, "there is no workflow %d, or its project was deleted", id)
	}
	return err
}

// checkRoom returns Exhausted where more attempts than most would be
// unfinished.
func checkRoom(c Conn, most, more int) error {
	if most == 0 {
		return nil
	}
	running, _, err := number(c,
		`SELECT count(*) FROM (SELECT 1 FROM attempts WHERE state = 0 AND project <> 0 LIMIT ? + 0) AS counted`, int64(most))
	if err == nil && int(running)+more > most {
		err = model.Errorf(model.Exhausted, "too many attempts are running: %d, and at most %d may", running, most)
	}
	return err
}

// StartAll implements store.Starts.
func (t *Tables) StartAll(ctx context.Context, starts []store.Start) (list []store.Attempt, err error) {
	all := make([]start, len(starts))
	for i := range starts {
		all[i] = t.encodeStart(starts[i])
	}
	err = t.db.Write(ctx, "start attempts", func(c Conn) error {
		list = make([]store.Attempt, 0, len(all))
		if err := t.admitAll(c, all); err != nil {
			return err
		}
		for i := range all {
			one := &all[i]
			if one.AfterFormer && i > 0 {
				one.After = list[i-1].Session.ID
			}
			of, err := findSession(c, one.Session)
			if err != nil {
				return err
			}
			a, err := one.make(c, of)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.db.Call()
	return list, nil
}

// admitAll refuses before anything is written.
func (t *Tables) admitAll(c Conn, all []start) error {
	type attemptName struct {
		project             model.ProjectID
		workflow, key, name string
	}
	seen := make(map[attemptName]bool, len(all))
	more := 0 // attempts of stored projects
	for i := range all {
		one := &all[i]
		if one.Session.Project != 0 {
			more++
		}
		if err := one.admit(c, more); err != nil {
			return err
		}
		of, err := findSession(c, one.Session)
		if err != nil {
			return err
		}
		_, missing, err := t.existing(c, of.ID, one.Name)
		if err != nil {
			return err
		}
		name := attemptName{one.Session.Project, one.Session.Workflow, one.Session.Key, one.Name}
		if !missing || seen[name] {
			return model.Errorf(model.Conflict, "session %s of workflow %s has an attempt %q already",
				one.Session.Key, one.Session.Workflow, one.Name)
		}
		seen[name] = true
	}
	return nil
}

// session is a session with the number of its attempts. One that is not
// stored yet has no id.
type session struct {
	store.Session
	attempts int
}

// findSession returns the session for the key of s, or s itself.
func findSession(c Conn, s store.Session) (of session, err error) {
	of.Session = s
	of.ID = 0
	err = c.Query(`SELECT id, uuid, time, attempts FROM sessions WHERE project = ? AND workflow = ? AND key = ?`,
		func(r Row) error {
			of.ID, of.UUID, of.Time = model.SessionID(r.Int(0)), r.Text(1), model.Instant(r.Int(2))
			of.attempts = int(r.Int(3))
			return nil
		}, int64(s.Project), s.Workflow, s.Key)
	return of, err
}

// existing returns the attempt of a session by its name, or that it is to be
// made.
func (t *Tables) existing(c Conn, of model.SessionID, name string) (a store.Attempt, missing bool, err error) {
	if of == 0 {
		return a, true, nil
	}
	id, found, err := number(c, `SELECT id FROM attempts WHERE session = ? AND name = ?`, int64(of), name)
	if !found || err != nil {
		return a, true, err
	}
	a, err = t.oneAttempt(c, model.AttemptID(id))
	return a, false, err
}

func (s *start) make(c Conn, of session) (a store.Attempt, err error) {
	if err := of.countAttempt(c); err != nil {
		return a, err
	}
	a = store.Attempt{
		AttemptRow: engine.AttemptRow{Params: s.Params},
		Session:    of.Session, Index: of.attempts,
		Name: s.Name, Zone: s.Zone, Created: s.Created,
		Workflow: s.Workflow, Resume: s.Resume, After: s.After, Due: s.Due,
	}
	if s.Owner != "" {
		a.Owner, a.Epoch = s.Owner, s.Epoch
	} else if a.Wake, err = wakeAfter(c, s.After); err != nil {
		return a, err
	}
	body, err := s.definition.store(c)
	if err != nil {
		return a, err
	}
	id, err := c.Insert(`
		INSERT INTO attempts (session, number, name, project, workflow, stored, zone, created, definition,
			resume_attempt, resume_from, after, due, wake, epoch, state, cancel_asked, tasks, started, ended, params)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?)`,
		int64(of.ID), int64(of.attempts), a.Name, int64(of.Project), of.Workflow, int64(a.Workflow), a.Zone,
		int64(a.Created), body, int64(a.Resume.Attempt), a.Resume.From, int64(a.After), int64(a.Due),
		int64(a.Wake), a.Epoch, s.params)
	if err != nil {
		return a, err
	}
	a.ID = model.AttemptID(id)
	_, err = c.Exec(`UPDATE sessions SET last = ? WHERE id = ?`, id, int64(of.ID))
	return a, err
}

// wakeAfter returns when an attempt may begin that comes after a session.
func wakeAfter(c Conn, after model.SessionID) (model.Instant, error) {
	if after == 0 {
		return 0, nil
	}
	_, unfinished, err := number(c, `SELECT 1 FROM attempts WHERE session = ? AND state = 0 LIMIT 1`, int64(after))
	if unfinished {
		return model.Never, err
	}
	return 0, err
}

// countAttempt adds one to the attempts of a session, which it makes if it is
// new.
func (s *session) countAttempt(c Conn) error {
	s.attempts++
	if s.ID != 0 {
		_, err := c.Exec(`UPDATE sessions SET attempts = ? WHERE id = ?`, int64(s.attempts), int64(s.ID))
		return err
	}
	id, err := c.Insert(`INSERT INTO sessions (uuid, project, workflow, key, time, attempts, last) VALUES (?, ?, ?, ?, ?, ?, 0)`,
		s.UUID, int64(s.Project), s.Workflow, s.Key, int64(s.Time), int64(s.attempts))
	s.ID = model.SessionID(id)
	return err
}
