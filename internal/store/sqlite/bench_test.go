package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/storetest"
	"github.com/pawlhq/pawl/internal/store/tables"
	"github.com/pawlhq/pawl/internal/workflow"
)

// BenchmarkCommit compares a store with a database with the same indexes, with
// statements and arguments that are ready. Both sync the disk at each commit.
func BenchmarkCommit(b *testing.B) {
	storetest.BenchmarkCommit(b, []int{1, 10, 100, 1000}, func(b *testing.B) (store.Store, storetest.Bare) {
		return openTemp(b), newBareProgram(b)
	})
}

// startTogether makes n attempts at once, each in a call of its own.
func startTogether(b *testing.B, s store.Store, n int, epoch int64) []model.AttemptID {
	b.Helper()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}}
	ids := make([]model.AttemptID, n)
	var group errgroup.Group
	for i := range ids {
		group.Go(func() error {
			a, _, err := s.StartAttempt(context.Background(), store.Start{
				Session:    store.Session{Project: 1, Workflow: "w", Key: uuid.NewString()},
				Definition: def, Owner: storetest.BenchOwner, Epoch: epoch,
			})
			ids[i] = a.ID
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}

// BenchmarkStart makes attempts of new sessions of one workflow, from a number
// of callers at a time.
func BenchmarkStart(b *testing.B) {
	for _, callers := range []int{1, 50, 1000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := openTemp(b)
			epoch, err := s.Lease(context.Background(), storetest.BenchOwner, 0, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			made := 0
			for b.Loop() {
				startTogether(b, s, callers, epoch)
				made += callers
			}
			b.ReportMetric(float64(made)/b.Elapsed().Seconds(), "attempts/s")
		})
	}
}

// BenchmarkOpen opens and closes a database.
func BenchmarkOpen(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		dir := b.TempDir()
		for i := 0; b.Loop(); i++ {
			closeStore(b, openAt(b, filepath.Join(dir, fmt.Sprint(i), "pawl.db")))
		}
	})
	b.Run("existing", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "pawl.db")
		closeStore(b, openAt(b, path))
		for b.Loop() {
			closeStore(b, openAt(b, path))
		}
	})
}

// BenchmarkLoad restores an attempt of 10,000 tasks.
func BenchmarkLoad(b *testing.B) {
	s := openTemp(b)
	epoch, err := s.Lease(context.Background(), storetest.BenchOwner, 0, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	ids := storetest.StartOwned(b, s, 1, epoch)
	if err := s.Commit(context.Background(), storetest.BenchBatch(ids, 10_000, 0)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Load(context.Background(), ids[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// bareProgram writes the rows of batches and does nothing else.
type bareProgram struct {
	conn   *conn
	tasks  []driver.Value
	events []driver.Value
}

func newBareProgram(b *testing.B) *bareProgram {
	b.Helper()
	c, err := dialWriter(filepath.Join(b.TempDir(), "bare.db"), patience)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.close(); err != nil {
			b.Error(err)
		}
	})
	return &bareProgram{conn: c}
}

// Prepare implements storetest.Bare.
func (p *bareProgram) Prepare(batch *store.Batch) (chunks int) {
	ready := commit{Plan: tables.NewPlan(batch)}
	p.tasks, p.events = nil, nil
	for i := range ready.TaskRows {
		p.tasks = ready.taskArgs(p.tasks, i)
	}
	for i := range ready.Chunks {
		p.events = ready.chunkArgs(p.events, i)
	}
	return len(ready.Chunks)
}

// Commit implements storetest.Bare.
func (p *bareProgram) Commit(b *testing.B) {
	b.Helper()
	exec := func(text string, args ...driver.Value) {
		if _, err := p.conn.Exec(text, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("BEGIN IMMEDIATE")
	for _, table := range []struct {
		*bulk
		args    []driver.Value
		columns int
	}{{putTasks, p.tasks, 13}, {addEvents, p.events, 3}} {
		for size, rest := 0, table.args; len(rest) > 0; {
			n := bulkSizes[size] * table.columns
			if n > len(rest) {
				size++
				continue
			}
			exec(table.texts[size], rest[:n]...)
			rest = rest[n:]
		}
	}
	exec("COMMIT")
}
