package sqlite

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// fill makes attempts that are done, as if by so many calls of StartAttempt
// and Commit. One session in twenty was tried twice, one attempt in a hundred
// failed, one in 100,000 was killed, and all of workflow w0 of project 2 but
// ten.
func fill(b *testing.B, s *Store, n int) {
	b.Helper()
	if err := s.writer.conn.script("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000"); err != nil {
		b.Fatal(err)
	}
	err := s.writer.do(&job{run: func(c *conn) error {
		for _, text := range []string{
			fmt.Sprintf(`CREATE TEMP TABLE filled AS
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
				SELECT i AS id, i - i / 20 AS session, CASE WHEN i %% 10 = 3 THEN 1 ELSE 1 + (i * 7919 >> 5) %% %d END AS project,
				       'w' || ((i * 104729 >> 9) %% 10) AS workflow FROM n`, n, storetest.Projects),
			`INSERT INTO definitions (id, hash, body) SELECT id, randomblob(32), x'00' FROM filled WHERE id <= 1000`,
			`INSERT INTO sessions (id, uuid, project, workflow, key, time, attempts, last)
				SELECT session, hex(randomblob(16)), min(project), min(workflow), printf('2026-01-01T%012d', session),
				       1780000000000000 + session * 1000000, count(*), max(id) FROM filled GROUP BY session`,
			`INSERT INTO attempts (id, session, number, name, project, workflow, stored, zone, created, definition,
					resume_attempt, resume_from, due, after, wake, epoch, state, cancel_asked, tasks, started, ended, params)
				SELECT f.id, s.id, 1 + f.id - s.last + s.attempts - 1, CASE WHEN f.id = s.last - s.attempts + 1 THEN '' ELSE 'again' END,
				       s.project, s.workflow, 1 + f.id % 1000, 'UTC', s.time, 1 + f.id % 1000, 0, '', 0, 0, 0, 0,
				       CASE WHEN f.id % 100000 = 0 THEN 3
				            WHEN s.project = 2 AND s.workflow = 'w0' THEN CASE WHEN f.id < 20000 THEN 1 ELSE 3 END
				            WHEN (f.id * 15485863 >> 7) % 100 = 7 THEN 2 ELSE 1 END,
				       0, 3, s.time, s.time + 5000000, NULL
				FROM filled f JOIN sessions s ON s.id = f.session`,
			`INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline)
				SELECT f.id, t.value, t.value - 1, '+w+task' || t.value, 4, 0, 1, 0, 1, 2, 0, 0
				FROM filled f CROSS JOIN json_each('[0, 1, 2]') t`,
			`INSERT INTO events (attempt, last, body) SELECT id, 6, randomblob(200) FROM filled`,
			`DROP TABLE filled`,
		} {
			if _, err := c.Exec(text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	}})
	if err == nil {
		err = s.writer.conn.script("PRAGMA cache_size = " + fmt.Sprint(writerPages) + "; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPages reads pages.
func BenchmarkPages(b *testing.B) {
	s := openTemp(b)
	fill(b, s, storetest.Finished)
	storetest.BenchmarkPages(b, s)
}

// BenchmarkHistory compares dispatch in a new store and in an old one.
func BenchmarkHistory(b *testing.B) {
	empty, full := openTemp(b), openTemp(b)
	fill(b, full, storetest.Finished)
	storetest.BenchmarkHistory(b, empty, full)
}

// BenchmarkPrune prunes the oldest attempts of stores of two sizes, in calls of
// a hundred.
func BenchmarkPrune(b *testing.B) {
	for _, n := range []int{20_000, storetest.Finished} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openTemp(b)
			fill(b, s, n)
			keep := store.Retention{Attempts: time.Second, Sessions: 1}
			var times []time.Duration
			var page store.Page
			for range 100 {
				began := time.Now()
				_, next, err := s.Prune(ctx, keep, now, page)
				if err != nil || next == "" {
					b.Fatalf("cursor %q, error %v", next, err)
				}
				times = append(times, time.Since(began))
				page.Cursor = next
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/100, "µs/attempt")
			b.ReportMetric(float64(times[len(times)-1].Microseconds()), "max-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}
