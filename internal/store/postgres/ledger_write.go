package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
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
			resume_attempt, resume_from, after, due, wake, epoch, pool, params, state, cancel_asked, tasks, started, ended)
		SELECT *, 0, false, 0, 0, 0
		FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[],
			$9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bytea[])`
	insertTags      = `INSERT INTO attempt_tags (attempt, name, value) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])`
	insertPlaces    = `INSERT INTO queue (attempt, rank, weight, admitted) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])`
	updateSchedules = `
		UPDATE schedules s
		SET next_run = u.next_run, next_time = u.next_time, last_time = u.last_time, evaluated = u.evaluated,
			disabled = u.disabled, updated = u.updated, version = u.version
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
			AS u (id, next_run, next_time, last_time, evaluated, disabled, updated, version)
		WHERE s.id = u.id`
	insertTicks = `
		INSERT INTO ticks (time, kind, project, name, slot, until, slots, outcome, reason, started, attempts)
		SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
			$8::smallint[], $9::text[], $10::bigint[], $11::text[])`
	setLastIDs = `SELECT setval('sessions_id_seq', $1), setval('attempts_id_seq', $2), setval('definitions_id_seq', $3)`
)

// write queues what was decided.
func (l ledger) write(b *pgx.Batch) {
	if len(l.Made()) > 0 {
		// Sequences keep what they are told when the transaction is undone: no
		// id is given out twice.
		b.Queue(setLastIDs, l.Last.Session, l.Last.Attempt, l.Last.Definition)
		l.writeDefinitions(b)
		l.writeSessions(b)
		l.writeAttempts(b)
		l.writeQueue(b)
	}
	if s := l.Fired(); len(s) > 0 {
		b.Queue(updateSchedules,
			column(s, func(s *store.Schedule) int64 { return int64(s.ID) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.NextRun) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.NextTime) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.LastTime) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.Evaluated) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.Disabled) }),
			column(s, func(s *store.Schedule) int64 { return int64(s.Updated) }),
			column(s, func(s *store.Schedule) int64 { return s.Version }))
	}
	l.writeTicks(b)
}

func (l ledger) writeTicks(b *pgx.Batch) {
	t := l.Ticks()
	if len(t) == 0 {
		return
	}
	b.Queue(insertTicks,
		column(t, func(t *store.Tick) int64 { return int64(t.At) }),
		column(t, func(t *store.Tick) int16 { return int16(t.Kind) }),
		column(t, func(t *store.Tick) int64 { return int64(t.Project) }),
		column(t, func(t *store.Tick) string { return t.Name }),
		column(t, func(t *store.Tick) int64 { return int64(t.Slot) }),
		column(t, func(t *store.Tick) int64 { return int64(t.Until) }),
		column(t, func(t *store.Tick) int64 { return int64(t.Slots) }),
		column(t, func(t *store.Tick) int16 { return int16(t.Outcome) }),
		column(t, func(t *store.Tick) string { return t.Reason }),
		column(t, func(t *store.Tick) int64 { return int64(t.Started) }),
		column(t, tables.TickAttempts))
}

func (l ledger) writeDefinitions(b *pgx.Batch) {
	d := l.Bodies()
	if len(d) == 0 {
		return
	}
	b.Queue(insertDefinitions,
		column(d, func(d *tables.DefinitionRow) int64 { return d.ID }),
		column(d, func(d *tables.DefinitionRow) []byte { return d.Start.Hash[:] }),
		column(d, func(d *tables.DefinitionRow) []byte { return d.Start.Body() }))
}

func (l ledger) writeSessions(b *pgx.Batch) {
	fresh, grown := l.Fresh(), l.Grown()
	id := func(s **tables.SessionRow) int64 { return int64((*s).ID) }
	attempts := func(s **tables.SessionRow) int32 { return int32((*s).Attempts) }
	last := func(s **tables.SessionRow) int64 { return int64((*s).Last) }
	if len(fresh) > 0 {
		b.Queue(insertSessions, column(fresh, id),
			column(fresh, func(s **tables.SessionRow) string { return (*s).UUID }),
			column(fresh, func(s **tables.SessionRow) int64 { return int64((*s).Project) }),
			column(fresh, func(s **tables.SessionRow) string { return (*s).Workflow }),
			column(fresh, func(s **tables.SessionRow) string { return (*s).Key }),
			column(fresh, func(s **tables.SessionRow) int64 { return int64((*s).Time) }),
			column(fresh, attempts), column(fresh, last))
	}
	if len(grown) > 0 {
		b.Queue(updateSessions, column(grown, id), column(grown, attempts), column(grown, last))
	}
}

// writeQueue writes the tags and the places in the queue that attempts begin with.
func (l ledger) writeQueue(b *pgx.Batch) {
	if t := l.Tags(); len(t) > 0 {
		b.Queue(insertTags,
			column(t, func(t *tables.TagRow) int64 { return int64(t.Attempt) }),
			column(t, func(t *tables.TagRow) string { return t.Name }),
			column(t, func(t *tables.TagRow) string { return t.Value }))
	}
	if p := l.Places(); len(p) > 0 {
		b.Queue(insertPlaces,
			column(p, func(p *tables.PlaceRow) int64 { return int64(p.Attempt) }),
			column(p, (*tables.PlaceRow).Rank),
			column(p, func(p *tables.PlaceRow) int64 { return int64(p.Weight) }),
			column(p, func(p *tables.PlaceRow) int64 { return int64(p.Admitted) }))
	}
}

func (l ledger) writeAttempts(b *pgx.Batch) {
	m := l.Made()
	b.Queue(insertAttempts,
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.ID) }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Session.ID) }),
		column(m, func(m *tables.AttemptRow) int32 { return int32(m.Index) }),
		column(m, func(m *tables.AttemptRow) string { return m.Name }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Session.Project) }),
		column(m, func(m *tables.AttemptRow) string { return m.Session.Workflow }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Workflow) }),
		column(m, func(m *tables.AttemptRow) string { return m.Zone }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Created) }),
		column(m, func(m *tables.AttemptRow) int64 { return m.Definition }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Resume.Attempt) }),
		column(m, func(m *tables.AttemptRow) string { return m.Resume.From }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.After) }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Due) }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Wake) }),
		column(m, func(m *tables.AttemptRow) int64 { return m.Epoch }),
		column(m, func(m *tables.AttemptRow) int64 { return int64(m.Pool) }),
		column(m, func(m *tables.AttemptRow) []byte { return m.Stored }))
}
