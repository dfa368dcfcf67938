package tables

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Session implements store.Attempts.
func (t *Tables) Session(ctx context.Context, id model.SessionID) (store.SessionEntry, error) {
	list, err := t.sessions(ctx, 1, `WHERE s.id = ?`, int64(id))
	if err == nil && len(list) == 0 {
		err = model.Errorf(model.NotFound, "there is no session %d", id)
	}
	if err != nil {
		return store.SessionEntry{}, err
	}
	return list[0], nil
}

// FindSession implements store.Attempts.
func (t *Tables) FindSession(ctx context.Context, project model.ProjectID, workflow, key string) (store.SessionEntry, error) {
	list, err := t.sessions(ctx, 1, `WHERE s.project = ? AND s.workflow = ? AND s.key = ?`, int64(project), workflow, key)
	if err == nil && len(list) == 0 {
		err = model.Errorf(model.NotFound, "workflow %s has no session %s", workflow, key)
	}
	if err != nil {
		return store.SessionEntry{}, err
	}
	return list[0], nil
}

// LastSessionTime implements store.Attempts.
func (t *Tables) LastSessionTime(ctx context.Context, project model.ProjectID, workflow string, before model.Instant) (at model.Instant, err error) {
	err = t.db.Read(ctx, "read sessions", func(c Conn) error {
		n, _, err := number(c, `SELECT max(time) FROM sessions WHERE project = ? AND workflow = ? AND time < ?`,
			int64(project), workflow, int64(before))
		at = model.Instant(n)
		return err
	})
	return at, err
}

// ListSessions implements store.Attempts.
func (t *Tables) ListSessions(ctx context.Context, f store.SessionFilter, page store.Page) ([]store.SessionEntry, string, error) {
	limit, past, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	where, args := sessionconditions(f)
	list, err := t.sessions(ctx, limit, where+` ORDER BY s.id DESC LIMIT ? + 0`, append(args, store.Below(past), int64(limit)+1)...)
	if err != nil {
		return nil, "", err
	}
	list, next := store.Cut(list, limit, func(e store.SessionEntry) int64 { return int64(e.ID) })
	return list, next, nil
}

// sessionConditions returns what a filter says in SQL, with the bound of a
// page as the last argument to come.
func sessionconditions(f store.SessionFilter) (text string, args []driver.Value) {
	var all []string
	if f.Project != 0 {
		all, args = append(all, "s.project = ?"), append(args, int64(f.Project))
	}
	if f.Workflow != "" {
		all, args = append(all, "s.workflow = ?"), append(args, f.Workflow)
	}
	if f.Stored {
		all = append(all, "s.project <> 0")
	}
	return "WHERE " + strings.Join(append(all, "s.id < ?"), " AND "), args
}

// sessions reads about so many sessions.
func (t *Tables) sessions(ctx context.Context, about int, where string, args ...driver.Value) (list []store.SessionEntry, err error) {
	err = t.db.Read(ctx, "read sessions", func(c Conn) error {
		return c.Query(t.selectSessions+where, func(r Row) error {
			a, err := readAttempt(r)
			list = append(roomFor(list, about+1), store.SessionEntry{Session: a.Session, Last: a})
			return err
		}, args...)
	})
	return list, err
}
