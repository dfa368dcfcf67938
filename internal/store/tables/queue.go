package tables

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// PlaceRow is a place in the run queue to be written.
type PlaceRow struct {
	Attempt model.AttemptID
	store.Turn
	// Admitted is when it was taken, or 0.
	Admitted model.Instant
}

// Rank orders those that wait: lower ones come first.
func (p *PlaceRow) Rank() int64 { return -int64(p.Priority) }

// WakeHeld is when what was held back by a session is to be driven on: what is to be
// queued waits on there.
const WakeHeld = `CASE WHEN EXISTS (SELECT 1 FROM queue q WHERE q.attempt = attempts.id AND q.admitted = 0) THEN 9223372036854775806 ELSE 0 END`

// How many that wait are read together: first as many as most often fill what is
// free, then more.
const (
	firstPage = 100
	queuePage = 500
)

// Admit implements store.Queue. What is admitted is unowned and waits, so that
// nothing but this and CancelQueued changes it, of which one is at a time.
func (t *Tables) Admit(ctx context.Context, tags []string, now model.Instant, by store.Chooser) (ids []model.AttemptID, err error) {
	err = t.db.Write(ctx, "admit attempts", func(c Conn) error {
		q := queue{Tables: t, conn: c, names: stored(tags)}
		if err := q.choose(by); err != nil {
			return err
		}
		ids = q.admitted
		return q.write(now, by.Spent())
	})
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		t.db.Call()
	}
	return ids, nil
}

// LookAtQueue implements store.Queue.
func (t *Tables) LookAtQueue(ctx context.Context, by store.Chooser) error {
	return t.db.ReadMoment(ctx, "look at the queue", func(c Conn) error {
		q := queue{Tables: t, conn: c}
		return q.choose(by)
	})
}

// stored leaves out the tags that are not.
func stored(names []string) []string {
	list := make([]string, 0, len(names))
	for _, name := range names {
		if name != model.ProjectTag && name != model.WorkflowTag {
			list = append(list, name)
		}
	}
	return list
}

// queue is a call that looks at the run queue.
type queue struct {
	*Tables
	conn  Conn
	names []string // tags to be read; nil is all
	// admitted are those that were chosen, ended those that have no use for the
	// place that they held.
	admitted, ended []model.AttemptID
}

const queueColumns = `SELECT q.attempt, q.rank, q.weight, a.project, a.workflow, a.created, coalesce(p.name, ''), a.state FROM queue q `

// inQueue goes from the rows of the queue to what they are about.
func (q *queue) inQueue(where string) string {
	return queueColumns + q.dialect.OfPlace + ` LEFT JOIN projects p ON p.id = a.project WHERE ` + where
}

func readWaiting(r Row) store.Waiting {
	w := store.Waiting{
		Run:     admission.Run{ID: model.AttemptID(r.Int(0)), Priority: int(-r.Int(1)), Weight: int(r.Int(2))},
		Project: model.ProjectID(r.Int(3)), Workflow: r.Text(4), Since: model.Instant(r.Int(5)),
	}
	if project := r.Text(6); project != "" {
		w.Tags = store.PlaceTags(project, w.Workflow)
	}
	return w
}

func (q *queue) choose(by store.Chooser) error {
	held, err := q.held()
	if err != nil {
		return err
	}
	spent, err := q.spent()
	if err != nil {
		return err
	}
	if !by.Begin(held, spent) {
		return nil
	}
	size := firstPage
	for rank, last := int64(-1<<63), int64(0); ; size = queuePage {
		page, err := q.page(rank, last, size)
		if err != nil || len(page) == 0 {
			return err
		}
		chosen, more := by.Offer(page)
		for _, i := range chosen {
			q.admitted = append(q.admitted, page[i].ID)
		}
		if !more || len(page) < size {
			return nil
		}
		end := &page[len(page)-1]
		rank, last = -int64(end.Priority), int64(end.ID)
	}
}

// held reads what holds a place.
func (q *queue) held() ([]store.Waiting, error) {
	var list []store.Waiting
	err := q.conn.Query(q.inQueue(`q.admitted <> 0`), func(r Row) error {
		if r.Int(7) != 0 {
			q.ended = append(q.ended, model.AttemptID(r.Int(0)))
			return nil
		}
		list = append(list, readWaiting(r))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, q.tag(list)
}

// page reads so many of those that wait after a place in the queue.
func (q *queue) page(rank, last int64, size int) ([]store.Waiting, error) {
	var list []store.Waiting
	err := q.conn.Query(q.inQueue(`q.admitted = 0 AND (q.rank, q.attempt) > (?, ?) AND a.wake = 9223372036854775806 AND a.state = 0
		ORDER BY q.rank, q.attempt LIMIT ? + 0`), func(r Row) error {
		list = append(list, readWaiting(r))
		return nil
	}, rank, last, int64(size))
	if err != nil {
		return nil, err
	}
	return list, q.tag(list)
}

// tag adds the stored tags of runs.
func (q *queue) tag(list []store.Waiting) error {
	if q.names != nil && len(q.names) == 0 {
		return nil
	}
	ids, places := make([]model.AttemptID, len(list)), make(map[model.AttemptID]*admission.Run, len(list))
	for i := range list {
		r := &list[i].Run
		ids[i], places[r.ID] = r.ID, r
	}
	return q.eachTag(q.conn, ids, q.names, func(id model.AttemptID, name, value string) {
		r := places[id]
		r.Tags = append(r.Tags, admission.Tag{Name: name, Value: value})
	})
}

func (q *queue) spent() (admission.Spent, error) {
	spent := make(admission.Spent)
	err := q.conn.Query(`SELECT name, value, until FROM queue_spent`, func(r Row) error {
		spent[admission.Bucket{Limit: r.Text(0), Value: r.Text(1)}] = model.Instant(r.Int(2))
		return nil
	})
	return spent, err
}

// write writes what was decided.
func (q *queue) write(now model.Instant, spent admission.Spent) error {
	if len(q.ended) > 0 {
		if _, err := q.conn.Exec(`DELETE FROM queue WHERE attempt IN (`+q.dialect.Numbers+`)`, idList(q.ended)); err != nil {
			return err
		}
	}
	if len(q.admitted) == 0 {
		return nil
	}
	ids := idList(q.admitted)
	if _, err := q.conn.Exec(`UPDATE queue SET admitted = ? WHERE attempt IN (`+q.dialect.Numbers+`)`, int64(now), ids); err != nil {
		return err
	}
	if _, err := q.conn.Exec(`UPDATE attempts SET wake = 0 WHERE id IN (`+q.dialect.Numbers+`)`, ids); err != nil {
		return err
	}
	if len(spent) == 0 {
		return nil
	}
	if _, err := q.conn.Exec(`DELETE FROM queue_spent WHERE until <= ?`, int64(now)); err != nil {
		return err
	}
	for bucket, until := range spent {
		_, err := q.conn.Exec(`
			INSERT INTO queue_spent (name, value, until) VALUES (?, ?, ?)
			ON CONFLICT (name, value) DO UPDATE SET until = excluded.until`, bucket.Limit, bucket.Value, int64(until))
		if err != nil {
			return err
		}
	}
	return nil
}

// QueueEmpty implements store.Queue.
func (t *Tables) QueueEmpty(ctx context.Context) (empty bool, err error) {
	err = t.db.Read(ctx, "look at the queue", func(c Conn) error {
		_, found, err := number(c, `SELECT 1 FROM queue WHERE admitted = 0 LIMIT 1`)
		empty = !found
		return err
	})
	return empty, err
}

// CancelQueued implements store.Queue.
func (t *Tables) CancelQueued(ctx context.Context, f store.QueueFilter, now model.Instant, tell func(*store.Withdrawn) []engine.Record) (ids []model.AttemptID, err error) {
	err = t.db.Write(ctx, "cancel queued attempts", func(c Conn) error {
		if ids, err = t.inQueue(c, &f); err != nil || len(ids) == 0 {
			return err
		}
		if err := t.endQueued(c, ids, now); err != nil || tell == nil {
			return err
		}
		return t.tellWithdrawn(c, ids, tell)
	})
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		t.db.Call()
	}
	return ids, nil
}

// inQueue returns those that wait and are selected, in order of id.
func (t *Tables) inQueue(c Conn, f *store.QueueFilter) ([]model.AttemptID, error) {
	where := clauses{texts: []string{"q.admitted = 0"}}
	if f.Attempts != nil {
		where.add("q.attempt IN ("+t.dialect.Numbers+")", idList(f.Attempts))
	}
	if f.Projects != nil {
		where.add("a.project IN ("+t.dialect.Numbers+")", idList(f.Projects))
	}
	if f.Workflow != "" {
		where.add("a.workflow = ?", f.Workflow)
	}
	for _, name := range f.Tags.Names() { // a value, as what only asks for one may be turned around
		where.add("(SELECT g.value FROM attempt_tags g WHERE g.attempt = q.attempt AND g.name = ?) = ?", name, f.Tags[name])
	}
	return attemptIDs(c, `SELECT a.id FROM queue q `+t.dialect.OfPlace+where.where()+` ORDER BY a.id`, where.args...)
}

// endQueued ends attempts that nobody has begun. An event is the same for all of a
// workflow.
func (t *Tables) endQueued(c Conn, ids []model.AttemptID, now model.Instant) error {
	list, numbers := idList(ids), t.dialect.Numbers
	var workflows []string
	err := c.Query(`SELECT DISTINCT workflow FROM attempts WHERE id IN (`+numbers+`)`, func(r Row) error {
		workflows = append(workflows, strings.Clone(r.Text(0)))
		return nil
	}, list)
	if err != nil {
		return err
	}
	slices.Sort(workflows)
	for _, w := range workflows {
		body := record.Events([]engine.Event{store.Cancelled(0, w, now)})
		_, err := c.Exec(`INSERT INTO events (attempt, last, body) SELECT id, 1, ? FROM attempts WHERE workflow || '' = ? AND id IN (`+numbers+`)`, body, w, list)
		if err != nil {
			return err
		}
	}
	_, err = c.Exec(`UPDATE attempts SET state = ?, cancel_asked = ?, ended = ? WHERE id IN (`+numbers+`)`,
		int64(engine.AttemptKilled), true, int64(now), list)
	if err != nil {
		return err
	}
	for _, text := range []string{
		`DELETE FROM queue WHERE attempt IN (` + numbers + `)`,
		`DELETE FROM posts WHERE attempt IN (` + numbers + `)`,
		`UPDATE attempts SET wake = ` + WakeHeld + `
		WHERE state + 0 = 0 AND after <> 0 AND epoch = 0 AND wake <> 0
			AND NOT EXISTS (SELECT 1 FROM attempts o WHERE o.session = attempts.after AND o.state + 0 = 0)
			AND after IN (SELECT session FROM attempts WHERE id IN (` + numbers + `))`,
	} {
		if _, err := c.Exec(text, list); err != nil {
			return err
		}
	}
	return nil
}

// tellWithdrawn writes the records that tell of attempts which have just ended.
func (t *Tables) tellWithdrawn(c Conn, ids []model.AttemptID, tell func(*store.Withdrawn) []engine.Record) error {
	var ended []store.Withdrawn
	var definitions []int64
	err := c.Query(t.selectAttempts+` WHERE a.id IN (`+t.dialect.Numbers+`) ORDER BY a.id`, func(r Row) error {
		a, err := readAttempt(r)
		ended, definitions = append(ended, store.Withdrawn{Attempt: a}), append(definitions, r.Int(definitionColumn))
		return err
	}, idList(ids))
	if err != nil {
		return err
	}
	runs, err := t.definitions.loadAll(c, definitions)
	if err != nil {
		return err
	}
	stored := make(map[model.WorkflowID]store.Workflow)
	for i := range ended {
		stored[ended[i].Workflow] = store.Workflow{}
	}
	err = c.Query(selectWorkflows+`WHERE w.id IN (`+t.dialect.Numbers+`)`, func(r Row) error {
		w, err := readWorkflow(r)
		stored[w.ID] = w
		return err
	}, idList(slices.Collect(maps.Keys(stored))))
	if err != nil {
		return err
	}
	for i := range ended {
		one := &ended[i]
		w := stored[one.Workflow]
		one.Project, one.Revision = w.ProjectName, w.RevisionName
		if d := runs[definitions[i]].workflow; d != nil {
			one.Scope = d.Scope
		}
		for _, r := range tell(one) {
			if err := putRecord(c, &r); err != nil {
				return err
			}
		}
	}
	return nil
}
