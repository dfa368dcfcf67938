//go:build unix

package cli_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// held is a workflow whose task starts a program of its own, tells both
// process ids through a fifo, and goes on until it is killed or asked to end.
const held = `+a:
  sh>: ./hold
`

const obedient = "#!/bin/sh\nsleep 1000 &\necho $$ $! > ids\nwait\n"

// deaf tells through the fifo that it was asked to end, and goes on.
const deaf = "#!/bin/sh\ntrap '' INT\ntrap 'echo >> ids' TERM\n(trap '' TERM INT; while :; do sleep 1; done) &\necho $$ $! > ids\nwhile :; do sleep 1; done\n"

// heedHangUps gives programs that are started the signal's usual meaning, where
// the tests run under nohup, too.
var heedHangUps = sync.OnceFunc(func() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) })

// running is a pawl that runs.
type running struct {
	*exec.Cmd
	dir string
}

func (r *running) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// exits waits for the end, which must leave none of the processes behind.
func (r *running) exits(t *testing.T, code int, pids []int) {
	t.Helper()
	_ = r.Wait()
	if got := r.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d\n%s", got, code, r.Stderr)
	}
	gone(t, pids)
}

// gone fails if processes go on. The system may take a moment to end what was killed.
func gone(t *testing.T, pids []int) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids {
		for alive(pid) {
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("process %d was left behind", pid)
			}
		}
	}
}

// hold starts pawl and returns when its task runs, with the processes of that.
func hold(t *testing.T, script string) (*running, []int) {
	t.Helper()
	heedHangUps()
	return holdWith(t, held, script, os.TempDir())
}

// holdWith is the same for another workflow, with the folder for what is
// temporary, and more options.
func holdWith(t *testing.T, workflow, script, temp string, options ...string) (*running, []int) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "held.dig"), workflow, 0o644)
	write(t, filepath.Join(dir, "hold"), script, 0o755)
	ids := filepath.Join(dir, "ids")
	if err := unix.Mkfifo(ids, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &running{Cmd: startPawlWith(t, dir, temp, append([]string{"run", "--session", "2026-01-30"}, options...)...), dir: dir}
	t.Cleanup(func() { _ = r.Process.Kill() })
	f, err := os.Open(ids)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pids := make([]int, 2)
	if _, err := fmt.Sscan(line, &pids[0], &pids[1]); err != nil {
		t.Fatal(err)
	}
	return r, pids
}

// holdBuild starts a build and returns when its task runs, with the process of
// that.
func holdBuild(t *testing.T) (*running, []int) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), "tasks:\n- {source: hold.sh, product: out}\n", 0o644)
	write(t, filepath.Join(dir, "hold.sh"), "echo $$ > ids\nexec sleep 1000 # {{product}}\n", 0o644)
	ids := filepath.Join(dir, "ids")
	if err := unix.Mkfifo(ids, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &running{Cmd: startPawl(t, dir, "build"), dir: dir}
	t.Cleanup(func() { _ = r.Process.Kill() })
	line, err := os.ReadFile(ids)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(line), &pid); err != nil {
		t.Fatal(err)
	}
	return r, []int{pid}
}

// alive reports whether a process exists that has not exited.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	return fields[0] != "Z" && fields[0] != "X"
}

func TestSignalEndsTheProgramsOfTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signal syscall.Signal
		code   int
	}{
		"interrupt": {syscall.SIGINT, 130},
		"terminate": {syscall.SIGTERM, 143},
		"hang up":   {syscall.SIGHUP, 129},
		"quit":      {syscall.SIGQUIT, 131},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, pids := hold(t, obedient)
			p.signal(t, c.signal)
			p.exits(t, c.code, pids)
			text := p.Stderr.(*strings.Builder).String()
			for _, want := range []string{
				"pawl: the tasks are asked to end; once more kills them\n",
				"+held+a: cancelled after ",
				"Run what is left: pawl run held --session '2026-01-30 00:00:00'\n",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q in\n%s", want, text)
				}
			}
			write(t, filepath.Join(p.dir, "hold"), "#!/bin/sh\n", 0o755)
			again := startPawl(t, p.dir, "run", "held", "--session", "2026-01-30 00:00:00")
			if err := again.Wait(); err != nil {
				t.Errorf("the next run: %v\n%s", err, again.Stderr)
			}
		})
	}
}

// A connection that breaks is no reason to end: only a reader of the output is.
func TestOtherBrokenPipesDoNotEndTheRun(t *testing.T) {
	t.Parallel()
	p, pids := hold(t, obedient)
	p.signal(t, syscall.SIGPIPE)
	p.signal(t, syscall.SIGTERM)
	p.exits(t, 143, pids)
}

func TestARepeatedHangUpDoesNotKill(t *testing.T) {
	t.Parallel()
	p, pids := hold(t, "#!/bin/sh\ntrap '' HUP\ntrap 'kill $! 2>/dev/null || :; echo slowly; exit' TERM\nsleep 1000 &\necho $$ $! > ids\nwait\n")
	p.signal(t, syscall.SIGHUP)
	p.signal(t, syscall.SIGHUP)
	p.exits(t, 129, pids)
	if out := p.Stdout.(*strings.Builder).String(); out != "slowly\n" {
		t.Errorf("the task printed %q", out)
	}
}

func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	p, pids := hold(t, deaf)
	p.signal(t, syscall.SIGINT)
	if _, err := os.ReadFile(filepath.Join(p.dir, "ids")); err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGTERM)
	p.exits(t, 130, pids)
}

func TestAPipelineIsBuiltOnceAtATime(t *testing.T) {
	t.Parallel()
	p, pids := holdBuild(t)
	second := startPawl(t, p.dir, "build")
	_ = second.Wait()
	const want = "this pipeline is being built by another process\npawl: hint: wait until it ends\n"
	if code, text := second.ProcessState.ExitCode(), second.Stderr.(*strings.Builder).String(); code != 5 || !strings.Contains(text, want) {
		t.Errorf("the second build: exit code %d, %s", code, text)
	}
	p.signal(t, syscall.SIGINT)
	p.exits(t, 130, pids)
}

func TestSessionRunsOnceAtATime(t *testing.T) {
	t.Parallel()
	p, pids := hold(t, obedient)
	second := startPawl(t, p.dir, "run", "--session", "2026-01-30")
	_ = second.Wait()
	if code, text := second.ProcessState.ExitCode(), second.Stderr.(*strings.Builder).String(); code != 5 ||
		!strings.Contains(text, "is being run by another process") || !strings.Contains(text, "pawl: hint: wait until it ends") {
		t.Errorf("the same session: exit code %d, %s", code, text)
	}
	write(t, filepath.Join(p.dir, "other.dig"), "+a:\n  echo>: beside\n", 0o644)
	for _, args := range [][]string{
		{"run", "other", "--session", "2026-01-30"}, {"run", "other", "--session", "2026-01-31"},
	} {
		other := startPawl(t, p.dir, args...)
		if err := other.Wait(); err != nil || other.Stdout.(*strings.Builder).String() != "beside\n" {
			t.Errorf("%v: %v\n%s%s", args, err, other.Stdout, other.Stderr)
		}
	}
	p.signal(t, syscall.SIGINT)
	p.exits(t, 130, pids)
}
