package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// CROSS JOIN keeps SQLite from starting with sessions, which are not in the
// order that attempts are listed in.
const selectAttempts = `
	SELECT a.id, a.number, a.name, a.zone, a.created, a.epoch, coalesce(l.owner, ''),
	       a.state, a.cancel_asked, a.tasks, a.started, a.ended, a.params, a.edits, a.shared,
	       s.id, s.uuid, s.project, s.workflow, s.key, s.time, a.definition
	FROM attempts a CROSS JOIN sessions s ON s.id = a.session LEFT JOIN leases l ON l.epoch = a.epoch`

const definitionColumn = 21

func readAttempt(r row) (store.Attempt, error) {
	a := store.Attempt{
		AttemptRow: engine.AttemptRow{
			ID:          model.AttemptID(r.int(0)),
			State:       engine.AttemptState(r.int(7)),
			CancelAsked: r.int(8) != 0,
			Tasks:       int32(r.int(9)),
			Started:     model.Instant(r.int(10)),
			Ended:       model.Instant(r.int(11)),
		},
		Session: store.Session{
			ID: model.SessionID(r.int(15)), UUID: r.text(16), Project: r.text(17),
			Workflow: r.text(18), Key: r.text(19), Time: model.Instant(r.int(20)),
		},
		Index: int(r.int(1)), Name: r.text(2), Zone: r.text(3), Created: model.Instant(r.int(4)),
		Epoch: r.int(5), Owner: r.text(6),
	}
	var err error
	if a.Params, err = record.DecodeMap(r.blob(12)); err != nil {
		return a, err
	}
	if a.Edits, err = record.DecodeMap(r.blob(13)); err != nil {
		return a, err
	}
	a.Shared, err = record.DecodeMap(r.blob(14))
	return a, err
}

// oneAttempt returns one attempt and the id of its definition.
func oneAttempt(c *conn, id model.AttemptID) (a store.Attempt, definition int64, err error) {
	err = c.query(selectAttempts+` WHERE a.id = ?`, func(r row) (err error) {
		definition = r.int(definitionColumn)
		a, err = readAttempt(r)
		return err
	}, int64(id))
	if err == nil && a.ID == 0 {
		err = unknownAttempt(id)
	}
	return a, definition, err
}

func unknownAttempt(id model.AttemptID) error {
	return model.Errorf(model.NotFound, "there is no attempt %d", id)
}

// Attempt implements store.Attempts.
func (s *Store) Attempt(ctx context.Context, id model.AttemptID) (a store.Attempt, err error) {
	err = s.read(ctx, "read attempt", func(c *conn) (err error) {
		a, _, err = oneAttempt(c, id)
		return err
	})
	return a, err
}

// ListAttempts implements store.Attempts.
func (s *Store) ListAttempts(ctx context.Context, f store.Filter, page store.Page) (list []store.Attempt, next string, err error) {
	limit, below, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	where, args := conditions(f)
	text := selectAttempts + where + ` ORDER BY a.id DESC LIMIT ?`
	args = append(args, int64(below), int64(limit)+1)
	err = s.read(ctx, "list attempts", func(c *conn) error {
		return c.query(text, func(r row) error {
			if len(list) == limit {
				next = store.CursorAfter(list[limit-1].ID)
				return nil
			}
			a, err := readAttempt(r)
			list = append(list, a)
			return err
		}, args...)
	})
	if err != nil {
		return nil, "", err
	}
	return list, next, nil
}

// conditions returns what a filter says in SQL, with the bound of a page as
// the last argument to come. The constants in it are what partial indexes
// are made for; a plus keeps an index of many attempts from being used where
// that of a session leads to few.
func conditions(f store.Filter) (text string, args []driver.Value) {
	var all []string
	add := func(condition string, values ...driver.Value) {
		all, args = append(all, condition), append(args, values...)
	}
	plus := ""
	switch {
	case f.Session != 0:
		add("a.session = ?", int64(f.Session))
		plus = "+"
	case f.Project != "" && f.Workflow != "" && f.Key != "":
		add("a.session = (SELECT id FROM sessions WHERE project = ? AND workflow = ? AND key = ?)", f.Project, f.Workflow, f.Key)
		plus = "+"
	}
	if f.Project != "" {
		add(plus+"a.project = ?", f.Project)
	}
	if f.Workflow != "" {
		add(plus+"a.workflow = ?", f.Workflow)
	}
	if f.Key != "" {
		add("s.key = ?", f.Key)
	}
	if f.Running {
		add("a.state = 0")
	}
	if f.Unowned {
		add("a.epoch = 0")
	}
	if f.Owner != "" {
		add("a.epoch <> 0 AND a.epoch = (SELECT epoch FROM leases WHERE owner = ?)", f.Owner)
	}
	return " WHERE " + strings.Join(append(all, "a.id < ?"), " AND "), args
}
