//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// A run that is recorded in the database of servers is left alone by them when it is
// killed, and goes on as the same attempt where it was begun.
func TestAKilledRunInASharedDatabaseIsLeftToItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"w.dig": "+a:\n  sh>: echo x >> a\n+b:\n  sh>: test ! -f stop || { echo > started; exec sleep 1000; }\n",
		"stop":  "", "pawl.yaml": "database: {path: data, runs: laptop}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	started := filepath.Join(dir, "started")
	if err := unix.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startPawl(t, dir, "run", "w", "--session", "2026-01-30")
	if _, err := os.ReadFile(started); err != nil { // once the task has begun
		t.Fatal(err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // it was killed
	s, err := sqlite.Open(filepath.Join(dir, "data", "pawl.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	epoch, err := s.Lease(t.Context(), "server", 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Claim(t.Context(), 0, "server", epoch, model.InstantOf(time.Now()), 9); err != nil || len(ids) > 0 {
		t.Errorf("a server was given %v, %v", ids, err)
	}
	if err := os.Remove(filepath.Join(dir, "stop")); err != nil {
		t.Fatal(err)
	}
	p = startPawl(t, dir, "run", "w", "--session", "2026-01-30")
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.Stderr)
	}
	list, _, err := s.ListAttempts(t.Context(), store.Filter{Stored: true}, store.Page{})
	if err != nil || len(list) != 1 || list[0].State != engine.AttemptSuccess {
		t.Fatalf("the attempts are %+v, %v", list, err)
	}
	of, err := s.ProjectNamed(t.Context(), "laptop")
	if err != nil || of.ID != list[0].Session.Project {
		t.Errorf("the project is %+v, %v", of, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(text) != "x\n" {
		t.Errorf("what was finished has run again: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "logs", "1")); err != nil {
		t.Errorf("the server finds no logs: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".pawl", "pawl.db")); err == nil {
		t.Error("the folder has a database of its own, too")
	}
}
