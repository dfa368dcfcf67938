package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	p := plan(b)
	err := s.write(ctx, "commit", p.write)
	if err == nil && (p.woke || len(p.Release) > 0) {
		s.Call()
	}
	return err
}

// batchPlan is a batch in the form that it is written in. It is made before
// its turn to write comes.
type batchPlan struct {
	*store.Batch
	ids     []model.AttemptID // all that are named, each once
	tasks   []int32           // the rows to write, by their place in the batch
	details [][]byte          // of tasks
	chunks  []chunk
	woke    bool // attempts that come after a session may begin
}

// chunk is a row of events.
type chunk struct {
	attempt model.AttemptID
	last    int64
	body    []byte
}

func plan(b *store.Batch) *batchPlan {
	p := &batchPlan{Batch: b}
	p.ids = slices.Sorted(b.AttemptIDs())
	p.ids = slices.Compact(p.ids)
	p.planTasks()
	p.planEvents()
	return p
}

// planTasks leaves out the rows that others replace, and orders the rest by
// key.
func (p *batchPlan) planTasks() {
	order := make([]int32, len(p.Tasks))
	for i := range order {
		order[i] = int32(i)
	}
	compare := func(i, j int32) int {
		a, b := &p.Tasks[i], &p.Tasks[j]
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Or(compare(i, j), cmp.Compare(i, j)) })
	for n, i := range order {
		if n+1 == len(order) || compare(i, order[n+1]) != 0 {
			p.tasks = append(p.tasks, i)
			p.details = append(p.details, record.Detail(p.Tasks[i].Detail))
		}
	}
}

// chunkSize bounds the events of a row, so that reading a page of them costs
// no more than the page.
const chunkSize = 1000

func (p *batchPlan) planEvents() {
	events := p.Events
	byAttempt := func(a, b engine.Event) int { return cmp.Compare(a.Attempt, b.Attempt) }
	if !slices.IsSortedFunc(events, byAttempt) {
		events = slices.Clone(events)
		slices.SortStableFunc(events, byAttempt)
	}
	for len(events) > 0 {
		n := 1
		for n < len(events) && n < chunkSize && events[n].Attempt == events[0].Attempt {
			n++
		}
		p.chunks = append(p.chunks, chunk{events[0].Attempt, events[n-1].Seq, record.Events(events[:n])})
		events = events[n:]
	}
}

func (p *batchPlan) write(c *conn) error {
	if err := p.admit(c); err != nil {
		return err
	}
	for _, write := range []func(*conn) error{
		p.writeAttempts, p.writeTasks, p.writeGrowths, p.writeEvents, p.consume, p.release,
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
func (p *batchPlan) admit(c *conn) error {
	if p.Owner == "" {
		known, err := count(c, countAttempts, p.ids)
		if err == nil && known < len(p.ids) {
			err = model.Errorf(model.NotFound, "the batch is about %d attempts, and only %d of them exist", len(p.ids), known)
		}
		return err
	}
	if err := tables.CheckLease(c, p.Owner, p.Epoch); err != nil {
		return err
	}
	owned, err := count(c, countOwned, p.ids, p.Epoch)
	if err == nil && owned < len(p.ids) {
		err = model.Errorf(model.Conflict, "the batch is about %d attempts, and %s owns only %d of them in epoch %d",
			len(p.ids), p.Owner, owned, p.Epoch)
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
func (p *batchPlan) admitConsumed(c *conn) error {
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
			n, _, err := c.number(text, slices.Concat(first, args)...)
			total += int(n)
			return err
		})
	return total, err
}

func (p *batchPlan) writeAttempts(c *conn) error {
	for i := range p.Attempts {
		r := &p.Attempts[i]
		_, err := c.Exec(`
			UPDATE attempts
			SET state = ?, cancel_asked = ?, tasks = ?, started = ?, ended = ?, edits = ?, shared = ?
			WHERE id = ?`,
			int64(r.State), r.CancelAsked, int64(r.Tasks), int64(r.Started), int64(r.Ended),
			record.Map(r.Edits), record.Map(r.Shared), int64(r.ID))
		if err == nil && r.State.Done() {
			err = p.wakeSuccessors(c, r.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wakeSuccessors lets what comes after a session begin, once the session has
// no unfinished attempt, and forgets what was posted to the one that ended.
func (p *batchPlan) wakeSuccessors(c *conn, ended model.AttemptID) error {
	woken, err := c.Exec(`
		UPDATE attempts SET wake = 0
		WHERE state = 0 AND after <> 0 AND epoch = 0 AND wake <> 0
			AND after = (SELECT session FROM attempts WHERE id = ?1)
			AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.session = attempts.after AND o.state = 0)`, int64(ended))
	if err != nil {
		return err
	}
	p.woke = p.woke || woken > 0
	_, err = c.Exec(`DELETE FROM posts WHERE attempt = ?`, int64(ended))
	return err
}

var putTasks = newBulk(`
	INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail)
	VALUES `, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, `
	ON CONFLICT (attempt, id) DO UPDATE SET
		parent = excluded.parent, name = excluded.name, state = excluded.state, flags = excluded.flags,
		try = excluded.try, retries = excluded.retries, started = excluded.started, ended = excluded.ended,
		wake = excluded.wake, deadline = excluded.deadline, detail = excluded.detail`)

func (p *batchPlan) writeTasks(c *conn) error {
	return putTasks.exec(c, len(p.tasks), p.taskArgs)
}

func (p *batchPlan) taskArgs(args []driver.Value, i int) []driver.Value {
	r := &p.Tasks[p.tasks[i]]
	return append(args, int64(r.Attempt), int64(r.ID), int64(r.Parent), r.Name, int64(r.State), int64(r.Flags),
		int64(r.Try), int64(r.Retries), int64(r.Started), int64(r.Ended), int64(r.Wake), int64(r.Deadline), p.details[i])
}

func (p *batchPlan) writeGrowths(c *conn) error {
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

func (p *batchPlan) writeEvents(c *conn) error {
	return addEvents.exec(c, len(p.chunks), p.chunkArgs)
}

func (p *batchPlan) chunkArgs(args []driver.Value, i int) []driver.Value {
	k := &p.chunks[i]
	return append(args, int64(k.attempt), k.last, k.body)
}

var dropPosts = newBulk(`DELETE FROM posts WHERE id IN (`, `?`, `)`)

func (p *batchPlan) consume(c *conn) error {
	return dropPosts.exec(c, len(p.Consumed), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(p.Consumed[i]))
	})
}

func (p *batchPlan) release(c *conn) error {
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
