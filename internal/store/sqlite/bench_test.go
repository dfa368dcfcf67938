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

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
	"github.com/pawlhq/pawl/internal/workflow"
)

// BenchmarkCommit commits batches in which each task has a row and two
// events, and in turn has a bare program commit the same rows to a database
// with the same indexes, with statements and arguments that are ready. Both
// sync the disk at each commit. x-bare is the rate of the store as a share of
// the bare one's.
func BenchmarkCommit(b *testing.B) {
	for _, shape := range []struct {
		name string
		// perAttempt is how many tasks of a batch are of one attempt.
		perAttempt func(batch int) int
	}{
		{"one-attempt", func(batch int) int { return batch }},
		{"many-attempts", func(int) int { return 1 }},
	} {
		for _, size := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", shape.name, size), func(b *testing.B) {
				benchmarkCommit(b, size, shape.perAttempt(size))
			})
		}
	}
}

// tasksOfAttempt is how many tasks an attempt has at most in the benchmark.
// Then a new one takes its place.
const tasksOfAttempt = 1000

func benchmarkCommit(b *testing.B, size, perAttempt int) {
	s := openTemp(b)
	bare := newBareProgram(b)
	epoch, err := s.Lease(context.Background(), "bench", 0, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	var ids []model.AttemptID
	var taken, bareTaken time.Duration
	var rows, commits int
	for b.Loop() {
		number := commits % max(4, tasksOfAttempt/size)
		if number == 0 {
			ids = startOwned(b, s, size/perAttempt, epoch)
		}
		batch := benchmarkBatch(ids, perAttempt, number)
		batch.Owner, batch.Epoch = benchOwner, epoch
		bare.prepare(batch)
		// Who goes first changes, so that neither always finds the disk idle.
		for _, turn := range []bool{commits%2 == 0, commits%2 != 0} {
			began := time.Now()
			if turn {
				if err := s.Commit(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				taken += time.Since(began)
			} else {
				bare.commit(b)
				bareTaken += time.Since(began)
			}
		}
		rows += len(batch.Tasks) + len(bare.chunks)
		commits++
	}
	tasks := float64(commits * size)
	b.ReportMetric(taken.Seconds()*1e6/tasks, "µs/task")
	b.ReportMetric(float64(rows)/taken.Seconds(), "rows/s")
	b.ReportMetric(taken.Seconds()*1e6/float64(commits), "µs/commit")
	b.ReportMetric(bareTaken.Seconds()/taken.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

const benchOwner = "bench"

// startOwned makes n attempts at once.
func startOwned(b *testing.B, s store.Store, n int, epoch int64) []model.AttemptID {
	b.Helper()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}}
	ids := make([]model.AttemptID, n)
	var group errgroup.Group
	for i := range ids {
		group.Go(func() error {
			a, _, err := s.StartAttempt(context.Background(), store.Start{
				Session:    store.Session{Project: 1, Workflow: "w", Key: uuid.NewString()},
				Definition: def, Owner: benchOwner, Epoch: epoch,
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
			epoch, err := s.Lease(context.Background(), benchOwner, 0, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			made := 0
			for b.Loop() {
				startOwned(b, s, callers, epoch)
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
	epoch, err := s.Lease(context.Background(), benchOwner, 0, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	ids := startOwned(b, s, 1, epoch)
	if err := s.Commit(context.Background(), benchmarkBatch(ids, 10_000, 0)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Load(context.Background(), ids[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkBatch returns the commit with a number: the next tasks of each
// attempt, that ran.
func benchmarkBatch(ids []model.AttemptID, perAttempt, number int) *store.Batch {
	const now = 1_790_000_000_000_000
	var batch store.Batch
	for _, id := range ids {
		for i := range perAttempt {
			task := number*perAttempt + i
			at := model.Instant(now + task*50)
			name := fmt.Sprintf("+daily+load+table_%06d", task)
			batch.Tasks = append(batch.Tasks, engine.TaskRow{
				Attempt: id, ID: model.TaskID(task), Parent: 1, Name: name, State: model.Success, Try: 1, Started: at, Ended: at + 40,
			})
			batch.Events = append(batch.Events,
				engine.Event{Attempt: id, Seq: int64(2*task + 1), At: at, Kind: engine.TaskStarted, Task: model.TaskID(task), Name: name, Try: 1, State: model.Running},
				engine.Event{Attempt: id, Seq: int64(2*task + 2), At: at + 40, Kind: engine.TaskEnded, Task: model.TaskID(task), Name: name, Try: 1, State: model.Success})
		}
	}
	return &batch
}

// bareProgram writes the rows of batches and does nothing else.
type bareProgram struct {
	conn   *conn
	chunks []tables.Chunk
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

func (p *bareProgram) prepare(batch *store.Batch) {
	ready := commit{Plan: tables.NewPlan(batch)}
	p.chunks, p.tasks, p.events = ready.Chunks, nil, nil
	for i := range ready.TaskRows {
		p.tasks = ready.taskArgs(p.tasks, i)
	}
	for i := range ready.Chunks {
		p.events = ready.chunkArgs(p.events, i)
	}
}

func (p *bareProgram) commit(b *testing.B) {
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
