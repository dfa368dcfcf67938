package queue_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/runner"
)

// together is how many jobs are submitted at once.
const together = 1000

var nothing = work(func(context.Context) runner.Outcome { return nil })

// BenchmarkJobs runs jobs that do nothing, many at a time and one after the
// other, on one consumer and on two.
func BenchmarkJobs(b *testing.B) {
	for name, consumers := range map[string]int{"1 worker": 1, "2 workers": 2} {
		b.Run(name, func(b *testing.B) {
			h := newHall(b)
			for range consumers {
				c := h.consumer(func(c *queue.ConsumerConfig) { c.Slots = 20 })
				if err := c.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				defer c.Close()
			}
			var ended atomic.Int64
			all := make(chan struct{}, 1)
			r := h.runner(nil)
			if err := r.Start(func(list []runner.Report) {
				if ended.Add(-int64(len(list))) == 0 {
					all <- struct{}{}
				}
			}); err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			try := int32(0)
			run := func(n int) time.Duration {
				try++
				jobs := make([]runner.Job, n)
				for i := range jobs {
					jobs[i] = runner.Job{ID: runner.ID{Attempt: 1, Task: model.TaskID(i), Try: try}, Work: nothing}
				}
				ended.Store(int64(n))
				began := time.Now()
				r.Submit(jobs)
				<-all
				return time.Since(began)
			}
			for b.Loop() {
				run(together)
			}
			b.ReportMetric(together*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			b.ReportMetric(median(func() time.Duration { return run(1) }), "p50-ms")
		})
	}
}

// median returns the median of many durations in milliseconds.
func median(f func() time.Duration) float64 {
	took := make([]time.Duration, 100)
	for i := range took {
		took[i] = f()
	}
	slices.Sort(took)
	return took[len(took)/2].Seconds() * 1000
}

type bare struct{}

func (bare) Kind() string { return "bare" }

// BenchmarkRiver is what the same jobs cost with River alone.
func BenchmarkRiver(b *testing.B) {
	h := newHall(b)
	pool := h.jobs(6)
	var ended atomic.Int64
	all := make(chan struct{}, 1)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[bare]) error {
		if ended.Add(-1) == 0 {
			all <- struct{}{}
		}
		return nil
	}))
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 20}}, Workers: workers,
		FetchCooldown: time.Millisecond,
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer client.Stop(context.Background())
	run := func(n int) time.Duration {
		list := make([]river.InsertManyParams, n)
		for i := range list {
			list[i] = river.InsertManyParams{Args: bare{}}
		}
		ended.Store(int64(n))
		began := time.Now()
		if _, err := client.InsertManyFast(b.Context(), list); err != nil {
			b.Fatal(err)
		}
		<-all
		return time.Since(began)
	}
	for b.Loop() {
		run(together)
	}
	b.ReportMetric(together*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	b.ReportMetric(median(func() time.Duration { return run(1) }), "p50-ms")
}
