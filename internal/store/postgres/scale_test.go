package postgres

import (
	"fmt"
	"testing"

	"github.com/pawlhq/pawl/internal/store/storetest"
)

// finishMany makes attempts that are done, as if by so many calls of
// StartAttempt and Commit. One session in twenty was tried twice, one attempt
// in a hundred failed, one in 100,000 was killed, and all of workflow w0 of
// project 2 but ten.
func finishMany(b *testing.B, cfg Config, n int) {
	b.Helper()
	script(b, cfg, fmt.Sprintf(`
		SET statement_timeout = 0;
		CREATE TABLE filled AS
			SELECT i AS id, i - i / 20 AS session, CASE WHEN i %% 10 = 3 THEN 1 ELSE 1 + (i * 7919 >> 5) %% %d END AS project,
			       'w' || ((i * 104729 >> 9) %% 10) AS workflow FROM generate_series(1::bigint, %d) i;
		INSERT INTO definitions (id, hash, body) SELECT id, sha256(id::text::bytea), '\x00' FROM filled WHERE id <= 1000;
		INSERT INTO sessions (id, uuid, project, workflow, key, time, attempts, last)
			SELECT session, gen_random_uuid(), min(project), min(workflow), '2026-01-01T' || lpad(session::text, 12, '0'),
			       1780000000000000 + session * 1000000, count(*), max(id) FROM filled GROUP BY session ORDER BY session;
		SET enable_hashjoin = on;
		INSERT INTO attempts (id, session, number, name, project, workflow, stored, zone, created, definition,
				resume_attempt, resume_from, due, after, wake, epoch, state, cancel_asked, tasks, started, ended, params)
			SELECT f.id, s.id, 1 + f.id - s.last + s.attempts - 1, CASE WHEN f.id = s.last - s.attempts + 1 THEN '' ELSE 'again' END,
			       s.project, s.workflow, 1 + f.id %% 1000, 'UTC', s.time, 1 + f.id %% 1000, 0, '', 0, 0, 0, 0,
			       CASE WHEN f.id %% 100000 = 0 THEN 3
			            WHEN s.project = 2 AND s.workflow = 'w0' THEN CASE WHEN f.id < 20000 THEN 1 ELSE 3 END
			            WHEN (f.id * 15485863 >> 7) %% 100 = 7 THEN 2 ELSE 1 END,
			       false, 3, s.time, s.time + 5000000, NULL
			FROM filled f JOIN sessions s ON s.id = f.session ORDER BY f.id;
		INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline)
			SELECT f.id, t, t - 1, '+w+task' || t, 4, 0, 1, 0, 1, 2, 0, 0 FROM filled f, generate_series(0, 2) t;
		INSERT INTO events (attempt, last, body) SELECT id, 6, decode(repeat('abcdef0123', 40), 'hex') FROM filled;
		SELECT setval('sessions_id_seq', max(session)), setval('attempts_id_seq', max(id)), setval('definitions_id_seq', 1000) FROM filled;
		DROP TABLE filled`, storetest.Projects, n))
	for _, text := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		script(b, cfg, text)
	}
}

// BenchmarkPages reads pages.
func BenchmarkPages(b *testing.B) {
	storetest.BenchmarkPages(b, openFilled(b))
}

// BenchmarkHistory compares dispatch in a new store and in an old one.
func BenchmarkHistory(b *testing.B) {
	storetest.BenchmarkHistory(b, openTemp(b), openFilled(b))
}

// openFilled opens a store with attempts that are done.
func openFilled(b *testing.B) *Store {
	b.Helper()
	cfg := tempConfig(b)
	s := openAndClose(b, cfg)
	finishMany(b, cfg, storetest.Finished)
	return s
}
