package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// AppendAudit implements store.Audit.
func (t *Tables) AppendAudit(ctx context.Context, entries []store.AuditEntry) error {
	return t.db.Write(ctx, "write audit log", func(c Conn) error {
		for i := range entries {
			e := &entries[i]
			_, err := c.Exec(`
				INSERT INTO audit (time, principal, action, project, target, outcome, remote) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				int64(e.Time), e.Principal, e.Action, e.Project, e.Target, e.Outcome, e.Remote)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ListAudit implements store.Audit.
func (t *Tables) ListAudit(ctx context.Context, f store.AuditFilter, page store.Page) (list []store.AuditEntry, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil {
		return nil, "", err
	}
	where, args := auditConditions(f, store.BelowMark(past))
	err = t.db.Read(ctx, "read audit log", func(c Conn) error {
		return c.Query(`SELECT id, time, principal, action, project, target, outcome, remote FROM audit `+
			where+` ORDER BY time DESC, id DESC LIMIT ? + 0`,
			func(r Row) error {
				list = append(list, store.AuditEntry{
					ID: store.AuditID(r.Int(0)), Time: model.Instant(r.Int(1)), Principal: r.Text(2), Action: r.Text(3),
					Project: r.Text(4), Target: r.Text(5), Outcome: r.Text(6), Remote: r.Text(7),
				})
				return nil
			}, append(args, int64(limit)+1)...)
	})
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		last := &list[limit-1]
		return list[:limit], store.Mark{Time: last.Time, ID: int64(last.ID)}.Cursor(), nil
	}
	return list, "", nil
}

// auditConditions returns what a filter says in SQL, for entries before a
// place.
func auditConditions(f store.AuditFilter, before store.Mark) (where string, args []driver.Value) {
	if end := (store.Mark{Time: f.Until}); f.Until != 0 && end.Compare(before) < 0 {
		before = end
	}
	where, args = `WHERE (time, id) < (?, ?)`, []driver.Value{int64(before.Time), before.ID}
	if f.From != 0 {
		where, args = where+` AND time >= ?`, append(args, int64(f.From))
	}
	for _, of := range []struct{ column, value string }{
		{"project", f.Project}, {"principal", f.Principal}, {"action", f.Action},
	} {
		if of.value != "" {
			where, args = where+` AND `+of.column+` = ?`, append(args, of.value)
		}
	}
	return where, args
}
