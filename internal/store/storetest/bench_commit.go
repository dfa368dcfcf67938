package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Bare is a program that writes the rows of batches to a database and does
// nothing else.
type Bare interface {
	// Prepare gets a batch ready and tells in how many chunks its events are.
	Prepare(*store.Batch) (chunks int)
	// Commit writes what is ready.
	Commit(*testing.B)
}

// BenchmarkCommit commits batches in which each task has a row and two events,
// and in turn has a bare program commit the same rows. x-bare is the rate of the
// store as a share of the bare one's.
func BenchmarkCommit(b *testing.B, sizes []int, open func(*testing.B) (store.Store, Bare)) {
	for _, shape := range []struct {
		name string
		// perAttempt is how many tasks of a batch are of one attempt.
		perAttempt func(batch int) int
	}{
		{"one-attempt", func(batch int) int { return batch }},
		{"many-attempts", func(int) int { return 1 }},
	} {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%s/%d", shape.name, size), func(b *testing.B) {
				s, bare := open(b)
				benchmarkCommit(b, s, bare, size, shape.perAttempt(size))
			})
		}
	}
}

// tasksOfAttempt is how many tasks an attempt has at most in the benchmark. Then
// a new one takes its place.
const tasksOfAttempt = 1000

func benchmarkCommit(b *testing.B, s store.Store, bare Bare, size, perAttempt int) {
	epoch := Leased(b, s, BenchOwner)
	var ids []model.AttemptID
	var taken, bareTaken time.Duration
	var rows, commits int
	for b.Loop() {
		number := commits % max(4, tasksOfAttempt/size)
		if number == 0 {
			ids = StartOwned(b, s, size/perAttempt, epoch)
		}
		batch := BenchBatch(ids, perAttempt, number)
		batch.Owner, batch.Epoch = BenchOwner, epoch
		rows += len(batch.Tasks) + bare.Prepare(batch)
		// Who goes first changes, so that neither always finds the disk idle.
		for _, turn := range []bool{commits%2 == 0, commits%2 != 0} {
			began := time.Now()
			if turn {
				if err := s.Commit(ctx, batch); err != nil {
					b.Fatal(err)
				}
				taken += time.Since(began)
			} else {
				bare.Commit(b)
				bareTaken += time.Since(began)
			}
		}
		commits++
	}
	tasks := float64(commits * size)
	b.ReportMetric(taken.Seconds()*1e6/tasks, "µs/task")
	b.ReportMetric(float64(rows)/taken.Seconds(), "rows/s")
	b.ReportMetric(taken.Seconds()*1e6/float64(commits), "µs/commit")
	b.ReportMetric(bareTaken.Seconds()/taken.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

// BenchOwner has the leases of benchmarks.
const BenchOwner = "bench"

// StartOwned makes n attempts of BenchOwner.
func StartOwned(b *testing.B, s store.Store, n int, epoch int64) []model.AttemptID {
	b.Helper()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w"}}
	starts := make([]store.Start, n)
	for i := range starts {
		starts[i] = store.Start{
			Session:    store.Session{UUID: uuid.NewString(), Project: 1, Workflow: "w", Key: uuid.NewString()},
			Definition: def, Created: now, Owner: BenchOwner, Epoch: epoch,
		}
	}
	made, err := s.StartAll(ctx, starts)
	if err != nil {
		b.Fatal(err)
	}
	return ids(made, attemptID)
}

// BenchBatch returns the commit with a number: the next tasks of each attempt,
// that ran.
func BenchBatch(ids []model.AttemptID, perAttempt, number int) *store.Batch {
	var batch store.Batch
	for _, id := range ids {
		for i := range perAttempt {
			task := number*perAttempt + i
			at := now + model.Instant(task*50)
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
