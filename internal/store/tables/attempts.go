package tables

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

const attemptColumns = `
	SELECT a.id, a.number, a.name, a.zone, a.created, l.id, l.owner,
	       a.state, a.cancel_asked, a.tasks, a.started, a.ended, a.params, a.edits, a.shared,
	       s.id, s.uuid, s.project, s.workflow, s.key, s.time,
	       a.stored, a.resume_attempt, a.resume_from, a.after, a.wake, a.due, a.definition`

const withOwner = ` LEFT JOIN leases l ON l.id = a.epoch `

const definitionColumn = 27

func readAttempt(r Row) (store.Attempt, error) {
	a := store.Attempt{
		AttemptRow: engine.AttemptRow{
			ID:          model.AttemptID(r.Int(0)),
			State:       engine.AttemptState(r.Int(7)),
			CancelAsked: r.Int(8) != 0,
			Tasks:       int32(r.Int(9)),
			Started:     model.Instant(r.Int(10)),
			Ended:       model.Instant(r.Int(11)),
		},
		Session: store.Session{
			ID: model.SessionID(r.Int(15)), UUID: r.Text(16), Project: model.ProjectID(r.Int(17)),
			Workflow: r.Text(18), Key: r.Text(19), Time: model.Instant(r.Int(20)),
		},
		Index: int(r.Int(1)), Name: r.Text(2), Zone: r.Text(3), Created: model.Instant(r.Int(4)),
		Workflow: model.WorkflowID(r.Int(21)),
		Resume:   store.Resume{Attempt: model.AttemptID(r.Int(22)), From: r.Text(23)},
		After:    model.SessionID(r.Int(24)), Wake: model.Instant(r.Int(25)), Due: model.Instant(r.Int(26)),
		Epoch: r.Int(5), Owner: r.Text(6),
	}
	var err error
	if a.Params, err = record.DecodeMap(r.Blob(12)); err != nil {
		return a, err
	}
	if a.Edits, err = record.DecodeMap(r.Blob(13)); err != nil {
		return a, err
	}
	a.Shared, err = record.DecodeMap(r.Blob(14))
	return a, err
}

// oneAttempt returns one attempt.
func (t *Tables) oneAttempt(c Conn, id model.AttemptID) (a store.Attempt, err error) {
	err = c.Query(t.selectAttempts+` WHERE a.id = ?`, func(r Row) (err error) {
		a, err = readAttempt(r)
		return err
	}, int64(id))
	if err == nil && a.ID == 0 {
		err = unknownAttempt(id)
	}
	return a, err
}

func unknownAttempt(id model.AttemptID) error {
	return model.Errorf(model.NotFound, "there is no attempt %d", id)
}

// Attempt implements store.Attempts.
func (t *Tables) Attempt(ctx context.Context, id model.AttemptID) (a store.Attempt, err error) {
	err = t.db.Read(ctx, "read attempt", func(c Conn) (err error) {
		a, err = t.oneAttempt(c, id)
		return err
	})
	return a, err
}

// ListAttempts implements store.Attempts.
func (t *Tables) ListAttempts(ctx context.Context, f store.Filter, page store.Page) (list []store.Attempt, next string, err error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	where, args := t.dialect.conditions(f)
	text := t.selectAttempts + where + ` LIMIT ? + 0`
	args = append(args, store.Below(past), int64(limit)+1)
	err = t.db.Read(ctx, "list attempts", func(c Conn) error {
		return c.Query(text, func(r Row) error {
			if len(list) == limit {
				next = store.CursorAfter(list[limit-1].ID)
				return nil
			}
			a, err := readAttempt(r)
			list = append(roomFor(list, limit), a)
			return err
		}, args...)
	})
	if err != nil {
		return nil, "", err
	}
	return list, next, nil
}

// roomFor returns a list that is about to get its first entry with room for a
// page: entries are large, and few pages are short.
func roomFor[E any](list []E, limit int) []E {
	if list == nil {
		list = make([]E, 0, min(limit, usualPage))
	}
	return list
}

const usualPage = 64

// endedAs are the conditions of the states that attempts end in. Constants
// don't have SQLite plan anew for each state.
var endedAs = map[engine.AttemptState]string{
	engine.AttemptSuccess: "a.state = 1",
	engine.AttemptFailed:  "a.state > 1 AND a.state = 2",
	engine.AttemptKilled:  "a.state > 1 AND a.state = 3",
}

// conditions returns what a filter says in SQL, and the order, with the bound
// of a page as the last argument to come. The constants in it are what partial
// indexes are made for; what the dialect puts before a column keeps an index
// of many attempts from being used where another leads to few, which may have
// to be sorted: those of a session, and those of a project that run.
func (d Dialect) conditions(f store.Filter) (text string, args []driver.Value) {
	var all []string
	add := func(condition string, values ...driver.Value) {
		all, args = append(all, condition), append(args, values...)
	}
	hide, id := "", "a.id"
	if f.Running && f.Project != 0 && f.Workflow == "" {
		id = d.Hide + id
	}
	if f.Session != 0 {
		add("a.session = ?", int64(f.Session))
		hide = d.Hide
	}
	if f.Project != 0 {
		add(hide+"a.project = ?", int64(f.Project))
	}
	if f.Stored {
		add("a.project <> 0")
	}
	if f.Last {
		add("s.last <= a.id") // none is newer; planners take an equation for one that few rows fulfil
	}
	if f.Workflow != "" {
		add(hide+"a.workflow = ?", f.Workflow)
	}
	if f.Running {
		add("a.state = 0")
	}
	if f.Ended != engine.AttemptRunning {
		add(endedAs[f.Ended])
	}
	if f.Unowned {
		add("l.id IS NULL")
	}
	if f.Owner != "" {
		add("a.epoch <> 0 AND a.epoch = (SELECT id FROM leases WHERE owner = ?)", f.Owner)
	}
	return " WHERE " + strings.Join(append(all, id+" < ?"), " AND ") + " ORDER BY " + id + " DESC", args
}
