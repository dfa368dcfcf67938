//go:build unix

package process_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestMain(m *testing.M) {
	launchtest.Main()
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, cfg process.Config) *process.Launcher {
	t.Helper()
	l, err := process.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProcessIsALauncher(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) {
		cfg := process.Config{Dir: t.TempDir(), Env: os.Environ()}
		return open(t, cfg), open(t, cfg)
	})
}

// A process that dies while it launches a program leaves a folder without a name.
func TestFoldersOfLaunchesThatWereCutOffAreRemoved(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, ".new-1"), filepath.Join(dir, ".new-2")
	for _, folder := range []string{old, fresh} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(old, "lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	l := open(t, process.Config{Dir: dir, Env: os.Environ()})
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(fresh) {
		t.Errorf("%v are left, %v", left, err)
	}
}

// Whoever calls a program off needs one of the two notes of its process: that of its
// shell may be about to be written, and that of its launch is missing if that was cut
// off.
func TestOneNoteOfTheProcessIsEnough(t *testing.T) {
	t.Parallel()
	for lost, kept := range map[string]string{"self": "pid", "pid": "self"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := open(t, process.Config{Dir: dir, Env: os.Environ()})
			defer l.Close()
			state := func() runner.State {
				list, err := l.List(t.Context(), "x")
				if err != nil || len(list) != 1 {
					t.Fatalf("there are %v, %v", list, err)
				}
				return list[0].State
			}
			if err := l.Launch(t.Context(), runner.Order{Name: "x", Command: []string{"sleep", "1000"}}); err != nil {
				t.Fatal(err)
			}
			late := time.Now().Add(time.Minute)
			for noted := false; !noted; { // by both
				text, err := os.ReadFile(filepath.Join(dir, "x", "self"))
				if noted = err == nil && len(text) > 0; !noted && time.Now().After(late) {
					t.Fatal("the shell notes nothing")
				}
			}
			if err := os.Truncate(filepath.Join(dir, "x", lost), 0); err != nil {
				t.Fatal(err)
			}
			if err := l.Cancel(t.Context(), "x"); err != nil {
				t.Errorf("with %s: %v", kept, err)
			}
			for state() == runner.Running {
				if time.Now().After(late) {
					t.Fatal("it goes on")
				}
			}
			if err := l.Forget(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
}
