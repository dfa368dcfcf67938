package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Benchmarks of stores that have run for years are about this many.
const (
	// Finished is how many attempts are done.
	Finished = 1_000_000
	// Projects is how many they are of, with ten workflows each; one in ten
	// attempts is of project 1.
	Projects = 100
)

// BenchmarkPages reads pages of a hundred entries, the first, and two that
// come after a half and after nearly all of the entries.
// s is a store with Finished attempts.
func BenchmarkPages(b *testing.B, s store.Store) {
	StartOwned(b, s, 100, Leased(b, s, BenchOwner))
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
		{"owned", attempts(store.Filter{Owner: BenchOwner, Running: true})},
		{"session", attempts(store.Filter{Session: 500_000})},
		{"sessions", sessions(store.SessionFilter{Stored: true})},
		{"sessions-project", sessions(store.SessionFilter{Stored: true, Project: 9})},
		{"sessions-workflow", sessions(store.SessionFilter{Project: 9, Workflow: "w3"})},
	} {
		b.Run(list.name, func(b *testing.B) {
			for _, place := range []struct {
				name string
				past int64
			}{{"first", 0}, {"half", Finished / 2}, {"deep", Finished / 50}} {
				page := store.Page{}
				if place.past != 0 {
					page.Cursor = store.CursorAfter(place.past)
				}
				var times []time.Duration
				read := 0
				for range 51 {
					began := time.Now()
					var err error
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
func BenchmarkHistory(b *testing.B, empty, full store.Store) {
	stores := [2]store.Store{empty, full}
	var epochs [2]int64
	for i, s := range stores {
		epochs[i] = Leased(b, s, BenchOwner)
	}
	const size = 100
	for _, step := range []struct {
		name string
		// prepare returns what is measured.
		prepare func(s store.Store, epoch int64) func() error
	}{
		{"start-spread", func(s store.Store, _ int64) func() error {
			starts := startsOf(size, Projects)
			return func() error { _, err := s.StartAll(ctx, starts); return err }
		}},
		{"start", func(s store.Store, _ int64) func() error {
			starts := startsOf(size, 1)
			return func() error { _, err := s.StartAll(ctx, starts); return err }
		}},
		{"start-one", func(s store.Store, epoch int64) func() error {
			start := startsOf(1, 1)[0]
			start.Owner, start.Epoch = BenchOwner, epoch
			return func() error { _, _, err := s.StartAttempt(ctx, start); return err }
		}},
		{"claim", func(s store.Store, epoch int64) func() error {
			if _, err := s.StartAll(ctx, startsOf(size, 1)); err != nil {
				b.Fatal(err)
			}
			return func() error { _, err := s.Claim(ctx, 0, BenchOwner, epoch, 2, size); return err }
		}},
		{"posted", func(s store.Store, epoch int64) func() error {
			return func() error { _, err := s.Posted(ctx, BenchOwner, epoch, 0, size); return err }
		}},
		{"commit", func(s store.Store, epoch int64) func() error {
			batch := endingBatch(b, s, epoch, size, engine.AttemptRunning)
			return func() error { return s.Commit(ctx, batch) }
		}},
		{"end", func(s store.Store, epoch int64) func() error {
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

var startCount int

// startsOf returns starts of new sessions, whose times go on.
// They are of workflows of a number of projects.
func startsOf(n, projects int) []store.Start {
	starts := make([]store.Start, n)
	for i := range starts {
		startCount++
		starts[i] = StartOf(fmt.Sprintf("2027-01-01T%012d", startCount))
		starts[i].Session.Project = model.ProjectID(1 + i%projects)
		starts[i].Session.Workflow = fmt.Sprint("w", i%min(10, projects))
	}
	return starts
}

// endingBatch returns the last commit of attempts that it makes.
func endingBatch(b *testing.B, s store.Store, epoch int64, n int, state engine.AttemptState) *store.Batch {
	b.Helper()
	made, err := s.StartAll(ctx, startsOf(n, 1))
	if err != nil {
		b.Fatal(err)
	}
	ids := ids(made, attemptID)
	if _, err := s.Claim(ctx, 0, BenchOwner, epoch, 2, n, ids...); err != nil {
		b.Fatal(err)
	}
	batch := BenchBatch(ids, 3, 0)
	for _, id := range ids {
		batch.Attempts = append(batch.Attempts, engine.AttemptRow{ID: id, State: state, Tasks: 3, Started: now, Ended: now})
	}
	batch.Owner, batch.Epoch = BenchOwner, epoch
	return batch
}
