package postgres

import (
	"crypto/sha256"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
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
	countRunning   = `SELECT count(*) FROM (SELECT FROM attempts WHERE state = 0 AND project <> 0 LIMIT $1) AS counted`
	selectVersions = `SELECT id, version FROM schedules WHERE id = ANY ($1)`

	// Who ends an attempt waits for those who come after it, and the other way
	// round. All unfinished attempts of a session count.
	holdUnfinished = `SELECT session FROM attempts WHERE session = ANY ($1) AND state + 0 = 0 ORDER BY id + 0 FOR KEY SHARE`
)

// questions are what the starts of a transaction ask, in columns.
type questions struct {
	projects                  []int64
	workflows, keys, names    []string
	hashes                    [][]byte
	epochs, startable, afters []int64
	most                      int
	schedules                 []int64
}

func (q *questions) add(in *intake) {
	for _, id := range in.schedules {
		q.schedules = append(q.schedules, int64(id))
	}
	for _, s := range in.starts {
		q.projects = append(q.projects, int64(s.Session.Project))
		q.workflows = append(q.workflows, s.Session.Workflow)
		q.keys = append(q.keys, s.Session.Key)
		q.names = append(q.names, s.Name)
		q.hashes = appendNew(q.hashes, s.hash[:], func(a, b []byte) bool { return string(a) == string(b) })
		q.most = max(q.most, s.MaxRunning)
		if s.Owner != "" {
			q.epochs = appendNew(q.epochs, s.Epoch, equal)
		}
		if s.Workflow != 0 {
			q.startable = appendNew(q.startable, int64(s.Workflow), equal)
		}
		if s.After != 0 {
			q.afters = appendNew(q.afters, int64(s.After), equal)
		}
	}
}

func equal(a, b int64) bool { return a == b }

// appendNew leaves out what came before in the same row of starts.
func appendNew[V any](list []V, v V, same func(a, b V) bool) []V {
	if n := len(list); n > 0 && same(list[n-1], v) {
		return list
	}
	return append(list, v)
}

// read queues the questions of calls, whose answers go into the ledger.
func (l *ledger) read(b *pgx.Batch, intakes []*intake) {
	var q questions
	for _, in := range intakes {
		q.add(in)
	}
	b.Queue(selectLastIDs).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&l.found.session, &l.found.attempt, &l.found.definition)
		l.last = l.found
		return err
	})
	if len(q.keys) > 0 {
		b.Queue(selectStarted, q.projects, q.workflows, q.keys, q.names).Query(l.readStarted)
		b.Queue(selectHashes, q.hashes).Query(l.readHashes)
	}
	if len(q.epochs) > 0 {
		pairs(b.Queue(selectLeases, q.epochs), func(id int64, owner string) { l.leases[id] = owner })
	}
	if len(q.startable) > 0 {
		one(b.Queue(selectStartable, q.startable), func(id model.WorkflowID) { l.startable[id] = true })
	}
	if q.most > 0 {
		one(b.Queue(countRunning, int64(q.most)), func(n int) { l.running = n })
	}
	if len(q.schedules) > 0 {
		pairs(b.Queue(selectVersions, q.schedules), func(id model.ScheduleID, version int64) { l.versions[id] = version })
	}
	if len(q.afters) > 0 {
		l.hold(b, q.afters)
	}
}

// readFormer queues what is to be known of the sessions that the next of a
// chain comes after, if some of them are not new.
func (l *ledger) readFormer(b *pgx.Batch, intakes []*intake) {
	var formers []int64
	for _, in := range intakes {
		for i, s := range in.starts {
			if !s.AfterFormer || i == 0 {
				continue
			}
			if former := l.sessions[keyOf(&in.starts[i-1].Session)]; former != nil {
				formers = append(formers, int64(former.ID))
			}
		}
	}
	if len(formers) > 0 {
		l.hold(b, formers)
	}
}

// hold finds the sessions that have an unfinished attempt, and keeps those
// attempts as they are.
func (l *ledger) hold(b *pgx.Batch, sessions []int64) {
	one(b.Queue(holdUnfinished, sessions), func(id model.SessionID) { l.unfinished[id] = true })
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

func (l *ledger) readStarted(rows pgx.Rows) error {
	var s store.Session
	var name string
	var attempts int
	var attempt model.AttemptID
	columns := []any{&s.Project, &s.Workflow, &s.Key, &name, &s.ID, &s.UUID, &s.Time, &attempts, &attempt}
	_, err := pgx.ForEachRow(rows, columns, func() error {
		known := l.sessions[keyOf(&s)]
		if known == nil {
			known = &session{Session: s, attempts: attempts, byName: make(map[string]model.AttemptID)}
			l.sessions[keyOf(&s)] = known
		}
		if attempt != 0 {
			known.byName[name] = attempt
		}
		return nil
	})
	return err
}

func (l *ledger) readHashes(rows pgx.Rows) error {
	var hash []byte
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&hash, &id}, func() error {
		l.definitions[[sha256.Size]byte(hash)] = id
		return nil
	})
	return err
}
