package worker_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/values"
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
	folder := t.TempDir()
	kept := func() *values.Outputs {
		return values.NewOutputs(func() (*values.Manager, error) {
			of, err := file.Open(folder)
			return &values.Manager{Blobs: of}, err
		})
	}
	var got []string
	s.driveByWorkers(kept, func() {
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
