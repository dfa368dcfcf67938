package sqlite

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// StartAttempt implements store.Starts.
func (s *Store) StartAttempt(ctx context.Context, start store.Start) (a store.Attempt, made bool, err error) {
	definition := s.definitions.encode(start.Definition)
	params := record.Map(start.Params)
	err = s.write(ctx, "start attempt", func(c *conn) (err error) {
		of, err := findSession(c, start.Session)
		if err != nil {
			return err
		}
		if a, made, err = existing(c, of.ID, start.Name); !made || err != nil {
			return err
		}
		if start.Owner != "" {
			if err := checkLease(c, start.Owner, start.Epoch); err != nil {
				return err
			}
		}
		a, err = newAttempt(c, &start, of, definition, params)
		return err
	})
	if err != nil {
		return store.Attempt{}, false, err
	}
	return a, made, nil
}

// session is a session with the number of its attempts. One that is not
// stored yet has no id.
type session struct {
	store.Session
	attempts int
}

// findSession returns the session for the key of s, or s itself.
func findSession(c *conn, s store.Session) (of session, err error) {
	of.Session = s
	of.ID = 0
	err = c.query(`SELECT id, uuid, time, attempts FROM sessions WHERE project = ? AND workflow = ? AND key = ?`,
		func(r row) error {
			of.ID, of.UUID, of.Time = model.SessionID(r.int(0)), r.text(1), model.Instant(r.int(2))
			of.attempts = int(r.int(3))
			return nil
		}, s.Project, s.Workflow, s.Key)
	return of, err
}

// existing returns the attempt of a session by its name, or that it is to be
// made.
func existing(c *conn, of model.SessionID, name string) (a store.Attempt, missing bool, err error) {
	if of == 0 {
		return a, true, nil
	}
	id, found, err := c.number(`SELECT id FROM attempts WHERE session = ? AND name = ?`, int64(of), name)
	if !found || err != nil {
		return a, true, err
	}
	a, _, err = oneAttempt(c, model.AttemptID(id))
	return a, false, err
}

func newAttempt(c *conn, start *store.Start, of session, definition encoded, params []byte) (a store.Attempt, err error) {
	if err := of.countAttempt(c); err != nil {
		return a, err
	}
	a = store.Attempt{
		AttemptRow: engine.AttemptRow{Params: start.Params},
		Session:    of.Session, Index: of.attempts,
		Name: start.Name, Zone: start.Zone, Created: start.Created,
	}
	if start.Owner != "" {
		a.Owner, a.Epoch = start.Owner, start.Epoch
	}
	body, err := definition.store(c)
	if err != nil {
		return a, err
	}
	id, err := c.insert(`
		INSERT INTO attempts (session, number, name, project, workflow, zone, created, definition, epoch,
			state, cancel_asked, tasks, started, ended, params)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?)`,
		int64(of.ID), int64(of.attempts), a.Name, of.Project, of.Workflow, a.Zone, int64(a.Created), body, a.Epoch, params)
	a.ID = model.AttemptID(id)
	return a, err
}

// countAttempt adds one to the attempts of a session, which it makes if it is
// new.
func (s *session) countAttempt(c *conn) error {
	s.attempts++
	if s.ID != 0 {
		_, err := c.exec(`UPDATE sessions SET attempts = ? WHERE id = ?`, int64(s.attempts), int64(s.ID))
		return err
	}
	id, err := c.insert(`INSERT INTO sessions (uuid, project, workflow, key, time, attempts) VALUES (?, ?, ?, ?, ?, ?)`,
		s.UUID, s.Project, s.Workflow, s.Key, int64(s.Time), int64(s.attempts))
	s.ID = model.SessionID(id)
	return err
}
