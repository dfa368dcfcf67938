package postgres

import (
	"cmp"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store"
)

const (
	insertDefinitions = `INSERT INTO definitions (id, hash, body) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])`
	insertSessions    = `
		INSERT INTO sessions (id, uuid, project, workflow, key, time, attempts, last)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::integer[], $8::bigint[])`
	updateSessions = `
		UPDATE sessions s SET attempts = u.attempts, last = u.last
		FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS u (id, attempts, last) WHERE s.id = u.id`
	insertAttempts = `
		INSERT INTO attempts (id, session, number, name, project, workflow, stored, zone, created, definition,
			resume_attempt, resume_from, after, due, wake, epoch, params, state, cancel_asked, tasks, started, ended)
		SELECT *, 0, false, 0, 0, 0
		FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[],
			$9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[])`
	updateSchedules = `
		UPDATE schedules s
		SET next_run = u.next_run, next_time = u.next_time, last_time = u.last_time, disabled = u.disabled,
			updated = u.updated, version = u.version
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
			AS u (id, next_run, next_time, last_time, disabled, updated, version)
		WHERE s.id = u.id`
	setLastIDs = `SELECT setval('sessions_id_seq', $1), setval('attempts_id_seq', $2), setval('definitions_id_seq', $3)`
)

// write queues what was decided.
func (l *ledger) write(b *pgx.Batch) {
	if len(l.made) > 0 {
		// Sequences keep what they are told when the transaction is undone: no
		// id is given out twice.
		b.Queue(setLastIDs, l.last.session, l.last.attempt, l.last.definition)
		l.writeDefinitions(b)
		l.writeSessions(b)
		l.writeAttempts(b)
	}
	if len(l.fired) > 0 {
		s := slices.SortedFunc(maps.Values(l.fired), func(a, b store.Schedule) int { return cmp.Compare(a.ID, b.ID) })
		b.Queue(updateSchedules,
			column(s, func(s *store.Schedule) int64 { return int64(s.ID) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.NextRun) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.NextTime) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.LastTime) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.Disabled) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.Updated) }),
			column(s, func(s *store.Schedule) int64 { return s.Version }))
	}
}

func (l *ledger) writeDefinitions(b *pgx.Batch) {
	if len(l.bodies) == 0 {
		return
	}
	id := l.found.definition
	b.Queue(insertDefinitions,
		column(l.bodies, func(**start) int64 { id++; return id }),
		column(l.bodies, func(s **start) []byte { return (*s).hash[:] }),
		column(l.bodies, func(s **start) []byte { return (*s).body() }))
}

func (l *ledger) writeSessions(b *pgx.Batch) {
	var fresh, known []*session
	for _, s := range l.sessions {
		switch {
		case s.isNew:
			fresh = append(fresh, s)
		case s.last != 0:
			known = append(known, s)
		}
	}
	byID := func(a, b *session) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(fresh, byID)
	slices.SortFunc(known, byID)
	id := func(s **session) int64 { return int64((*s).ID) }
	attempts := func(s **session) int32 { return int32((*s).attempts) }
	last := func(s **session) int64 { return int64((*s).last) }
	if len(fresh) > 0 {
		b.Queue(insertSessions, column(fresh, id),
			column(fresh, func(s **session) string { return (*s).UUID }),
			column(fresh, func(s **session) int64 { return int64((*s).Project) }),
			column(fresh, func(s **session) string { return (*s).Workflow }),
			column(fresh, func(s **session) string { return (*s).Key }),
			column(fresh, func(s **session) int64 { return int64((*s).Time) }),
			column(fresh, attempts), column(fresh, last))
	}
	if len(known) > 0 {
		b.Queue(updateSessions, column(known, id), column(known, attempts), column(known, last))
	}
}

func (l *ledger) writeAttempts(b *pgx.Batch) {
	m := l.made
	b.Queue(insertAttempts,
		column(m, func(m *made) int64 { return int64(m.ID) }),
		column(m, func(m *made) int64 { return int64(m.Session.ID) }),
		column(m, func(m *made) int32 { return int32(m.Index) }),
		column(m, func(m *made) string { return m.Name }),
		column(m, func(m *made) int64 { return int64(m.Session.Project) }),
		column(m, func(m *made) string { return m.Session.Workflow }),
		column(m, func(m *made) int64 { return int64(m.Workflow) }),
		column(m, func(m *made) string { return m.Zone }),
		column(m, func(m *made) int64 { return int64(m.Created) }),
		column(m, func(m *made) int64 { return m.definition }),
		column(m, func(m *made) int64 { return int64(m.Resume.Attempt) }),
		column(m, func(m *made) string { return m.Resume.From }),
		column(m, func(m *made) int64 { return int64(m.After) }),
		column(m, func(m *made) int64 { return int64(m.Due) }),
		column(m, func(m *made) int64 { return int64(m.Wake) }),
		column(m, func(m *made) int64 { return m.Epoch }),
		column(m, func(m *made) []byte { return m.params }))
}
