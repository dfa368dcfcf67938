package local_test

import (
	"context"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/runner"
)

type nothing struct{}

func (nothing) Run(context.Context) runner.Outcome { return nil }

// BenchmarkLight runs 10,000 light jobs that were submitted together.
func BenchmarkLight(b *testing.B) {
	const n = 10_000
	r := local.New(local.Config{})
	done := make(chan struct{})
	left := n
	if err := r.Start(func(reports []runner.Report) {
		if left -= len(reports); left == 0 {
			left = n
			done <- struct{}{}
		}
	}); err != nil {
		b.Fatal(err)
	}
	jobs := make([]runner.Job, n)
	b.ReportAllocs()
	for try := int32(0); b.Loop(); try++ {
		for i := range jobs {
			jobs[i] = runner.Job{ID: runner.ID{Attempt: 1, Task: model.TaskID(i), Try: try}, Light: true, Work: nothing{}}
		}
		r.Submit(jobs)
		<-done
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/job")
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}
