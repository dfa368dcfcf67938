package tables

import (
	"context"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ListBackfills implements store.Backfills. The index of tags leads from name to name,
// and from each to its attempts.
func (t *Tables) ListBackfills(ctx context.Context, f store.BackfillFilter, page store.Page) (list []store.Backfill, next string, err error) {
	limit, past, err := page.NameBounds()
	if err != nil {
		return nil, "", err
	}
	err = t.db.ReadMoment(ctx, "list backfills", func(c Conn) error {
		list, next = nil, ""
		name, looked := past, 0
		for n := 0; ; n++ {
			after, err := backfillAfter(c, name, f.Name)
			if err != nil || after == "" {
				return err
			}
			if n == limit || looked >= store.DefaultLook {
				next = store.NameCursor(name)
				return nil
			}
			name = after
			err = backfillsNamed(c, name, func(b *store.Backfill) {
				looked += b.Sessions()
				if f.Matches(b) {
					list = append(list, *b)
				}
			})
			if err != nil {
				return err
			}
		}
	})
	return list, next, err
}

// backfillAfter returns the first name of backfills after one, or only if that is it; ""
// is none.
func backfillAfter(c Conn, past, only string) (name string, err error) {
	if only != "" {
		if past < only {
			return only, nil
		}
		return "", nil
	}
	err = c.Query(`SELECT value FROM attempt_tags WHERE name = ? AND value > ? ORDER BY value LIMIT 1`, func(r Row) error {
		name = strings.Clone(r.Text(0))
		return nil
	}, model.BackfillTag, past)
	return name, err
}

// backfillsNamed calls each with the backfills of a name, which are of several workflows.
func backfillsNamed(c Conn, name string, each func(*store.Backfill)) error {
	return c.Query(`
		SELECT a.project, a.workflow, min(n.first), min(n.made), min(s.time), max(s.time),
			count(CASE WHEN a.state = ? THEN 1 END), count(CASE WHEN a.state = ? THEN 1 END), count(CASE WHEN a.state = ? THEN 1 END),
			count(CASE WHEN a.state = 0 AND a.started <> 0 THEN 1 END), count(CASE WHEN a.state = 0 AND a.started = 0 THEN 1 END)
		FROM (
			SELECT max(b.id) AS last, min(b.id) AS first, min(b.created) AS made
			FROM attempt_tags g JOIN attempts b ON b.id = g.attempt
			WHERE g.name = ? AND g.value = ?
			GROUP BY b.session
		) n JOIN attempts a ON a.id = n.last JOIN sessions s ON s.id = a.session
		GROUP BY a.project, a.workflow ORDER BY a.project, a.workflow`,
		func(r Row) error {
			each(&store.Backfill{
				Name: name, Project: model.ProjectID(r.Int(0)), Workflow: strings.Clone(r.Text(1)),
				First: model.AttemptID(r.Int(2)), Created: model.Instant(r.Int(3)), From: model.Instant(r.Int(4)), Until: model.Instant(r.Int(5)),
				Succeeded: int(r.Int(6)), Failed: int(r.Int(7)), Killed: int(r.Int(8)), Running: int(r.Int(9)), Waiting: int(r.Int(10)),
			})
			return nil
		}, int64(engine.AttemptSuccess), int64(engine.AttemptFailed), int64(engine.AttemptKilled), model.BackfillTag, name)
}
