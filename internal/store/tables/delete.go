package tables

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// DeleteAttempts implements store.Pruner.
func (t *Tables) DeleteAttempts(ctx context.Context, ids []model.AttemptID, since model.Instant) (p store.Pruned, err error) {
	err = t.db.Write(ctx, "delete attempts", func(c Conn) error {
		w := sweep{Tables: t, conn: c}
		if err := w.mark(ids); err != nil {
			return err
		}
		if since > 0 {
			used, err := w.used(c, ids, since)
			if err == nil && len(used) > 0 {
				err = store.InUse(used[0])
			}
			if err != nil {
				return err
			}
		}
		p = w.Pruned
		return w.dropMarked()
	})
	if err != nil {
		return store.Pruned{}, err
	}
	return p, nil
}

// selectDoomed is what mark reads of attempts; their ids follow.
func (d *Dialect) selectDoomed() string {
	return `
	SELECT a.id, a.session, a.ended, a.state,
	       (SELECT count(*) FROM attempts o WHERE o.session = a.session),
	       EXISTS (SELECT 1 FROM attempts r WHERE r.resume_attempt = a.id AND r.resume_attempt <> 0 AND r.state = 0),
	       EXISTS (SELECT 1 FROM attempts c WHERE c.id = ` + d.Caller + ` AND c.state + 0 = 0),
	       EXISTS (SELECT 1 FROM outbox o WHERE o.attempt = a.id),
	       EXISTS (SELECT 1 FROM attempts f WHERE f.after = a.session AND f.after <> 0 AND f.state = 0)
	FROM attempts a WHERE a.id IN (` + d.Numbers + `)`
}

// mark notes which attempts and sessions are to go, unless one of them is needed.
func (w *sweep) mark(ids []model.AttemptID) error {
	left := make(map[model.SessionID]int)
	var order []candidate
	followed, err := w.followed(w.conn, ids)
	if err != nil {
		return err
	}
	err = w.conn.Query(w.dialect.selectDoomed(), func(r Row) error {
		c := candidate{id: model.AttemptID(r.Int(0)), session: model.SessionID(r.Int(1)), end: store.Mark{Time: model.Instant(r.Int(2)), ID: r.Int(0)}}
		if _, known := left[c.session]; !known {
			left[c.session] = int(r.Int(4))
		}
		left[c.session]--
		c.needed = r.Int(8) != 0
		order = append(order, c)
		return store.Needed(c.id, r.Int(3) == 0, r.Int(5) != 0, r.Int(6) != 0 || followed[c.id], r.Int(7) != 0, false)
	}, idList(ids))
	if err != nil {
		return err
	}
	slices.SortFunc(order, func(a, b candidate) int { return a.end.Compare(b.end) })
	found := make(map[model.AttemptID]bool)
	for _, c := range order {
		found[c.id] = true
		w.Attempts = append(w.Attempts, c.id)
		if left[c.session] > 0 {
			continue
		}
		if err := store.Needed(c.id, false, false, false, false, c.needed); err != nil {
			return err
		}
		if !slices.Contains(w.Sessions, c.session) {
			w.Sessions = append(w.Sessions, c.session)
		}
	}
	for _, id := range ids {
		if !found[id] {
			return unknownAttempt(id)
		}
	}
	return nil
}

// dropMarked deletes what was marked.
func (w *sweep) dropMarked() error {
	if len(w.Attempts) == 0 {
		return nil
	}
	attempts := idList(w.Attempts)
	_, err := w.conn.Exec(`
		UPDATE sessions SET last = coalesce((SELECT max(o.id) FROM attempts o WHERE o.session = sessions.id
		                                     AND o.id NOT IN (`+w.dialect.Numbers+`)), last)
		WHERE last IN (`+w.dialect.Numbers+`)`, attempts, attempts)
	if err != nil {
		return err
	}
	return w.dropAttempts()
}
