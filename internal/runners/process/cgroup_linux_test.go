package process

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

func TestLimitsOfAControlGroup(t *testing.T) {
	t.Parallel()
	got := limitsOf(&runner.Resources{CPU: 1500, Memory: 1 << 30}, 100)
	want := map[string]string{"cpu.max": "150000 100000", "memory.max": "1073741824", "memory.oom.group": "1", "pids.max": "101"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := limitsOf(&runner.Resources{GPU: 1}, 0); len(got) > 0 {
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
		var told strings.Builder
		l, err := Open(Config{Dir: t.TempDir(), Cgroup: dir, Best: true, Log: slog.New(slog.NewTextHandler(&told, nil))})
		if err != nil || l.cfg.Cgroup != "" || !strings.Contains(told.String(), "tasks run without limits") || !strings.Contains(told.String(), says) {
			t.Errorf("%q: error %v, told %s", given, err, told.String())
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("cpu memory"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: t.TempDir(), Cgroup: dir}); err != nil {
		t.Error(err)
	}
	if _, err := Open(Config{Dir: t.TempDir(), Cgroup: dir, Processes: 5}); err == nil || !strings.Contains(err.Error(), "no controller pids") {
		t.Errorf("error %v", err)
	}
}

// A program that failed as it was refused processes is told so.
func TestAProgramThatWantedTooManyProcesses(t *testing.T) {
	t.Parallel()
	l := &Launcher{cfg: Config{Dir: t.TempDir(), Cgroup: t.TempDir(), Processes: 7}}
	for path, text := range map[string]string{
		filepath.Join(l.cgroup("forks"), "pids.events"): "max 3\n", filepath.Join(l.folder("forks"), lockFile): "",
		filepath.Join(l.folder("forks"), exitFile): "2\n", filepath.Join(l.folder("forks"), outputFile): "sh: Cannot fork\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := runner.Status{Name: "forks", State: runner.Exited, Code: 2, Reason: "sh: Cannot fork (it wanted more than 7 processes)"}
	if s, err := l.status("forks"); err != nil || s != want {
		t.Errorf("%+v, error %v", s, err)
	}
}

// Programs run in groups of their own, and what leaves their process group ends with
// those, where the machine has control groups that tests may use.
func TestProgramsInControlGroups(t *testing.T) {
	t.Parallel()
	group := groupOfTests(t)
	l, err := Open(Config{Dir: t.TempDir(), Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.cfg.Cgroup = group
	left := filepath.Join(t.TempDir(), "pid")
	o := runner.Order{Name: "leaves", Command: []string{"sh", "-c", `setsid sleep 1000 & echo $! > "$0.new"; mv "$0.new" "$0"`, left}}
	if err := l.Launch(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		s, err := l.status("leaves")
		if err == nil && s.State == runner.Exited {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%+v, error %v", s, err)
		}
	}
	pid, err := readNumber(left)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Forget(t.Context(), "leaves"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err == nil {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(text), ") Z ") {
			t.Errorf("what it left goes on: %s", text)
		}
	}
}

// groupOfTests returns an empty control group of the second version.
func groupOfTests(t *testing.T) string {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
			continue
		}
		dir, err := os.MkdirTemp(root, "pawl-test-")
		if err != nil {
			break
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	t.Skip("there are no control groups that tests may use")
	return ""
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
		if err := os.WriteFile(filepath.Join(l.cgroup(name), "memory.max"), []byte("536870912\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		want := map[string]runner.Status{
			"fine": {Name: "fine", State: runner.Lost, Reason: "it was killed"},
			"out":  {Name: "out", State: runner.Failed, Reason: "out of memory: the limit is 512 MiB"},
		}[name]
		if s, err := l.status(name); err != nil || s != want {
			t.Errorf("%s: %+v, want %+v, error %v", name, s, want, err)
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
