package postgres

import (
	"crypto/sha256"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// A sum with 0 hides a column from the planner, lest it reads an index of more
// rows than need be.
const (
	selectLastIDs = `
		SELECT (SELECT last_value - 1 + is_called::integer FROM sessions_id_seq),
		       (SELECT last_value - 1 + is_called::integer FROM attempts_id_seq),
		       (SELECT last_value - 1 + is_called::integer FROM definitions_id_seq)`
	selectStarted = `
		SELECT s.project, s.workflow, s.key, u.name, s.id, s.uuid, s.time, s.attempts, coalesce(a.id, 0)
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS u (project, workflow, key, name)
		JOIN sessions s ON s.project + 0 = u.project AND s.workflow = u.workflow AND s.key = u.key
		LEFT JOIN attempts a ON a.session = s.id AND a.name = u.name`
	selectHashes    = `SELECT hash, id FROM definitions WHERE hash = ANY ($1)`
	selectLeases    = `SELECT id, owner FROM leases WHERE id = ANY ($1)`
	selectStartable = `
		SELECT w.id FROM workflows w JOIN projects p ON p.id = w.project
		WHERE w.id = ANY ($1) AND p.deleted = 0`
	countRunning   = `SELECT count(*) FROM (SELECT FROM attempts WHERE state = 0 AND pool = 0 AND project <> 0 LIMIT $1) AS counted`
	selectVersions = `SELECT id, version FROM schedules WHERE id = ANY ($1)`

	// Who ends an attempt waits for those who come after it, and the other way
	// round. All unfinished attempts of a session count.
	holdUnfinished = `SELECT session FROM attempts WHERE session = ANY ($1) AND state + 0 = 0 ORDER BY id + 0 FOR KEY SHARE`
)

// ledger is one that is filled and written by what is queued.
type ledger struct{ *tables.Ledger }

// read queues questions, whose answers go into the ledger.
func (l ledger) read(b *pgx.Batch, q *tables.Questions) {
	b.Queue(selectLastIDs).QueryRow(func(row pgx.Row) error {
		return row.Scan(&l.Last.Session, &l.Last.Attempt, &l.Last.Definition)
	})
	if len(q.Keys) > 0 {
		b.Queue(selectStarted, q.Projects, q.Workflows, q.Keys, q.Names).Query(l.readStarted)
		b.Queue(selectHashes, q.Hashes).Query(l.readHashes)
	}
	if len(q.Epochs) > 0 {
		pairs(b.Queue(selectLeases, q.Epochs), func(id int64, owner string) { l.Leases[id] = owner })
	}
	if len(q.Startable) > 0 {
		one(b.Queue(selectStartable, q.Startable), func(id model.WorkflowID) { l.Startable[id] = true })
	}
	if q.Most > 0 {
		one(b.Queue(countRunning, int64(q.Most)), func(n int) { l.Running = n })
	}
	if len(q.Schedules) > 0 {
		pairs(b.Queue(selectVersions, q.Schedules), func(id model.ScheduleID, version int64) { l.Versions[id] = version })
	}
	if len(q.Afters) > 0 {
		l.hold(b, q.Afters)
	}
}

// hold finds the sessions that have an unfinished attempt, and keeps those
// attempts as they are.
func (l ledger) hold(b *pgx.Batch, sessions []int64) {
	one(b.Queue(holdUnfinished, sessions), func(id model.SessionID) { l.Unfinished[id] = true })
}

// one calls each with the column of every row of an answer.
func one[A any](q *pgx.QueuedQuery, each func(A)) {
	q.Query(func(rows pgx.Rows) error {
		var a A
		_, err := pgx.ForEachRow(rows, []any{&a}, func() error {
			each(a)
			return nil
		})
		return err
	})
}

// pairs calls each with the two columns of every row of an answer.
func pairs[A, B any](q *pgx.QueuedQuery, each func(A, B)) {
	q.Query(func(rows pgx.Rows) error {
		var a A
		var b B
		_, err := pgx.ForEachRow(rows, []any{&a, &b}, func() error {
			each(a, b)
			return nil
		})
		return err
	})
}

func (l ledger) readStarted(rows pgx.Rows) error {
	var s store.Session
	var name string
	var attempts int
	var attempt model.AttemptID
	columns := []any{&s.Project, &s.Workflow, &s.Key, &name, &s.ID, &s.UUID, &s.Time, &attempts, &attempt}
	_, err := pgx.ForEachRow(rows, columns, func() error {
		l.Found(s, attempts, name, attempt)
		return nil
	})
	return err
}

func (l ledger) readHashes(rows pgx.Rows) error {
	var hash []byte
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&hash, &id}, func() error {
		l.Definitions[[sha256.Size]byte(hash)] = id
		return nil
	})
	return err
}
