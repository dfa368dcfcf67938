//go:build linux

package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A task whose pawl was killed does not run beside its next try, and neither
// does what it has started.
func TestNextRunEndsWhatAKilledPawlLeftRunning(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"leader that lives": "#!/bin/sh\ntrap '' TERM\n(trap - TERM; exec sleep 1000) &\necho $$ $! > ids\nwait\nexit\n",
		"leader that ends":  obedient,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, pids := hold(t, script)
			p.signal(t, syscall.SIGKILL)
			_ = p.Wait()
			if !alive(pids[1]) {
				t.Fatal("the program has ended before the next run")
			}
			write(t, filepath.Join(p.dir, "hold"), fmt.Sprintf("#!/bin/sh\n! grep -q '^State:.[^ZX]' /proc/%d/status\n", pids[1]), 0o755)
			again := startPawl(t, p.dir, "run", "--session", "2026-01-30")
			if err := again.Wait(); err != nil {
				t.Errorf("the next run: %v\n%s", err, again.Stderr)
			}
			gone(t, pids)
		})
	}
}

// What a finished task has left behind on purpose is not pawl's to end, and
// neither is what has left the session.
func TestNextRunSparesWhatIsNotOfTheTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "ids"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "w.dig"), `+server:
  sh>: sleep 1000 & echo $! > server
+a:
  sh>: setsid sleep 1000 & echo $(cat server) $! > ids; exec sleep 1000
`, 0o644)
	p := startPawl(t, dir, "run", "--session", "2026-01-30")
	pids := readIDs(t, filepath.Join(dir, "ids"))
	t.Cleanup(func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	_ = p.Process.Kill()
	_ = p.Wait()
	write(t, filepath.Join(dir, "w.dig"), "+b:\n  echo>: b\n", 0o644)
	again := startPawl(t, dir, "run", "--session", "2026-01-30")
	if err := again.Wait(); err != nil {
		t.Fatalf("the next run: %v\n%s", err, again.Stderr)
	}
	for i, name := range []string{"server", "daemon"} {
		if !alive(pids[i]) {
			t.Errorf("the %s was ended", name)
		}
	}
}

// The next run removes the files that a killed one has left, and leaves those of
// others alone.
func TestNextRunRemovesScratchFilesOfKilledOnes(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	p, _ := holdWith(t, "+a:\n  sh>: true; ./hold\n", obedient, temp, "--no-save")
	living, pids := holdWith(t, "+a:\n  sh>: true; ./hold\n", obedient, temp, "--no-save")
	scratch := filepath.Join(p.dir, ".digdag", "tmp", "*", "*")
	logs := filepath.Join(temp, "pawl-logs-*")
	if files := glob(t, scratch); len(files) != 1 {
		t.Fatalf("scratch files of the first run: %v, want one", files)
	}
	p.signal(t, syscall.SIGKILL)
	_ = p.Wait()
	write(t, filepath.Join(p.dir, "held.dig"), "+a:\n  echo>: a\n", 0o644)
	again := startPawlWith(t, p.dir, temp, "run", "--no-save")
	if err := again.Wait(); err != nil {
		t.Fatalf("the next run: %v\n%s", err, again.Stderr)
	}
	if left := glob(t, filepath.Dir(scratch)); len(left) > 0 {
		t.Errorf("the next run has left %v", left)
	}
	if left := glob(t, logs); len(left) != 1 {
		t.Errorf("the logs are %v, want those of the one that lives", left)
	}
	if files := glob(t, filepath.Join(living.dir, ".digdag", "tmp", "*", "*")); len(files) != 1 {
		t.Errorf("scratch files of the one that lives: %v", files)
	}
	living.signal(t, syscall.SIGTERM)
	living.exits(t, 143, pids)
	if left := glob(t, logs); len(left) > 0 {
		t.Errorf("at the end there is %v", left)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPythonTasksEndWithPawl(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cold", "forked"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			fifo := filepath.Join(dir, "fifo")
			if err := unix.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "w.dig"), "+a:\n  py>: tasks.hold\n  python_mode: "+mode+"\n", 0o644)
			write(t, filepath.Join(dir, "tasks.py"), "def hold():\n    f = open('fifo', 'w')\n    f.write('runs\\n')\n    f.flush()\n    while True:\n        import signal\n        signal.pause()\n", 0o644)
			p := startPawl(t, dir, "run")
			f, err := os.Open(fifo)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r := bufio.NewReader(f)
			if line, err := r.ReadString('\n'); err != nil {
				t.Fatalf("%q, %v\n%s", line, err, p.Stderr)
			}
			_ = p.Process.Kill()
			_ = p.Wait()
			if _, err := r.ReadByte(); err != io.EOF { // which comes with the end of the task
				t.Error(err)
			}
		})
	}
}

// readIDs reads the process ids on the first line of a fifo.
func readIDs(t *testing.T, fifo string) []int {
	t.Helper()
	text, err := os.ReadFile(fifo)
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, word := range strings.Fields(string(text)) {
		var pid int
		if _, err := fmt.Sscan(word, &pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}
