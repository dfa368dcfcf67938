package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	p := commit{Plan: tables.NewPlan(b), said: tables.NewSignalPlan(b, nil)}
	err := s.write(ctx, "commit", p.write)
	if err == nil && (p.woke || len(p.Release) > 0) {
		s.Call()
	}
	return err
}

// commit is a plan that is being written.
type commit struct {
	*tables.Plan
	// said is what the batch says of messages, and signals that with those that
	// are left of attempts that it ends. They are nil if there is nothing.
	said, signals *tables.SignalPlan
	woke          bool // others have something to do
}

func (p *commit) write(c *conn) error {
	if err := p.admit(c); err != nil {
		return err
	}
	p.signals = p.said
	for _, write := range []func(*conn) error{
		p.consume, p.writeAttempts, p.writeTasks, p.writeGrowths, p.writeEvents, p.writeFacts, p.writeSignals, p.writeItems, p.drop, p.writeVersions, p.release,
	} {
		if err := write(c); err != nil {
			return err
		}
	}
	return nil
}

var (
	countAttempts = newBulk(`SELECT count(*) FROM attempts WHERE id IN (`, `?`, `)`)
	countOwned    = newBulk(`SELECT count(*) FROM attempts WHERE epoch = ?1 AND id IN (`, `?`, `)`)
)

// admit checks that the batch may be written.
func (p *commit) admit(c *conn) error {
	if p.Owner == "" {
		known, err := count(c, countAttempts, p.Named)
		if err == nil && known < len(p.Named) {
			err = model.Errorf(model.NotFound, "the batch is about %d attempts, and only %d of them exist", len(p.Named), known)
		}
		return err
	}
	if err := tables.CheckLease(c, p.Owner, p.Epoch); err != nil {
		return err
	}
	owned, err := count(c, countOwned, p.Named, p.Epoch)
	if err == nil && owned < len(p.Named) {
		err = model.Errorf(model.Conflict, "the batch is about %d attempts, and %s owns only %d of them in epoch %d",
			len(p.Named), p.Owner, owned, p.Epoch)
	}
	if err != nil {
		return err
	}
	return p.admitConsumed(c)
}

var countForeign = newBulk(`
	SELECT count(*) FROM posts p JOIN attempts a ON a.id = p.attempt
	WHERE a.epoch <> ?1 AND p.id IN (`, `?`, `)`)

// admitConsumed checks that an owner consumes only what was posted to it.
func (p *commit) admitConsumed(c *conn) error {
	foreign, err := count(c, countForeign, p.Consumed, p.Epoch)
	if err == nil && foreign > 0 {
		err = model.Errorf(model.Conflict, "the batch consumes posts to attempts that %s does not own in epoch %d", p.Owner, p.Epoch)
	}
	return err
}

// count returns how many of the ids a statement finds, whose first arguments
// are given.
func count[ID ~int64](c *conn, b *bulk, ids []ID, first ...driver.Value) (total int, err error) {
	err = b.each(len(ids),
		func(args []driver.Value, i int) []driver.Value { return append(args, int64(ids[i])) },
		func(text string, _ int, args []driver.Value) error {
			n, err := c.number(text, slices.Concat(first, args)...)
			total += int(n)
			return err
		})
	return total, err
}

// An attempt that runs on keeps its place in every index of those that run: a
// statement that does not name these columns leaves all of them alone.
const (
	updateRunning = `UPDATE attempts SET cancel_asked = ?, tasks = ?, started = ?, edits = ?, shared = ? WHERE id = ?`
	updateEnded   = `
		UPDATE attempts SET cancel_asked = ?, tasks = ?, started = ?, edits = ?, shared = ?, state = ?, ended = ?
		WHERE id = ?`
)

func (p *commit) writeAttempts(c *conn) error {
	var ended []model.AttemptID
	for i := range p.Attempts {
		r := &p.Attempts[i]
		text := updateRunning
		args := []driver.Value{r.CancelAsked, int64(r.Tasks), int64(r.Started), record.Map(r.Edits), record.Map(r.Shared)}
		if r.State.Done() {
			ended = append(ended, r.ID)
			text, args = updateEnded, append(args, int64(r.State), int64(r.Ended))
		}
		if _, err := c.Exec(text, append(args, int64(r.ID))...); err != nil {
			return err
		}
	}
	return p.afterEnd(c, ended)
}

var (
	wakeSuccessors = newBulk(`
		UPDATE attempts SET wake = `+tables.WakeHeld+`
		WHERE state = 0 AND after <> 0 AND epoch = 0 AND wake <> 0
			AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.session = attempts.after AND o.state = 0)
			AND after IN (SELECT session FROM attempts WHERE id IN (`, `?`, `))`)
	dropInbox = newBulk(`DELETE FROM posts WHERE attempt IN (`, `?`, `) RETURNING id, attempt, task, body`)
)

// afterEnd lets what comes after a session begin, once the session has no
// unfinished attempt, and takes what was posted to those that ended.
func (p *commit) afterEnd(c *conn, ended []model.AttemptID) error {
	ids := func(args []driver.Value, i int) []driver.Value { return append(args, int64(ended[i])) }
	err := wakeSuccessors.each(len(ended), ids, func(text string, _ int, args []driver.Value) error {
		woken, err := c.Exec(text, args...)
		p.woke = p.woke || woken > 0
		return err
	})
	if err != nil {
		return err
	}
	var left []store.Post
	err = dropInbox.query(c, len(ended), ids, func(r tables.Row) { left = append(left, tables.ReadPost(r)) })
	if err != nil || len(left) == 0 {
		return err
	}
	slices.SortFunc(left, func(a, b store.Post) int { return cmp.Compare(a.ID, b.ID) })
	p.signals = tables.NewSignalPlan(p.Batch, routing.Left(left, p.Attempts))
	return nil
}

var putTasks = newBulk(`
	INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail)
	VALUES `, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, `
	ON CONFLICT (attempt, id) DO UPDATE SET
		parent = excluded.parent, name = excluded.name, state = excluded.state, flags = excluded.flags,
		try = excluded.try, retries = excluded.retries, started = excluded.started, ended = excluded.ended,
		wake = excluded.wake, deadline = excluded.deadline, detail = excluded.detail`)

func (p *commit) writeTasks(c *conn) error {
	return putTasks.exec(c, len(p.TaskRows), p.taskArgs)
}

func (p *commit) taskArgs(args []driver.Value, i int) []driver.Value {
	r := p.TaskRows[i]
	return append(args, int64(r.Attempt), int64(r.ID), int64(r.Parent), r.Name, int64(r.State), int64(r.Flags),
		int64(r.Try), int64(r.Retries), int64(r.Started), int64(r.Ended), int64(r.Wake), int64(r.Deadline), r.Body)
}

func (p *commit) writeGrowths(c *conn) error {
	for i := range p.Grown {
		g := &p.Grown[i]
		_, err := c.Exec(`
			INSERT INTO growths (attempt, first, parent, kind, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (attempt, first, parent, kind) DO UPDATE SET body = excluded.body`,
			int64(g.Attempt), int64(g.First), int64(g.Parent), int64(g.Kind), record.Growth(g))
		if err != nil {
			return err
		}
	}
	return nil
}

var addEvents = newBulk(`INSERT INTO events (attempt, last, body) VALUES `, `(?, ?, ?)`,
	` ON CONFLICT (attempt, last) DO NOTHING`)

func (p *commit) writeEvents(c *conn) error {
	return addEvents.exec(c, len(p.Chunks), p.chunkArgs)
}

func (p *commit) chunkArgs(args []driver.Value, i int) []driver.Value {
	k := &p.Chunks[i]
	return append(args, int64(k.Attempt), k.Last, k.Body)
}

var dropPosts = newBulk(`DELETE FROM posts WHERE id IN (`, `?`, `)`)

func (p *commit) consume(c *conn) error {
	return dropPosts.exec(c, len(p.Consumed), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(p.Consumed[i]))
	})
}

func (p *commit) release(c *conn) error {
	for _, r := range p.Release {
		_, err := c.Exec(`
			UPDATE attempts
			SET epoch = 0, wake = CASE WHEN EXISTS (SELECT 1 FROM posts WHERE attempt = ?1) THEN 0 ELSE ?2 END
			WHERE id = ?1`,
			int64(r.Attempt), int64(r.Wake))
		if err != nil {
			return err
		}
	}
	return nil
}
