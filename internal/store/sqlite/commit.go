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
)

// Commit implements store.Attempts.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	p := plan(b)
	return s.write(ctx, "commit", p.write)
}

// batchPlan is a batch in the form that it is written in. It is made before
// its turn to write comes.
type batchPlan struct {
	*store.Batch
	ids     []model.AttemptID // all that are named, each once
	tasks   []int32           // the rows to write, by their place in the batch
	details [][]byte          // of tasks
	chunks  []chunk
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
		p.writeAttempts, p.writeTasks, p.writeGrowths, p.writeEvents, p.release,
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
		known, err := p.count(c, countAttempts)
		if err == nil && known < len(p.ids) {
			err = model.Errorf(model.NotFound, "the batch is about %d attempts, and only %d of them exist", len(p.ids), known)
		}
		return err
	}
	if err := checkLease(c, p.Owner, p.Epoch); err != nil {
		return err
	}
	owned, err := p.count(c, countOwned, p.Epoch)
	if err == nil && owned < len(p.ids) {
		err = model.Errorf(model.Conflict, "the batch is about %d attempts, and %s owns only %d of them in epoch %d",
			len(p.ids), p.Owner, owned, p.Epoch)
	}
	return err
}

// count returns how many of the batch's attempts a statement finds, whose
// first arguments are given.
func (p *batchPlan) count(c *conn, b *bulk, first ...driver.Value) (total int, err error) {
	err = b.each(len(p.ids),
		func(args []driver.Value, i int) []driver.Value { return append(args, int64(p.ids[i])) },
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
		_, err := c.exec(`
			UPDATE attempts
			SET state = ?, cancel_asked = ?, tasks = ?, started = ?, ended = ?, edits = ?, shared = ?
			WHERE id = ?`,
			int64(r.State), r.CancelAsked, int64(r.Tasks), int64(r.Started), int64(r.Ended),
			record.Map(r.Edits), record.Map(r.Shared), int64(r.ID))
		if err != nil {
			return err
		}
	}
	return nil
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
		_, err := c.exec(`
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

func (p *batchPlan) release(c *conn) error {
	for _, id := range p.Release {
		if _, err := c.exec(`UPDATE attempts SET epoch = 0 WHERE id = ?`, int64(id)); err != nil {
			return err
		}
	}
	return nil
}
