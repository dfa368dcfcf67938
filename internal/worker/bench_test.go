package worker_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/worker"
)

// wide is how many tasks of an attempt run side by side, long how many run one
// after the other in another.
const (
	wide = 500
	long = 50
)

// actions returns tasks that run a program that does nothing.
func actions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "+t%d:\n  sh>: \"true\"\n", i)
	}
	return b.String()
}

// BenchmarkAttempt runs an attempt of many programs that do nothing, in the
// server and through a queue.
func BenchmarkAttempt(b *testing.B) {
	for _, consumers := range []int{0, 1, 2} {
		b.Run(fmt.Sprintf("%d workers", consumers), func(b *testing.B) {
			s := newSite(b)
			s.push(map[string]string{"wide.dig": "_parallel: true\n" + actions(wide), "long.dig": actions(long)})
			measure := func() {
				n := 0
				for b.Loop() {
					n++
					s.outcomes(s.start([]string{"wide"}, fmt.Sprint(n)))
				}
				b.ReportMetric(wide*float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
				began := time.Now()
				s.outcomes(s.start([]string{"long"}, ""))
				b.ReportMetric(time.Since(began).Seconds()*1000/long, "ms/task-in-a-row")
			}
			if consumers == 0 {
				s.drive(nil, measure)
				return
			}
			q, err := queue.Open(b.Context(), queue.Config{Store: s.store, Deliver: worker.Post(s.store), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer q.Close()
			s.drive(func(w *worker.Worker) (daemon.Tasks, error) {
				if consumers == 2 {
					second := q.NewConsumer(queue.ConsumerConfig{Owner: "second", Slots: 8, Run: w.Run})
					if err := second.Start(b.Context()); err != nil {
						return nil, err
					}
					b.Cleanup(func() { _ = second.Close() })
				}
				return q.NewRunner(q.NewConsumer(queue.ConsumerConfig{Owner: "first", Slots: 8, Run: w.Run}))
			}, measure)
		})
	}
}
