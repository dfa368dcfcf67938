//go:build unix

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Who asks about a run that is under way in another process sees how far it is, and it
// goes on as if nobody had asked.
func TestARunUnderWayIsAskedAboutAndNotDisturbed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "w.dig"), "+a:\n  sh>: echo hello\n+b:\n  sh>: echo > began; cat go\n", 0o600)
	for _, name := range []string{"began", "go"} {
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := startPawl(t, dir, "run", "w", "--session", "2026-01-30")
	if _, err := os.ReadFile(filepath.Join(dir, "began")); err != nil { // once the task has begun
		t.Fatal(err)
	}
	ask := func(args ...string) string {
		t.Helper()
		p := startPawl(t, dir, append(args, "--endpoint", "local")...)
		if err := p.Wait(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, p.Stderr)
		}
		return fmt.Sprint(p.Stdout)
	}
	following := startPawl(t, dir, "log", "1", "--follow", "--endpoint", "local")
	for range 3 {
		for _, tt := range []struct{ command, want string }{
			{"attempts", "status: running"}, {"attempt 1", "status: running"},
			{"tasks 1", "name: +w+a\n   state: success"}, {"tasks 1", "name: +w+b\n   state: running"},
			{"log 1 +w+a", "hello\n"}, {"events", "task.succeeded         1  default/w +w+a"},
		} {
			if got := ask(strings.Fields(tt.command)...); !strings.Contains(got, tt.want) {
				t.Errorf("%s: no %q in\n%s", tt.command, tt.want, got)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("on\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, run.Stderr)
	}
	if err := following.Wait(); err != nil || !strings.HasSuffix(fmt.Sprint(following.Stdout), "on\n") {
		t.Errorf("who followed: %v\n%s\n%s", err, following.Stdout, following.Stderr)
	}
	got := ask("attempts", "--json")
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"success":true`) {
		t.Errorf("the attempts are\n%s", got)
	}
}
