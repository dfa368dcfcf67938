package tables

import (
	"context"
	"database/sql/driver"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Prune implements store.Pruner.
func (t *Tables) Prune(ctx context.Context, r store.Retention, now model.Instant, page store.Page) (p store.Pruned, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil {
		return p, "", err
	}
	var w sweep
	err = t.db.Write(ctx, "prune", func(c Conn) error {
		w = sweep{Tables: t, conn: c, of: r, now: now, limit: limit}
		at, more, err := w.all(past)
		p, next = w.Pruned, ""
		if more {
			next = at.Cursor()
		}
		return err
	})
	if err != nil {
		return store.Pruned{}, "", err
	}
	t.prunedFacts(w.told)
	return p, next, nil
}

// sweep is a call of Prune.
type sweep struct {
	*Tables
	store.Pruned
	conn  Conn
	of    store.Retention
	now   model.Instant
	limit int
	// told is the place of the last old fact that was looked at.
	told store.Mark
}

// all goes on after a place among the attempts, and returns the one that it
// came to and whether there is more of anything.
func (w *sweep) all(past store.Mark) (at store.Mark, more bool, err error) {
	if at, err = w.attempts(past); err != nil {
		return at, false, err
	}
	if at == store.Last {
		if more, err = w.ruled(); err != nil {
			return at, false, err
		}
	}
	if len(w.Attempts) > 0 {
		if err := w.dropAttempts(); err != nil {
			return at, false, err
		}
	}
	if at == store.Last && !more {
		if more, err = w.projects(); err != nil {
			return at, false, err
		}
	}
	w.Values, err = w.oldest(`
		DELETE FROM shared_values WHERE key IN (SELECT key FROM shared_values WHERE expires <= ? ORDER BY expires LIMIT ? + 0)`, w.now)
	if err != nil {
		return at, false, err
	}
	w.Audit, err = w.oldest(`
		DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE time < ? ORDER BY time, id LIMIT ? + 0)`, store.Expired(w.now, w.of.Audit))
	if err != nil {
		return at, false, err
	}
	if err := w.ticks(); err != nil {
		return at, false, err
	}
	facts, err := w.facts()
	if err != nil {
		return at, false, err
	}
	err = w.letters()
	return at, more || facts || at != store.Last || max(w.Values, w.Audit, w.Letters, w.Ticks) == w.limit, err
}

// oldest deletes what a statement says, up to an instant and the limit.
func (w *sweep) oldest(text string, until model.Instant) (int, error) {
	n, err := w.conn.Exec(text, int64(until), int64(w.limit))
	return int(n), err
}

// candidate is an attempt that is old enough to go.
type candidate struct {
	id      model.AttemptID
	end     store.Mark
	tasks   int
	session model.SessionID
	// siblings is how many attempts the session has, if this is the newest.
	siblings int
	needed   bool
}

// selectEnded is what candidates reads, but for where from.
func (d *Dialect) selectEnded() string {
	return `
	SELECT a.id, a.ended, a.tasks, a.session,
	       CASE WHEN s.last = a.id THEN (SELECT count(*) FROM attempts o WHERE o.session = s.id) ELSE 0 END,
	       ? <> 0 AND s.id >= coalesce((SELECT k.id FROM sessions k WHERE k.project = s.project AND k.workflow = s.workflow
	                                    ORDER BY k.id DESC LIMIT 1 OFFSET ?), 0)
	       OR EXISTS (SELECT 1 FROM attempts r WHERE r.resume_attempt = a.id AND r.resume_attempt <> 0 AND r.state = 0)
	       OR EXISTS (SELECT 1 FROM attempts c WHERE c.id = ` + d.Caller + ` AND c.state + 0 = 0)
	       OR EXISTS (SELECT 1 FROM outbox o WHERE o.attempt = a.id)
	       OR EXISTS (SELECT 1 FROM versions v WHERE v.attempt = a.id AND v.used >= ?)
	       OR s.last = a.id AND EXISTS (SELECT 1 FROM attempts f WHERE f.after = s.id AND f.after <> 0 AND f.state = 0) AS needed
	FROM attempts a `
}

const (
	whereEnded = ` sessions s ON s.id = a.session
	WHERE a.state <> 0 AND a.ended < ? AND (a.ended, a.id) > (?, ?)`
	orderEnded = ` ORDER BY a.ended, a.id LIMIT ? + 0`
)

// attempts chooses old attempts that come after a place, and returns the one
// that it came to.
func (w *sweep) attempts(past store.Mark) (store.Mark, error) {
	before := store.Expired(w.now, w.of.Attempts)
	if before == 0 || past == store.Last {
		return store.Last, nil
	}
	text, args := w.dialect.selectEnded()+w.dialect.Ordered+whereEnded, []driver.Value{int64(before), int64(past.Time), past.ID}
	rules, err := w.rules()
	if err != nil {
		return past, err
	}
	for _, r := range rules {
		text, args = text+" AND NOT ("+r.text+")", append(args, r.args...)
	}
	list, err := w.candidates(text+orderEnded, append(args, int64(w.limit))...)
	if err != nil {
		return past, err
	}
	return w.choose(list), nil
}

// candidates reads attempts; what follows selectEnded has the arguments given.
func (w *sweep) candidates(text string, args ...driver.Value) (list []candidate, err error) {
	args = append([]driver.Value{int64(w.of.Sessions), int64(max(w.of.Sessions-1, 0)), int64(w.of.VersionsUsed(w.now))}, args...)
	err = w.conn.Query(text, func(r Row) error {
		list = append(list, candidate{
			id: model.AttemptID(r.Int(0)), end: store.Mark{Time: model.Instant(r.Int(1)), ID: r.Int(0)},
			tasks: int(r.Int(2)), session: model.SessionID(r.Int(3)), siblings: int(r.Int(4)), needed: r.Int(5) != 0,
		})
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	var going []model.AttemptID
	for i := range list {
		if !list[i].needed {
			going = append(going, list[i].id)
		}
	}
	stay, err := w.followed(w.conn, going)
	for i := range list {
		list[i].needed = list[i].needed || stay[list[i].id]
	}
	return list, err
}

// choose selects the attempts, and their sessions, that go. The newest of a
// session does once all others went.
func (w *sweep) choose(list []candidate) store.Mark {
	gone := make(map[model.SessionID]int)
	tasks := 0
	for i := range list {
		c := &list[i]
		if tasks >= store.PruneTasks {
			return list[i-1].end
		}
		if c.needed || gone[c.session]+1 < c.siblings {
			continue
		}
		gone[c.session]++
		tasks += c.tasks
		w.Attempts = append(w.Attempts, c.id)
		if c.siblings > 0 {
			w.Sessions = append(w.Sessions, c.session)
		}
	}
	if len(list) == w.limit {
		return list[w.limit-1].end
	}
	return store.Last
}

func (w *sweep) dropAttempts() error {
	attempts := idList(w.Attempts)
	if err := w.dropBuried(attempts); err != nil {
		return err
	}
	if err := w.dropEvents(w.conn, attempts); err != nil {
		return err
	}
	for _, from := range []string{"tasks WHERE attempt", "growths WHERE attempt", "items WHERE attempt", "subscriptions WHERE attempt", "attempt_tags WHERE attempt", "queue WHERE attempt", "slots WHERE attempt", "versions WHERE attempt", "attempts WHERE id"} {
		if err := w.drop(from, attempts); err != nil {
			return err
		}
	}
	return w.drop("sessions WHERE id", idList(w.Sessions))
}

// drop deletes the rows of a table whose column is in a list.
func (w *sweep) drop(from, list string) error {
	_, err := w.conn.Exec("DELETE FROM "+from+" IN ("+w.dialect.Numbers+")", list)
	return err
}

// idList returns a list in the form that Dialect.Numbers reads.
func idList[ID ~int64](ids []ID) string {
	text := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(id), 10)
	}
	return string(append(text, ']'))
}
