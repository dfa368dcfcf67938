package script_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
	"golang.org/x/sys/unix"
)

func TestForkedTaskSeesWhatAColdOneSees(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": `
import atexit, gc, locale, os, resource, signal, sys, threading
def main():
    print([p for p in sys.path])
    print(sys.flags, sys.executable, sys.prefix, sys.warnoptions, sys.dont_write_bytecode)
    print(len(sys.argv), sys.argv[1], sys.version)
    print(sys.stdin.read(), sys.stdin.encoding, sys.stdout.encoding, sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stderr.errors)
    print(sys.getfilesystemencoding(), locale.getpreferredencoding(), sys.getrecursionlimit(), sys.getswitchinterval())
    print(sorted(os.environ.items()), os.getcwd(), os.umask(0o22), os.nice(0))
    print(os.getpgrp() == os.getpid(), os.getsid(0))
    print([(s, signal.getsignal(s)) for s in sorted(signal.valid_signals()) if s not in (signal.SIGKILL, signal.SIGSTOP)])
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.set_wakeup_fd(-1))
    print(threading.active_count(), threading.current_thread() is threading.main_thread(), gc.isenabled(), gc.get_threshold())
    print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))
    print([m for m in sys.modules if m.startswith(("digdag", "tasks", "runner", "template"))], sys.modules["__main__"].__name__)
`})
	var got [2]string
	for i, mode := range []string{"cold", "forked"} {
		r := run(t, o, pyTask(t, dir, mode, "tasks.main"))
		if r.err != nil {
			t.Fatal(r.err)
		}
		got[i] = r.printed
	}
	if diff := cmp.Diff(strings.Split(got[0], "\n"), strings.Split(got[1], "\n")); diff != "" {
		t.Error("-cold +forked\n", diff)
	}
}

// traceback is what tells of code above the task's own.
var traceback = regexp.MustCompile(`Traceback.*\n|  File "template.*\n| at 0x[0-9a-f]+`)

func TestForkedTaskEndsAsAColdOneDoes(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": `
import atexit, digdag, io, os, sys, weakref
class Loud(object):
    def __init__(self, name): self.name = name
    def __del__(self): os.write(1, b"del " + self.name + b" " + str(kept).encode() + b"\n")
kept = "kept"
def loud():
    global simple, cycle
    simple = Loud(b"simple")
    cycle = Loud(b"cycle")
    cycle.me = cycle
def imported():
    import sqlite3
    loud()
def unflushed():
    global file, raw
    file = open("unflushed", "w")
    file.write("text")
    sys.kept_file = open("kept", "w")
    sys.kept_file.write("text")
def at_exit():
    atexit.register(print, "first")
    weakref.finalize(sys.stdout, print, "finalized")
    atexit.register(print, "last")
def broken_at_exit():
    atexit.register(print, "still")
    atexit.register(lambda: 1 / 0)
    atexit.register(sys.exit, 3)
def own_stdout(): sys.stdout = io.StringIO()
def closed_stdout(): sys.stdout.close()
def partial():
    sys.stdout.write("no line end")
    sys.stderr.write("nor here")
`})
	for _, command := range []string{"loud", "imported", "unflushed", "at_exit", "broken_at_exit", "own_stdout", "closed_stdout", "partial"} {
		var got [2]string
		for i, mode := range []string{"cold", "forked"} {
			r := run(t, o, pyTask(t, dir, mode, "tasks."+command))
			got[i] = fmt.Sprintln(traceback.ReplaceAllString(r.printed, ""), r.err)
			if command != "unflushed" {
				continue
			}
			for _, name := range []string{"unflushed", "kept"} {
				text, err := os.ReadFile(filepath.Join(dir, name))
				got[i] += fmt.Sprintln(name, string(text), err)
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("%s: -cold +forked\n%s", command, diff)
		}
	}
}

func TestForkedTasksLeaveNothingToTheNext(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": `
import atexit, builtins, os, signal, sys, threading, time
count = 0
def main():
    global count
    count += 1
    import random
    seen = [count, os.getcwd(), os.environ.get("LEFT"), "/left" in sys.path, "left" in sys.modules, hasattr(builtins, "left"),
        signal.getsignal(signal.SIGTERM), threading.active_count(), sys.getrecursionlimit(), os.umask(0o22)]
    print(seen)
    os.chdir("/")
    os.environ["LEFT"] = "1"
    sys.path.insert(0, "/left")
    sys.modules["left"] = sys
    builtins.left = 1
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.setrecursionlimit(500)
    os.umask(0o77)
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (time.sleep(0.01), print("thread"))).start()
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
def chance():
    import random
    print(random.random())
`})
	want := fmt.Sprintf("[1, '%s', None, False, False, False, <Handlers.SIG_DFL: 0>, 1, 1000, 18]\nthread\nat exit\n", dir)
	for range 2 {
		prints(t, o, pyTask(t, dir, "forked", "tasks.main"), want)
	}
	if a, b := run(t, o, pyTask(t, dir, "forked", "tasks.chance")), run(t, o, pyTask(t, dir, "forked", "tasks.chance")); a.printed == b.printed {
		t.Errorf("chance is the same: %q, %v", a.printed, a.err)
	}
}

func TestForkedTasksRunSideBySide(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": `
import digdag, os, sys
def main(n):
    os.environ["N"] = str(n)
    digdag.env.store(n=n)
    os.system("echo $N")
    sys.exit(n)
def store(n): digdag.env.store(n=n)
`})
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			r := run(t, o, pyTask(t, dir, "forked", "tasks.main", "n", n))
			if want := strconv.Itoa(n) + "\n"; r.printed != want || r.err == nil || !strings.Contains(r.err.Error(), fmt.Sprint("sys.exit(", n, ")")) {
				t.Errorf("task %d printed %q, %v", n, r.printed, r.err)
			}
			r = run(t, o, pyTask(t, dir, "forked", "tasks.store", "n", n))
			if !r.result.Store.Equal(params.Of("n", n)) || r.err != nil {
				t.Errorf("task %d stored %v, %v", n, r.result.Store, r.err)
			}
		})
	}
	wg.Wait()
}

const parent = "import os\ndef main(): print(os.getppid())\n"

// template returns the process that a task is a child of.
func template(t *testing.T, o operator.Operator, tk *operator.Task) int {
	t.Helper()
	r := run(t, o, tk)
	pid, err := strconv.Atoi(strings.TrimSpace(r.printed))
	if err != nil || r.err != nil {
		t.Fatalf("printed %q, %v", r.printed, r.err)
	}
	return pid
}

// scriptIn makes a shell script and returns its path.
func scriptIn(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}

func TestScriptIsAskedOnceForItsInterpreter(t *testing.T) {
	t.Parallel()
	path := pythonPath(t)
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": "import os\ndef main(): print(os.environ.get('GIVEN'), os.environ.get('OWN'))\n"})
	text := func(given string) string {
		return "echo x >> calls; export GIVEN=" + given + "; exec " + path + " \"$@\""
	}
	shim := scriptIn(t, dir, "python-shim", text("1"))
	call := func() string {
		tk := task(dir, "tasks.main", "python", shim, "python_mode", "forked")
		tk.Local = params.Of("_env", params.Of("OWN", "2"))
		r := run(t, o, tk)
		if r.err != nil {
			t.Fatal(r.err)
		}
		return r.printed
	}
	for range 3 {
		if got := call(); got != "1 2\n" {
			t.Errorf("the environment has %q", got)
		}
	}
	scriptIn(t, dir, "python-shim", text("other"))
	if got := call(); got != "other 2\n" {
		t.Errorf("after a change the environment has %q", got)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil || string(calls) != "x\nx\n" {
		t.Errorf("the script was called %q, %v", calls, err)
	}
}

func TestTaskThatCannotBeForkedSaysSoOnce(t *testing.T) {
	t.Parallel()
	path := pythonPath(t)
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": "def main(): print('ran')\n"})
	wrapper := scriptIn(t, dir, "python-added", "exec "+path+" -O \"$@\"")
	for i, want := range []string{
		"pawl: python_mode forked has no effect: " + wrapper + " is a script, and it gives its interpreter other arguments\nran\n",
		"ran\n",
	} {
		if got := run(t, o, task(dir, "tasks.main", "python", wrapper, "python_mode", "forked")); got.printed != want {
			t.Errorf("task %d printed %q, want %q", i, got.printed, want)
		}
	}
}

func TestTasksAreForkedWhereThatMakesNoDifference(t *testing.T) {
	t.Parallel()
	path := pythonPath(t)
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": parent})
	wrapper := scriptIn(t, dir, "python-wrapper", "exec "+path+" \"$@\"")
	for _, tt := range []struct {
		name   string
		python any
		env    string // inherited
		own    string
		mode   string
		forked bool
	}{
		{"nothing special", path, "", "", "", true},
		{"own variable", path, "", "A=1", "", true},
		{"arguments", []any{path, "-O"}, "", "", "", false},
		{"arguments, forked", []any{path, "-O"}, "", "", "forked", true},
		{"wrapper", wrapper, "", "", "", false},
		{"wrapper again", wrapper, "", "", "", true},
		{"wrapper, forked", wrapper, "", "", "forked", true},
		{"wrapper with arguments, forked", []any{wrapper, "-O"}, "", "", "forked", true},
		{"wrapper with a variable of its own", wrapper, "", "A=1", "", false},
		{"wrapper with that variable again", wrapper, "", "A=1", "", true},
		{"wrapper that adds arguments", scriptIn(t, dir, "python-added", "exec "+path+" -O \"$@\""), "", "", "", false},
		{"wrapper that changes the folder", scriptIn(t, dir, "python-moved", "[ \"$1\" != -c ] || cd /; exec "+path+" \"$@\""), "", "", "", false},
		{"cold", path, "", "", "cold", false},
		{"cold by variable", path, "PAWL_PYTHON_MODE=cold", "", "", false},
		{"parameter before variable", path, "PAWL_PYTHON_MODE=cold", "", "forked", true},
		{"forked by variable", path, "PAWL_PYTHON_MODE=forked", "PYTHONHASHSEED=1", "", true},
		{"own PYTHONHASHSEED", path, "", "PYTHONHASHSEED=1", "", false},
		{"own LANG", path, "", "LANG=C", "", false},
		{"own LC_ALL", path, "", "LC_ALL=C", "", false},
		{"own LD_PRELOAD", path, "", "LD_PRELOAD=", "", false},
		{"own TZ", path, "", "TZ=UTC", "", false},
		{"inherited PYTHONHASHSEED", path, "PYTHONHASHSEED=1", "", "", true},
		{"inherited PYTHONPATH", path, "PYTHONPATH=/a:/b", "", "", true},
		{"inherited relative PYTHONPATH", path, "PYTHONPATH=/a:b", "", "", false},
		{"inherited PYTHONVERBOSE", path, "PYTHONPROFILEIMPORTTIME=", "", "", false},
		{"request too large", path, "", "A=" + strings.Repeat("x", 120<<10), "", false},
	} {
		tk := task(dir, "tasks.main", "python", tt.python, "python_mode", tt.mode)
		if tt.env != "" {
			tk.Env = append(tk.Env, tt.env)
		}
		if name, value, ok := strings.Cut(tt.own, "="); ok {
			tk.Local = params.Of("_env", params.Of(name, value))
		}
		if forked := template(t, o, tk) != os.Getpid(); forked != tt.forked {
			t.Errorf("%s: forked: %v", tt.name, forked)
		}
	}
}

func TestTerminalIsForColdTasks(t *testing.T) {
	t.Parallel()
	controller, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer controller.Close()
	if err := unix.IoctlSetPointerInt(int(controller.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(controller.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	terminal, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer terminal.Close()
	tk := pyTask(t, project(t, map[string]string{"tasks.py": "import sys, digdag\ndef main(): digdag.env.store(tty=sys.stdout.line_buffering)\n"}), "forked", "tasks.main")
	tk.Output = terminal
	r, err := newPython(t).Run(t.Context(), tk)
	if err != nil || !r.Store.Equal(params.Of("tty", true)) {
		t.Errorf("stored %v, %v", r.Store, err)
	}
}

func TestForkedOutputGoesStraightIntoAFile(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import os\ndef main(): print(os.readlink('/proc/self/fd/1'))\n"})
	f, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tk := pyTask(t, dir, "forked", "tasks.main")
	tk.Output = f
	if _, err := newPython(t).Run(t.Context(), tk); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.Name()); string(got) != f.Name()+"\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// onLine calls f with each line that is written.
type onLine struct{ f func(line string) }

func (o onLine) Write(p []byte) (int, error) {
	o.f(strings.TrimSpace(string(p)))
	return len(p), nil
}

// alive tells whether a process exists and has not exited.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestCancelEndsAForkedTaskWithItsChildren(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": parent + `
import subprocess
def wait():
    child = subprocess.Popen(["sleep", "1000"])
    print(child.pid, flush=True)
    child.wait()
`})
	before := template(t, o, pyTask(t, dir, "forked", "tasks.main"))
	ctx, cancel := context.WithCancelCause(t.Context())
	tk := pyTask(t, dir, "forked", "tasks.wait")
	var pid int
	tk.Output = onLine{func(line string) {
		if pid == 0 {
			pid, _ = strconv.Atoi(line)
		}
		cancel(stop)
	}}
	if _, err := o.Run(ctx, tk); err != stop || pid == 0 || alive(pid) {
		t.Errorf("got %v; process %d lives: %v", err, pid, alive(pid))
	}
	if after := template(t, o, pyTask(t, dir, "forked", "tasks.main")); after != before {
		t.Errorf("template %d became %d", before, after)
	}
}

func TestCancelBeforeTheTemplateHasStarted(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	tk := pyTask(t, project(t, nil), "forked", "os.getcwd")
	tk.Output = io.Discard
	if _, err := newPython(t).Run(ctx, tk); err != stop {
		t.Errorf("got %v, want %v", err, stop)
	}
}

func TestTemplateThatIsKilledIsReplaced(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": parent + `
import signal, time
def kill():
    print(os.getpid(), flush=True)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)
`})
	before := template(t, o, pyTask(t, dir, "forked", "tasks.main"))
	r := run(t, o, pyTask(t, dir, "forked", "tasks.kill"))
	if r.err == nil || !strings.HasPrefix(r.err.Error(), "Python command was lost: ") {
		t.Errorf("got %v", r.err)
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(r.printed)); err != nil || alive(pid) {
		t.Errorf("the task %q lives, %v", r.printed, err)
	}
	if after := template(t, o, pyTask(t, dir, "forked", "tasks.main")); after == before || after == os.Getpid() {
		t.Errorf("template %d became %d", before, after)
	}
}

func TestModulesInstalledLaterAreFound(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": "import site\ndef folder(): print(site.getusersitepackages())\ndef use():\n  import installed\n"})
	folder := strings.TrimSpace(run(t, o, pyTask(t, dir, "forked", "tasks.folder")).printed)
	if !strings.HasPrefix(folder, dir) {
		t.Fatalf("got folder %q", folder)
	}
	for name, text := range map[string]string{"first.pth": dir + "/lib\n", "../../../../lib/installed.py": ""} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	prints(t, o, pyTask(t, dir, "forked", "tasks.use"), "")
}
