package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

func TestLimitsOfAControlGroup(t *testing.T) {
	t.Parallel()
	got := limitsOf(&runner.Resources{CPU: 1500, Memory: 1 << 30})
	want := map[string]string{"cpu.max": "150000 100000", "memory.max": "1073741824", "memory.oom.group": "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := limitsOf(&runner.Resources{GPU: 1}); len(got) > 0 {
		t.Errorf("nothing is limited by %v", got)
	}
}

func TestControlGroupsWithoutControllers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for given, says := range map[string]string{"memory pids\n": "no controller cpu", "cpuset memory": "no controller cpu", "cpu io": "no controller memory"} {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte(given), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(Config{Dir: t.TempDir(), Cgroup: dir})
		if err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// A program that took more memory than it may has failed, and was not lost.
func TestAProgramThatRanOutOfMemory(t *testing.T) {
	t.Parallel()
	group := t.TempDir()
	l := &Launcher{cfg: Config{Dir: t.TempDir(), Cgroup: group}}
	for name, events := range map[string]string{"fine": "low 0\noom 0\noom_kill 0\n", "out": "low 0\noom 1\noom_kill 2\n"} {
		for dir, file := range map[string]string{filepath.Join(group, name): "memory.events", l.folder(name): lockFile} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(events), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]runner.State{"fine": runner.Lost, "out": runner.Failed}[name]
		if s, err := l.status(name); err != nil || s.State != want {
			t.Errorf("%s: %+v, want %s, error %v", name, s, want, err)
		}
	}
}

// What a program leaves in its group is killed before the program is forgotten, and the
// program stays listed until its group is gone.
func TestWhatIsLeftInAControlGroup(t *testing.T) {
	t.Parallel()
	l := &Launcher{cfg: Config{Dir: t.TempDir(), Cgroup: t.TempDir()}}
	for _, dir := range []string{l.cgroup("left"), l.folder("left")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kill := filepath.Join(l.cgroup("left"), "cgroup.kill")
	if err := os.WriteFile(kill, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Forget(t.Context(), "left"); err == nil {
		t.Error("the group is there and the program is forgotten")
	}
	if text, err := os.ReadFile(kill); err != nil || string(text) != "1" {
		t.Errorf("the group was told %q, error %v", text, err)
	}
	if _, err := os.Stat(l.folder("left")); err != nil {
		t.Errorf("the program is not listed: %v", err)
	}
	if err := os.Remove(kill); err != nil {
		t.Fatal(err)
	}
	if err := l.Forget(t.Context(), "left"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(l.folder("left")); err == nil {
		t.Error("the program is listed")
	}
}

func TestAProgramWhoseExitCodeWasLost(t *testing.T) {
	t.Parallel()
	l := &Launcher{cfg: Config{Dir: t.TempDir()}}
	for name, text := range map[string]string{"lost": "", "fine": "3\n"} {
		if err := os.MkdirAll(l.folder(name), 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{lockFile: "", exitFile: text} {
			if err := os.WriteFile(filepath.Join(l.folder(name), file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := l.List(t.Context(), "")
	want := []runner.Status{{Name: "fine", State: runner.Exited, Code: 3}, {Name: "lost", State: runner.Lost, Reason: "its exit code was lost"}}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("error %v, %s", err, diff)
	}
}
