package sqlite

import (
	"crypto/sha256"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// take reads what there is, lets each job decide in turn what it starts, and
// writes that.
func take(c *conn, jobs []*job) error {
	if len(jobs) == 0 {
		return nil
	}
	intakes := make([]*tables.Intake, len(jobs))
	for i, j := range jobs {
		intakes[i] = j.intake
	}
	q := tables.Ask(intakes)
	l := ledger{tables.NewLedger(len(q.Keys)), c}
	if err := l.read(q); err != nil {
		return err
	}
	if err := l.readUnfinished(l.Formers(intakes)); err != nil {
		return err
	}
	for _, j := range jobs {
		j.err = j.intake.Decide(l.Ledger)
	}
	return l.write()
}

// ledger is one that is filled and written on a connection.
type ledger struct {
	*tables.Ledger
	conn *conn
}

const (
	selectLastIDs = `
		SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sessions'), 0),
		       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'attempts'), 0),
		       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'definitions'), 0)`
	countRunning = `SELECT count(*) FROM (SELECT 1 FROM attempts WHERE state = 0 AND pool = 0 AND project <> 0 LIMIT ? + 0)`
)

// CROSS JOIN and the sum with 0 keep SQLite from reading an index of more rows
// than need be.
var (
	selectStarted = newBulk(`WITH u (project, workflow, key, name) AS (VALUES `, `(?, ?, ?, ?)`, `)
		SELECT s.project, s.workflow, s.key, u.name, s.id, s.uuid, s.time, s.attempts, coalesce(a.id, 0)
		FROM u CROSS JOIN sessions s ON s.project = u.project AND s.workflow = u.workflow AND s.key = u.key
		LEFT JOIN attempts a ON a.session = s.id AND a.name = u.name`)
	selectHashes    = newBulk(`SELECT hash, id FROM definitions WHERE hash IN (`, `?`, `)`)
	selectLeases    = newBulk(`SELECT id, owner FROM leases WHERE id IN (`, `?`, `)`)
	selectStartable = newBulk(`
		SELECT w.id FROM workflows w CROSS JOIN projects p ON p.id = w.project
		WHERE p.deleted = 0 AND w.id IN (`, `?`, `)`)
	selectVersions   = newBulk(`SELECT id, version FROM schedules WHERE id IN (`, `?`, `)`)
	selectUnfinished = newBulk(`SELECT session FROM attempts WHERE state + 0 = 0 AND session IN (`, `?`, `)`)
)

// read fills the ledger with answers to questions.
func (l ledger) read(q *tables.Questions) error {
	err := l.conn.Query(selectLastIDs, func(r tables.Row) error {
		l.Last = tables.IDs{Session: r.Int(0), Attempt: r.Int(1), Definition: r.Int(2)}
		return nil
	})
	if err != nil {
		return err
	}
	if q.Most > 0 {
		n, err := l.conn.number(countRunning, int64(q.Most))
		if err != nil {
			return err
		}
		l.Running = int(n)
	}
	for _, read := range []func() error{
		func() error { return l.readStarted(q) },
		func() error {
			return lookUp(l.conn, selectHashes, q.Hashes, func(r tables.Row) { l.Definitions[[sha256.Size]byte(r.Blob(0))] = r.Int(1) })
		},
		func() error {
			return lookUp(l.conn, selectLeases, q.Epochs, func(r tables.Row) { l.Leases[r.Int(0)] = r.Text(1) })
		},
		func() error {
			return lookUp(l.conn, selectStartable, q.Startable, func(r tables.Row) { l.Startable[model.WorkflowID(r.Int(0))] = true })
		},
		func() error {
			return lookUp(l.conn, selectVersions, q.Schedules, func(r tables.Row) { l.Versions[model.ScheduleID(r.Int(0))] = r.Int(1) })
		},
		func() error { return l.readUnfinished(q.Afters) },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

func (l ledger) readStarted(q *tables.Questions) error {
	return selectStarted.query(l.conn, len(q.Keys), func(args []driver.Value, i int) []driver.Value {
		return append(args, q.Projects[i], q.Workflows[i], q.Keys[i], q.Names[i])
	}, func(r tables.Row) {
		l.Found(store.Session{
			Project: model.ProjectID(r.Int(0)), Workflow: r.Text(1), Key: r.Text(2),
			ID: model.SessionID(r.Int(4)), UUID: r.Text(5), Time: model.Instant(r.Int(6)),
		}, int(r.Int(7)), r.Text(3), model.AttemptID(r.Int(8)))
	})
}

func (l ledger) readUnfinished(sessions []int64) error {
	return lookUp(l.conn, selectUnfinished, sessions, func(r tables.Row) { l.Unfinished[model.SessionID(r.Int(0))] = true })
}

// lookUp calls each with the rows that a statement finds for keys.
func lookUp[K int64 | []byte](c *conn, b *bulk, keys []K, each func(tables.Row)) error {
	return b.query(c, len(keys), func(args []driver.Value, i int) []driver.Value { return append(args, keys[i]) }, each)
}

// A session and its attempt know each other's id before they are written.
var (
	insertSessions = newBulk(`INSERT INTO sessions (id, uuid, project, workflow, key, time, attempts, last) VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, ?)`, ``)
	insertAttempts = newBulk(`
		INSERT INTO attempts (id, session, number, name, project, workflow, stored, zone, created, definition,
			resume_attempt, resume_from, after, due, wake, epoch, pool, params, state, cancel_asked, tasks, started, ended)
		VALUES `, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0)`, ``)
	insertTags      = newBulk(`INSERT INTO attempt_tags (attempt, name, value) VALUES `, `(?, ?, ?)`, ``)
	insertPlaces    = newBulk(`INSERT INTO queue (attempt, rank, weight, admitted) VALUES `, `(?, ?, ?, ?)`, ``)
	updateSchedules = newBulk(`WITH u (id, next_run, next_time, last_time, evaluated, disabled, updated, version) AS (VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, ?)`, `)
		UPDATE schedules
		SET next_run = u.next_run, next_time = u.next_time, last_time = u.last_time, evaluated = u.evaluated,
			disabled = u.disabled, updated = u.updated, version = u.version
		FROM u WHERE schedules.id = u.id`)
	insertTicks = newBulk(tables.InsertTicks, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, ``)
)

// write writes what was decided.
func (l ledger) write() error {
	for _, d := range l.Bodies() {
		_, err := l.conn.Exec(`INSERT INTO definitions (id, hash, body) VALUES (?, ?, ?)`, d.ID, d.Start.Hash[:], d.Start.Body())
		if err != nil {
			return err
		}
	}
	if err := l.writeSessions(); err != nil {
		return err
	}
	if err := l.writeAttempts(); err != nil {
		return err
	}
	if err := l.writeQueue(); err != nil {
		return err
	}
	if err := l.writeSchedules(); err != nil {
		return err
	}
	return l.writeTicks()
}

func (l ledger) writeSessions() error {
	for _, s := range l.Grown() {
		_, err := l.conn.Exec(`UPDATE sessions SET attempts = ?, last = ? WHERE id = ?`, int64(s.Attempts), int64(s.Last), int64(s.ID))
		if err != nil {
			return err
		}
	}
	fresh := l.Fresh()
	return insertSessions.exec(l.conn, len(fresh), func(args []driver.Value, i int) []driver.Value {
		s := fresh[i]
		return append(args, int64(s.ID), s.UUID, int64(s.Project), s.Workflow, s.Key, int64(s.Time), int64(s.Attempts), int64(s.Last))
	})
}

func (l ledger) writeAttempts() error {
	made := l.Made()
	return insertAttempts.exec(l.conn, len(made), func(args []driver.Value, i int) []driver.Value {
		a := &made[i]
		return append(args, int64(a.ID), int64(a.Session.ID), int64(a.Index), a.Name, int64(a.Session.Project), a.Session.Workflow,
			int64(a.Workflow), a.Zone, int64(a.Created), a.Definition, int64(a.Resume.Attempt), a.Resume.From,
			int64(a.After), int64(a.Due), int64(a.Wake), a.Epoch, int64(a.Pool), a.Stored)
	})
}

// writeQueue writes the tags and the places in the queue that attempts begin with.
func (l ledger) writeQueue() error {
	tags, places := l.Tags(), l.Places()
	err := insertTags.exec(l.conn, len(tags), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(tags[i].Attempt), tags[i].Name, tags[i].Value)
	})
	if err != nil {
		return err
	}
	return insertPlaces.exec(l.conn, len(places), func(args []driver.Value, i int) []driver.Value {
		p := &places[i]
		return append(args, int64(p.Attempt), p.Rank(), int64(p.Weight), int64(p.Admitted))
	})
}

func (l ledger) writeSchedules() error {
	fired := l.Fired()
	return updateSchedules.exec(l.conn, len(fired), func(args []driver.Value, i int) []driver.Value {
		s := &fired[i]
		return append(args, int64(s.ID), int64(s.NextRun), int64(s.NextTime), int64(s.LastTime), int64(s.Evaluated),
			int64(s.Disabled), int64(s.Updated), s.Version)
	})
}

func (l ledger) writeTicks() error {
	ticks := l.Ticks()
	return insertTicks.exec(l.conn, len(ticks), func(args []driver.Value, i int) []driver.Value {
		return tables.AppendTick(args, &ticks[i])
	})
}
