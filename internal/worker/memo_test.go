package worker_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/internal/worker"
)

// What a task gave on one worker is taken over on another, in a later attempt.
func TestWorkersTakeOverWhatMemoisedTasksGave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push(map[string]string{
		"w.dig":    "timezone: UTC\n+make:\n  _queue: first\n  py>: tasks.make\n  _memo: true\n+use:\n  _queue: first\n  py>: tasks.use\n  _memo: true\n",
		"v.dig":    "timezone: UTC\n+make:\n  _queue: second\n  py>: tasks.make\n  _memo: true\n+use:\n  _queue: second\n  py>: tasks.use\n  _memo: true\n",
		"tasks.py": "import pawl, os\ndef make(): pawl.output('rows', os.urandom(9))\ndef use(rows):\n  import digdag\n  digdag.env.store(sum=rows.load().hex())\n",
	})
	q, err := queue.Open(t.Context(), queue.Config{Store: s.store, Deliver: worker.Post(s.store), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	folder := t.TempDir()
	for _, name := range []string{"first", "second"} {
		w, err := worker.Open(worker.Config{
			Store: s.store, Service: s.Service, Vault: s.vault, WorkDir: t.TempDir(), Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
			Outputs: values.NewOutputs(func() (*values.Manager, error) {
				of, err := file.Open(folder)
				return &values.Manager{Blobs: of}, err
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
		c := q.NewConsumer(queue.ConsumerConfig{Owner: name, Queues: []string{name}, Slots: 1, Run: w.Run})
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	var got []string
	s.drive(func(*worker.Worker) (daemon.Tasks, error) { return q.NewRunner(nil) }, func() {
		for _, name := range []string{"w", "v"} {
			got = append(got, s.outcomes(s.start([]string{name}, ""))...)
		}
	})
	sum := func(outcome string) string {
		_, rest, _ := strings.Cut(outcome, `{"sum":"`)
		text, _, _ := strings.Cut(rest, `"`)
		return text
	}
	if made := sum(got[0]); len(made) != 18 || sum(got[1]) != made {
		t.Errorf("got\n%s\nand then\n%s", got[0], got[1])
	}
}
