//go:build unix

package cli_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// killed is a workflow whose every task notes each of its runs.
const killed = `timezone: UTC
_export:
  note: echo x >> runs
+a:
  sh>: ${note}/a; sleep 0.01
+wide:
  _parallel: true
  +b:
    sh>: ${note}/b; sleep 0.01
  +c:
    sh>: ${note}/c
  +d:
    sh>: ${note}/d; sleep 0.02
+loop:
  loop>: 3
  _do:
    +e:
      sh>: ${note}/e${i}; sleep 0.005
+f:
  sh>: ${note}/f
  _check:
    sh>: ${note}/check
+g:
  sh>: ${note}/g
`

// names maps full task names to the files that they write to.
var names = map[string]string{
	"+killed+a": "a", "+killed+wide+b": "b", "+killed+wide+c": "c", "+killed+wide+d": "d",
	"+killed+loop^sub+loop-0+e": "e0", "+killed+loop^sub+loop-1+e": "e1", "+killed+loop^sub+loop-2+e": "e2",
	"+killed+f": "f", "+killed+f^check": "check", "+killed+g": "g",
}

// A run that is killed at any moment goes on with the same command: what was
// finished is not run again, and the rest completes.
func TestKilledRunsGoOnWhereTheyWere(t *testing.T) {
	t.Parallel()
	kills, seed := 100, uint64(1)
	if os.Getenv("PAWL_CHAOS") != "" {
		kills, seed = 5000, uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "killed.dig"), []byte(killed), 0o644); err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	newSession(t, dir)
	for k := 0; k < kills; {
		before := finishedRuns(t, dir)
		p := startPawl(t, dir, "run", "--session", day.Format(time.DateOnly))
		done := make(chan error, 1)
		go func() { done <- p.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("run failed: %v\n%s", err, p.Stderr)
			}
			checkFinished(t, dir, before)
			checkComplete(t, dir)
			day = day.AddDate(0, 0, 1)
			newSession(t, dir)
			continue
		case <-time.After(time.Duration(dice.IntN(200)) * time.Millisecond):
		}
		k++
		if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		<-done
		checkFinished(t, dir, before)
	}
}

func newSession(t *testing.T, dir string) {
	t.Helper()
	runs := filepath.Join(dir, "runs")
	if err := os.RemoveAll(runs); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(runs, 0o755); err != nil {
		t.Fatal(err)
	}
}

// runs returns how often a task has run.
func runs(t *testing.T, dir, file string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "runs", file))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return len(text) / 2
}

// finishedRuns returns how often each task has run that the store says is
// finished in the newest attempt.
func finishedRuns(t *testing.T, dir string) map[string]int {
	t.Helper()
	path := filepath.Join(dir, ".pawl", "pawl.db")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	s, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	list, _, err := s.ListAttempts(ctx, store.Filter{}, store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 || list[0].State == engine.AttemptSuccess {
		return nil
	}
	snap, err := s.Load(ctx, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	finished := make(map[string]int)
	for _, row := range snap.Tasks {
		if file, ok := names[row.Name]; ok && row.State == model.Success {
			finished[file] = runs(t, dir, file)
		}
	}
	return finished
}

func checkFinished(t *testing.T, dir string, before map[string]int) {
	t.Helper()
	for file, n := range before {
		if now := runs(t, dir, file); now != n {
			t.Fatalf("task %s was finished after %d runs and has run %d times now", file, n, now)
		}
	}
}

func checkComplete(t *testing.T, dir string) {
	t.Helper()
	for _, file := range names {
		if runs(t, dir, file) == 0 {
			t.Fatalf("the run is done, but task %s never ran", file)
		}
	}
}
