package tables

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

const selectLog = `
	SELECT e.number, e.attempt, e.last, e.body,
	       coalesce((SELECT max(p.last) FROM events p WHERE p.attempt = e.attempt AND p.last < e.last), 0),
	       a.name, a.number, s.id, s.uuid, s.project, s.workflow, s.key, s.time
	FROM events e `

// ReadLog implements store.Log.
func (t *Tables) ReadLog(ctx context.Context, q store.LogQuery) (page store.LogPage, err error) {
	after, limit, err := q.Bounds()
	if err != nil {
		return page, err
	}
	err = t.db.Read(ctx, "read the log of events", func(c Conn) error {
		r := logReader{LogQuery: q, limit: limit, at: after}
		if err := t.readLog(c, &r); err != nil {
			return err
		}
		// What is missing is looked at last, as it may come to be so meanwhile.
		lost, newest, err := logEdges(c)
		if err != nil {
			return err
		}
		if after, err = after.Judge(q.After == "", lost, newest); err != nil {
			return err
		}
		page = r.page(after.Lost)
		page.Held = newest >= r.settled
		return nil
	})
	if err != nil {
		return store.LogPage{}, err
	}
	return page, nil
}

// readLog reads the rows after a place that nothing can come before any more.
func (t *Tables) readLog(c Conn, r *logReader) error {
	var err error
	if r.settled, err = t.settled(c); err != nil {
		return err
	}
	where, args := "", []driver.Value{r.at.Number, r.at.Number, int64(r.at.Attempt), r.at.Seq, r.settled}
	if r.Attempt != 0 {
		where, args = " AND e.attempt = ?", append(args, int64(r.Attempt))
	}
	return c.Query(selectLog+t.dialect.Ordered+` attempts a ON a.id = e.attempt `+t.dialect.Ordered+` sessions s ON s.id = a.session
		WHERE e.number >= ? AND (e.number, e.attempt, e.last) > (?, ?, ?) AND e.number < ?`+where+`
		ORDER BY e.number, e.attempt, e.last LIMIT ? + 0`, r.row, append(args, int64(r.limit))...)
}

// settled returns the number below which no row can be missing.
func (t *Tables) settled(c Conn) (int64, error) {
	if t.dialect.Settled == "" {
		return store.Settled, nil
	}
	n, _, err := number(c, t.dialect.Settled)
	return n, err
}

// logEdges returns the number up to which rows are missing, and the newest one.
func logEdges(c Conn) (lost, newest int64, err error) {
	err = c.Query(`
		SELECT coalesce((SELECT max(last) FROM events WHERE attempt = 0), ?), coalesce((SELECT max(number) FROM events), ?)`,
		func(r Row) error {
			lost, newest = r.Int(0), r.Int(1)
			return nil
		}, int64(store.NoNumber), int64(store.NoNumber))
	return lost, newest, err
}

// logReader makes a page of rows.
type logReader struct {
	store.LogQuery
	limit, looked, events int
	settled               int64
	at                    store.Place
	entries               []store.LogEntry
	more                  bool
}

func (l *logReader) row(r Row) error {
	place := store.Place{Number: r.Int(0), Attempt: model.AttemptID(r.Int(1)), Seq: r.Int(2)}
	e := store.LogEntry{Place: place, Name: r.Text(5), Index: int(r.Int(6)), Session: store.Session{
		ID: model.SessionID(r.Int(7)), UUID: r.Text(8), Project: model.ProjectID(r.Int(9)), Workflow: r.Text(10),
		Key: r.Text(11), Time: model.Instant(r.Int(12)),
	}}
	// Rows overlap where a batch was written again as part of a larger one, and a
	// reader may go on within a row.
	known := r.Int(4)
	if l.at.Number == place.Number && l.at.Attempt == place.Attempt {
		known = max(known, l.at.Seq)
	}
	l.looked++
	l.at = place
	l.more = l.looked == l.limit
	if !l.Matches(&e) {
		return nil
	}
	var err error
	if e.Events, err = record.DecodeEvents(nil, r.Blob(3), place.Attempt, known); err != nil {
		return err
	}
	if len(e.Events) > 0 {
		l.entries = append(l.entries, e)
	}
	if l.events += len(e.Events); l.events >= store.MaxLimit {
		l.more = true
		return ErrEnough
	}
	return nil
}

// page returns what was read.
func (l *logReader) page(lost int64) store.LogPage {
	for i := range l.entries {
		l.entries[i].Lost = lost
	}
	l.at.Lost = lost
	return store.LogPage{Entries: l.entries, Next: l.at.Cursor(), More: l.more}
}

// SeekLog implements store.Log.
func (t *Tables) SeekLog(ctx context.Context, at model.Instant) (cursor string, err error) {
	err = t.db.Read(ctx, "look into the log of events", func(c Conn) error {
		settled, err := t.settled(c)
		if err != nil {
			return err
		}
		p, err := seekLog(c, at, settled)
		if err != nil {
			return err
		}
		if p.Lost, _, err = logEdges(c); err == nil {
			cursor = p.Cursor()
		}
		return err
	})
	return cursor, err
}

// seekLog halves what the place may be in, as numbers grow with time.
func seekLog(c Conn, at model.Instant, settled int64) (p store.Place, err error) {
	p = store.Beginning
	low, found, err := number(c, `SELECT number FROM events ORDER BY number LIMIT 1`)
	if err != nil || !found {
		return p, err
	}
	last, err := lastBelow(c, settled)
	if err != nil || at == model.Never {
		return last, err
	}
	for high := last.Number + 1; low < high; {
		middle := low + (high-low)/2
		early, next, err := earlier(c, middle, at)
		if err != nil {
			return p, err
		}
		if early {
			low = next + 1
		} else {
			high = middle
		}
	}
	if low > last.Number {
		return last, nil
	}
	return store.Place{Number: low - 1, Attempt: math.MaxInt64, Seq: math.MaxInt64}, nil
}

// lastBelow returns the place of the last row below a number.
func lastBelow(c Conn, settled int64) (p store.Place, err error) {
	p = store.Beginning
	err = c.Query(`
		SELECT number, attempt, last FROM events WHERE number < ? ORDER BY number DESC, attempt DESC, last DESC LIMIT 1`,
		func(r Row) error {
			p = store.Place{Number: r.Int(0), Attempt: model.AttemptID(r.Int(1)), Seq: r.Int(2)}
			return nil
		}, settled)
	return p, err
}

// earlier reports whether the first row from a number on is from before an instant,
// and the number of that row.
func earlier(c Conn, from int64, at model.Instant) (early bool, n int64, err error) {
	n = math.MaxInt64 - 1
	err = c.Query(`SELECT number, attempt, body FROM events WHERE number >= ? AND attempt <> 0 ORDER BY number, attempt, last LIMIT 1`,
		func(r Row) error {
			n = r.Int(0)
			var list []engine.Event
			list, err := record.DecodeEvents(nil, r.Blob(2), model.AttemptID(r.Int(1)), 0)
			early = err == nil && len(list) > 0 && list[len(list)-1].At < at
			return err
		}, from)
	return early, n, err
}

// dropEvents deletes the events of attempts in a list, and notes up to where events
// are missing from then on. That also keeps numbers from being given again.
func (t *Tables) dropEvents(c Conn, attempts string) error {
	lost, found, err := number(c, `SELECT max(number) FROM events WHERE attempt IN (`+t.dialect.Numbers+`) HAVING count(*) > 0`, attempts)
	if err != nil || !found {
		return err
	}
	if _, err := c.Exec(`DELETE FROM events WHERE attempt IN (`+t.dialect.Numbers+`)`, attempts); err != nil {
		return err
	}
	before, _, err := logEdges(c)
	if err != nil || before >= lost {
		return err
	}
	if _, err := c.Exec(`DELETE FROM events WHERE attempt = 0`); err != nil {
		return err
	}
	_, err = c.Exec(`INSERT INTO events (number, attempt, last, body) VALUES (?, 0, ?, ?)`, lost, lost, []byte{})
	return err
}
