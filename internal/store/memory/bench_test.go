package memory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/storetest"
	"github.com/pawlhq/pawl/internal/workflow"
)

// BenchmarkCommit writes attempts of 100,000 tasks, each of which has two rows
// and two events, in batches of a size.
func BenchmarkCommit(b *testing.B) {
	const tasks = 100_000
	ctx := context.Background()
	for _, size := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := memory.New()
			epoch, err := s.Lease(ctx, "bench", 0, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			batch := &store.Batch{Owner: "bench", Epoch: epoch}
			var id model.AttemptID
			rows := 0
			next := tasks
			for b.Loop() {
				if next+size > tasks {
					b.StopTimer()
					id, next = startAttempt(b, s, epoch, rows, tasks), 0
					b.StartTimer()
				}
				fill(batch, id, next, size)
				if err := s.Commit(ctx, batch); err != nil {
					b.Fatal(err)
				}
				next += size
				rows += len(batch.Tasks) + len(batch.Events)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(rows), "ns/row")
		})
	}
}

func startAttempt(b *testing.B, s store.Store, epoch int64, number int, tasks int32) model.AttemptID {
	b.Helper()
	a, _, err := s.StartAttempt(context.Background(), store.Start{
		Name: fmt.Sprint(number), Definition: &workflow.Workflow{}, Owner: "bench", Epoch: epoch,
	})
	if err == nil {
		err = s.Commit(context.Background(), &store.Batch{Attempts: []engine.AttemptRow{{ID: a.ID, Tasks: tasks}}})
	}
	if err != nil {
		b.Fatal(err)
	}
	return a.ID
}

// fill makes a batch of size tasks from first on.
func fill(batch *store.Batch, id model.AttemptID, first, size int) {
	batch.Tasks, batch.Events = batch.Tasks[:0], batch.Events[:0]
	for i := range size {
		task, seq := model.TaskID(first+i), int64(2*(first+i))
		for n, state := range []model.State{model.Running, model.Success} {
			batch.Tasks = append(batch.Tasks, engine.TaskRow{Attempt: id, ID: task, Name: "+w+step", State: state, Try: 1})
			batch.Events = append(batch.Events, engine.Event{
				Attempt: id, Seq: seq + int64(n) + 1, Task: task, Name: "+w+step", Try: 1, State: state,
			})
		}
	}
}

func BenchmarkDeliver(b *testing.B) { storetest.BenchmarkDeliver(b, memory.New()) }
