package sqlite

import (
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// An upsert costs a third of an update from a list. All rows are there, so that what
// is not changed is not looked at.
var putItems = newBulk(`
	INSERT INTO items (attempt, task, list, idx, key, value, state, started, ended, detail)
	VALUES `, `(?, ?, ?, ?, '', '', ?, ?, ?, ?)`, `
	ON CONFLICT (attempt, task, list, idx) DO UPDATE SET
		state = excluded.state, started = excluded.started, ended = excluded.ended, detail = excluded.detail`)

// putAlike changes neighbours, which costs a quarter of an upsert for each.
const putAlike = `
	UPDATE items SET state = ?, started = ?, ended = ?, detail = ?
	WHERE attempt = ? AND task = ? AND list = ? AND idx >= ? AND idx < ?`

// alike is from how many neighbours on they are changed together.
const alike = 4

// writeItems changes the rows of items.
func (p *commit) writeItems(c *conn) error {
	var others []tables.ItemRow
	for n, rest := 0, p.Items; len(rest) > 0; rest = rest[n:] {
		if n = tables.Alike(rest); n < alike {
			others = append(others, rest[:n]...)
			continue
		}
		r := &rest[0]
		_, err := c.Exec(putAlike, int64(r.State), int64(r.Started), int64(r.Ended), r.Body,
			int64(r.Attempt), int64(r.Task), int64(r.List), r.Index, r.Index+int64(n))
		if err != nil {
			return err
		}
	}
	err := putItems.exec(c, len(others), func(args []driver.Value, i int) []driver.Value {
		r := &others[i]
		return append(args, int64(r.Attempt), int64(r.Task), int64(r.List), r.Index, int64(r.State), int64(r.Started), int64(r.Ended), r.Body)
	})
	if err != nil {
		return err
	}
	for _, r := range p.Sweeps {
		_, err := c.Exec(`
			UPDATE items SET state = ?, ended = ?
			WHERE attempt = ? AND task = ? AND list = ? AND idx >= ? AND idx < ? AND state = 0`,
			int64(r.State), int64(r.Ended), int64(r.Attempt), int64(r.Task), int64(r.List), r.Index, r.To)
		if err != nil {
			return err
		}
	}
	return nil
}

// drop forgets tasks, and what was added below them.
func (p *commit) drop(c *conn) error {
	for _, d := range p.Dropped {
		if _, err := c.Exec(`DELETE FROM tasks WHERE attempt = ? AND id >= ? AND id < ?`, int64(d.Attempt), int64(d.From), int64(d.To)); err != nil {
			return err
		}
		_, err := c.Exec(`DELETE FROM growths WHERE attempt = ? AND (first = ? AND kind = ? OR parent >= ? AND parent < ?)`,
			int64(d.Attempt), int64(d.From), int64(engine.GrowPage), int64(d.From), int64(d.To))
		if err != nil {
			return err
		}
	}
	return nil
}
