package sqlite

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// These benchmarks are about stores that have run for years.
const (
	finished = 1_000_000 // attempts
	projects = 100       // of ten workflows each; one in ten attempts is of project 1
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
				       'w' || ((i * 104729 >> 9) %% 10) AS workflow FROM n`, n, projects),
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

// BenchmarkPages reads pages of a hundred entries, the first, and two that
// come after a half and after nearly all of the entries.
func BenchmarkPages(b *testing.B) {
	s := openTemp(b)
	fill(b, s, finished)
	epoch, err := s.Lease(ctx, benchOwner, 0, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	startOwned(b, s, 100, epoch)
	attempts := func(f store.Filter) func(store.Page) (int, error) {
		return func(p store.Page) (int, error) {
			list, _, err := s.ListAttempts(ctx, f, p)
			return len(list), err
		}
	}
	sessions := func(f store.SessionFilter) func(store.Page) (int, error) {
		return func(p store.Page) (int, error) {
			list, _, err := s.ListSessions(ctx, f, p)
			return len(list), err
		}
	}
	const failed, killed, success = engine.AttemptFailed, engine.AttemptKilled, engine.AttemptSuccess
	for _, list := range []struct {
		name string
		read func(store.Page) (int, error)
	}{
		{"all", attempts(store.Filter{})},
		{"stored", attempts(store.Filter{Stored: true})},
		{"stored-last", attempts(store.Filter{Stored: true, Last: true})},
		{"project", attempts(store.Filter{Stored: true, Project: 9})},
		{"project-last", attempts(store.Filter{Stored: true, Last: true, Project: 9})},
		{"workflow", attempts(store.Filter{Stored: true, Project: 9, Workflow: "w3"})},
		{"workflow-last", attempts(store.Filter{Stored: true, Last: true, Project: 9, Workflow: "w3"})},
		{"failed", attempts(store.Filter{Stored: true, Ended: failed})},
		{"failed-last", attempts(store.Filter{Stored: true, Last: true, Ended: failed})},
		{"killed", attempts(store.Filter{Ended: killed})},
		{"project-failed", attempts(store.Filter{Stored: true, Project: 9, Ended: failed})},
		{"project-killed", attempts(store.Filter{Stored: true, Project: 9, Ended: killed})},
		{"workflow-failed", attempts(store.Filter{Stored: true, Project: 9, Workflow: "w3", Ended: failed})},
		{"workflow-killed", attempts(store.Filter{Project: 9, Workflow: "w3", Ended: killed})},
		{"workflow-rare-success", attempts(store.Filter{Project: 2, Workflow: "w0", Ended: success})},
		{"running", attempts(store.Filter{Running: true})},
		{"project-running", attempts(store.Filter{Project: 1, Running: true})},
		{"workflow-running-last", attempts(store.Filter{Project: 9, Workflow: "w3", Running: true, Last: true})},
		{"owned", attempts(store.Filter{Owner: benchOwner, Running: true})},
		{"session", attempts(store.Filter{Session: 500_000})},
		{"sessions", sessions(store.SessionFilter{Stored: true})},
		{"sessions-project", sessions(store.SessionFilter{Stored: true, Project: 9})},
		{"sessions-workflow", sessions(store.SessionFilter{Project: 9, Workflow: "w3"})},
	} {
		b.Run(list.name, func(b *testing.B) {
			for _, place := range []struct {
				name string
				past int64
			}{{"first", 0}, {"half", finished / 2}, {"deep", finished / 50}} {
				page := store.Page{}
				if place.past != 0 {
					page.Cursor = store.CursorAfter(place.past)
				}
				var times []time.Duration
				read := 0
				for range 51 {
					began := time.Now()
					if read, err = list.read(page); err != nil {
						b.Fatal(err)
					}
					times = append(times, time.Since(began))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs-"+place.name)
				b.ReportMetric(float64(read), "rows-"+place.name)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkHistory does what dispatch is made of in a new store and in one
// with a million attempts that are done, in turn. slower is by how much that
// takes longer there.
func BenchmarkHistory(b *testing.B) {
	var stores [2]*Store
	var epochs [2]int64
	for i := range stores {
		stores[i] = openTemp(b)
		if i == 1 {
			fill(b, stores[i], finished)
		}
		var err error
		if epochs[i], err = stores[i].Lease(ctx, benchOwner, 0, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	const size = 100
	for _, step := range []struct {
		name string
		// prepare returns what is measured.
		prepare func(s *Store, epoch int64) func() error
	}{
		{"start-spread", func(s *Store, _ int64) func() error {
			starts := startsOf(size, projects)
			return func() error { _, err := s.StartAll(context.Background(), starts); return err }
		}},
		{"start", func(s *Store, _ int64) func() error {
			starts := startsOf(size, 1)
			return func() error { _, err := s.StartAll(context.Background(), starts); return err }
		}},
		{"start-one", func(s *Store, epoch int64) func() error {
			start := startsOf(1, 1)[0]
			start.Owner, start.Epoch = benchOwner, epoch
			return func() error { _, _, err := s.StartAttempt(ctx, start); return err }
		}},
		{"claim", func(s *Store, epoch int64) func() error {
			if _, err := s.StartAll(ctx, startsOf(size, 1)); err != nil {
				b.Fatal(err)
			}
			return func() error { _, err := s.Claim(ctx, benchOwner, epoch, 2, size); return err }
		}},
		{"posted", func(s *Store, epoch int64) func() error {
			return func() error { _, err := s.Posted(ctx, benchOwner, epoch, 0, size); return err }
		}},
		{"commit", func(s *Store, epoch int64) func() error {
			batch := endingBatch(b, s, epoch, size, engine.AttemptRunning)
			return func() error { return s.Commit(ctx, batch) }
		}},
		{"end", func(s *Store, epoch int64) func() error {
			batch := endingBatch(b, s, epoch, size, engine.AttemptSuccess)
			return func() error { return s.Commit(ctx, batch) }
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			var times [2][]time.Duration
			round := 0
			for b.Loop() {
				for n := range stores {
					i := (n + round) % 2 // who goes first changes
					s := stores[i]
					run := step.prepare(s, epochs[i])
					began := time.Now()
					if err := run(); err != nil {
						b.Fatal(err)
					}
					times[i] = append(times[i], time.Since(began))
				}
				round++
			}
			var p50 [2]float64
			for i := range times {
				slices.Sort(times[i])
				p50[i] = float64(times[i][len(times[i])/2].Nanoseconds()) / 1000
			}
			b.ReportMetric(p50[0], "µs-empty")
			b.ReportMetric(p50[1], "µs-history")
			b.ReportMetric(100*(p50[1]/p50[0]-1), "%-slower")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPrune prunes the oldest attempts of stores of two sizes, in calls of
// a hundred.
func BenchmarkPrune(b *testing.B) {
	for _, n := range []int{20_000, finished} {
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

var startCount int

// startsOf returns starts of new sessions, whose times go on.
// They are of workflows of a number of projects.
func startsOf(n, projects int) []store.Start {
	starts := make([]store.Start, n)
	for i := range starts {
		startCount++
		starts[i] = startOf(fmt.Sprintf("2027-01-01T%012d", startCount))
		starts[i].Session.Project = model.ProjectID(1 + i%projects)
		starts[i].Session.Workflow = fmt.Sprint("w", i%min(10, projects))
	}
	return starts
}

// endingBatch returns the last commit of attempts that it makes.
func endingBatch(b *testing.B, s *Store, epoch int64, n int, state engine.AttemptState) *store.Batch {
	b.Helper()
	made, err := s.StartAll(ctx, startsOf(n, 1))
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]model.AttemptID, n)
	for i := range ids {
		ids[i] = made[i].ID
	}
	if _, err := s.Claim(ctx, benchOwner, epoch, 2, n, ids...); err != nil {
		b.Fatal(err)
	}
	batch := benchmarkBatch(ids, 3, 0)
	for _, id := range ids {
		batch.Attempts = append(batch.Attempts, engine.AttemptRow{ID: id, State: state, Tasks: 3, Started: now, Ended: now})
	}
	batch.Owner, batch.Epoch = benchOwner, epoch
	return batch
}
