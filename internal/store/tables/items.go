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

const (
	// ofList are the items of a list.
	ofList     = ` FROM items WHERE attempt = ? AND task = ? AND list = ?`
	insertItem = `
		INSERT INTO items (attempt, task, list, idx, key, value, state, started, ended, detail)`
	itemStays = ` ON CONFLICT (attempt, task, list, idx) DO NOTHING`
)

func listArgs(l store.ItemList, more ...driver.Value) []driver.Value {
	return append([]driver.Value{int64(l.Attempt), int64(l.Task), int64(l.List)}, more...)
}

// AddItems implements store.Items.
func (t *Tables) AddItems(ctx context.Context, to store.ItemList, items []engine.Item) error {
	return t.db.Write(ctx, "add items", func(c Conn) error {
		if err := attemptExists(c, to.Attempt); err != nil {
			return err
		}
		for part := items; len(part) > 0; part = part[min(itemsTogether, len(part)):] {
			if err := addItems(c, to, part[:min(itemsTogether, len(part))]); err != nil {
				return err
			}
		}
		return nil
	})
}

// itemsTogether is how many items one statement adds.
const itemsTogether = 100

func addItems(c Conn, to store.ItemList, items []engine.Item) error {
	text := insertItem + ` VALUES ` + strings.TrimSuffix(strings.Repeat(`(?, ?, ?, ?, ?, ?, 0, 0, 0, NULL), `, len(items)), ", ") + itemStays
	args := make([]driver.Value, 0, 6*len(items))
	for i := range items {
		value, err := record.ItemValue(&items[i])
		if err != nil {
			return err
		}
		args = append(args, listArgs(to, items[i].Index, Stored(items[i].Key), value)...)
	}
	_, err := c.Exec(text, args...)
	return err
}

func attemptExists(c Conn, id model.AttemptID) error {
	_, found, err := number(c, `SELECT 1 FROM attempts WHERE id = ?`, int64(id))
	if err == nil && !found {
		err = unknownAttempt(id)
	}
	return err
}

const itemColumns = `SELECT idx, key, value, state, started, ended, detail`

// readItem reads a row of itemColumns.
func readItem(r Row) (e store.ItemEntry, err error) {
	e.Index, e.Key, e.State = r.Int(0), string(r.Blob(1)), model.State(r.Int(3))
	e.Started, e.Ended = model.Instant(r.Int(4)), model.Instant(r.Int(5))
	if e.Value, err = record.DecodeValue(r.Blob(2)); err != nil {
		return e, err
	}
	d, err := record.DecodeDetail(r.Blob(6))
	if d != nil {
		e.Error, e.Result = d.Error, d.Store
	}
	return e, err
}

// FetchItems implements store.Items.
func (t *Tables) FetchItems(ctx context.Context, attempt model.AttemptID, task model.TaskID, f engine.Fetch) (items []engine.Item, err error) {
	text := itemColumns + ofList + ` AND idx >= ? AND state = 0 ORDER BY idx LIMIT ? + 0`
	if f.Again {
		text = itemColumns + ofList + ` AND idx = ? LIMIT ? + 0`
	}
	of := store.ItemList{Attempt: attempt, Task: task, List: f.List}
	err = t.db.Read(ctx, "read items", func(c Conn) error {
		items = make([]engine.Item, 0, f.Most)
		size := 0
		return c.Query(text, func(r Row) error {
			if size += len(r.Blob(2)); size > store.FetchBytes && len(items) > 0 {
				return nil // the next page begins with it
			}
			e, err := readItem(r)
			items = append(items, e.Item)
			return err
		}, listArgs(of, f.From, int64(f.Most))...)
	})
	return items, err
}

// ListItems implements store.Items.
func (t *Tables) ListItems(ctx context.Context, of store.ItemList, f store.ItemFilter, page store.Page) (list []store.ItemEntry, next string, err error) {
	limit, from, err := page.Bounds()
	if err != nil {
		return nil, "", err
	}
	err = t.db.ReadMoment(ctx, "list items", func(c Conn) error {
		list, next = nil, ""
		text, args := selectItems(of, f, from)
		err := c.Query(text+` ORDER BY idx LIMIT ? + 0`, func(r Row) error {
			e, err := readItem(r)
			list = append(list, e)
			return err
		}, append(args, int64(limit+1))...)
		switch {
		case err != nil:
			return err
		case len(list) > limit:
			list = list[:limit]
			next = store.ItemCursor(list[limit-1].Index + 1)
			return nil
		}
		next, err = t.itemsEnd(c, of, f, from)
		return err
	})
	return list, next, err
}

// selectItems selects the items that match from an index on, of those that are
// looked at.
func selectItems(of store.ItemList, f store.ItemFilter, from int64) (string, []driver.Value) {
	args := listArgs(of, from)
	switch {
	case len(f.States) == 0:
		return itemColumns + ofList + ` AND idx >= ?`, args
	case len(f.States) == 1 && f.States[0] == model.Failed:
		return itemColumns + ofList + ` AND idx >= ? AND state = 5`, args // there is an index for it
	}
	var states []int64
	for _, s := range f.States {
		states = append(states, int64(s))
	}
	text := itemColumns + ` FROM (` + itemColumns + ofList + ` AND idx >= ? ORDER BY idx LIMIT ? + 0) i WHERE state IN (`
	text += strings.TrimSuffix(strings.Repeat("?, ", len(states)), ", ") + `)`
	args = append(args, int64(store.ItemsAtOnce))
	for _, s := range states {
		args = append(args, s)
	}
	return text, args
}

// itemsEnd returns the cursor behind the items that were looked at.
func (t *Tables) itemsEnd(c Conn, of store.ItemList, f store.ItemFilter, from int64) (next string, err error) {
	if len(f.States) == 0 || len(f.States) == 1 && f.States[0] == model.Failed {
		return "", nil
	}
	at, found, err := number(c, `SELECT idx`+ofList+` AND idx >= ? ORDER BY idx LIMIT 1 OFFSET ? + 0`, listArgs(of, from, int64(store.ItemsAtOnce))...)
	if found {
		next = store.ItemCursor(at)
	}
	return next, err
}

// DropLists implements store.Items.
func (t *Tables) DropLists(ctx context.Context, than store.ItemList) error {
	return t.db.Write(ctx, "drop items", func(c Conn) error {
		_, err := c.Exec(`DELETE FROM items WHERE attempt = ? AND task = ? AND list < ?`, listArgs(than)...)
		return err
	})
}

// CountItems implements store.Items.
func (t *Tables) CountItems(ctx context.Context, of store.ItemList) (counts map[model.State]int64, err error) {
	err = t.db.Read(ctx, "count items", func(c Conn) error {
		counts = make(map[model.State]int64)
		return c.Query(`SELECT state, count(*)`+ofList+` GROUP BY state`, func(r Row) error {
			counts[model.State(r.Int(0))] = r.Int(1)
			return nil
		}, listArgs(of)...)
	})
	return counts, err
}

// CarryItems implements store.Items.
func (t *Tables) CarryItems(ctx context.Context, carry store.Carry) (n int, err error) {
	err = t.db.Write(ctx, "carry items", func(c Conn) error {
		if err := attemptExists(c, carry.To.Attempt); err != nil {
			return err
		}
		bound, found, err := number(c, `SELECT idx`+ofList+` AND idx >= ? ORDER BY idx LIMIT 1 OFFSET ? + 0`,
			listArgs(carry.From, carry.First, int64(carry.Most))...)
		if err != nil {
			return err
		}
		if !found {
			bound = 1<<63 - 1
		}
		count, _, err := number(c, `SELECT count(*)`+ofList+` AND idx >= ? AND idx < ?`, listArgs(carry.From, carry.First, bound)...)
		if n = int(count); err != nil {
			return err
		}
		return carryPart(c, carry, bound)
	})
	return n, err
}

// carryPart adds the items up to an index. What is not run again keeps its row.
func carryPart(c Conn, carry store.Carry, bound int64) error {
	var again []string
	var args []driver.Value
	for s := model.Blocked; s <= model.NotReached; s++ {
		if to := carry.Carried(-1, s); to != s {
			again = append(again, `WHEN state = ? THEN ? + 0`)
			args = append(args, int64(s), int64(to))
		}
	}
	state := `CASE WHEN idx = ? THEN 0 ` + strings.Join(again, " ") + ` ELSE state END`
	text := insertItem + `
		SELECT CAST(? AS bigint), CAST(? AS integer), CAST(? AS integer), idx, key, value, s, CASE WHEN s = 0 THEN 0 ELSE started END, CASE WHEN s = 0 THEN 0 ELSE ended END,
			CASE WHEN s = 0 THEN NULL ELSE detail END
		FROM (SELECT idx, key, value, started, ended, detail, ` + state + ` AS s` + ofList + ` AND idx >= ? AND idx < ?) o WHERE TRUE` + itemStays
	args = append(append(listArgs(carry.To, carry.Only), args...), listArgs(carry.From, carry.First, bound)...)
	_, err := c.Exec(text, args...)
	return err
}
