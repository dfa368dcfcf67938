//go:build unix

// Package process launches programs on this machine that outlive whoever launched
// them, each with limits of its own where the machine has control groups.
//
// A program has a folder with what there is to know of it. A shell waits for it,
// holds a lock on a file there for as long as it lives, and notes the exit code:
// so any process can tell a program that runs from one that was killed. The
// package knows nothing of what programs do.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/ending"
	"github.com/pawlhq/pawl/runner"
)

// Config says where programs run.
type Config struct {
	// Dir is the folder of what is known of programs. It is made. Required.
	Dir string
	// Env is the environment of programs.
	Env []string
	// Cgroup, if not empty, is a folder of the second version of control groups
	// that is ours, with the controllers cpu and memory: programs get groups below
	// it, which keep them to their resources.
	Cgroup string
	// Processes is how many processes and threads a program may have, which needs
	// the controller pids. Zero is any number.
	Processes int
	// Best has programs run without limits where Cgroup can't be used, which Log
	// is told. Else Open fails.
	Best bool
	// Log is required with Best.
	Log *slog.Logger
}

// Launcher launches programs on this machine.
type Launcher struct {
	cfg     Config
	killers *ending.Killers
}

var _ runner.Launcher = (*Launcher)(nil)

// Open returns the launcher of the programs in a folder.
func Open(cfg Config) (*Launcher, error) {
	err := os.MkdirAll(cfg.Dir, 0o700)
	if err == nil {
		err = sweep(cfg.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of programs: %w", err)
	}
	switch err := checkCgroup(&cfg); {
	case err == nil:
	case !cfg.Best:
		return nil, err
	default:
		cfg.Log.Warn("tasks run without limits", "error", err, "hint", model.HintsOf(err))
		cfg.Cgroup = ""
	}
	return &Launcher{cfg: cfg, killers: ending.New()}, nil
}

// A folder has a name of its own until its program begins, which takes moments: an old
// one is of a launch that was cut off.
const (
	beginning = ".new-"
	cutOff    = time.Minute
)

// sweep removes what launches have left that were cut off.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), beginning) {
			continue
		}
		if of, gone := e.Info(); gone == nil && time.Since(of.ModTime()) > cutOff {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// Names of files in the folder of a program.
const (
	lockFile   = "lock"
	pidFile    = "pid"
	selfFile   = "self"
	exitFile   = "exit"
	outputFile = "output"
)

// script waits for a program. It passes over what asks the whole group to end, and
// keeps the lock, file 3, from it.
const script = `trap : TERM INT HUP
echo $$ > ` + selfFile + `
"$@" 3>&-
echo $? > ` + exitFile + `.new && mv ` + exitFile + `.new ` + exitFile

func (l *Launcher) folder(name string) string { return filepath.Join(l.cfg.Dir, name) }

// Launch implements runner.Launcher. The folder of a program gets its name once
// the lock is held, so that none that has begun looks as if it were lost.
func (l *Launcher) Launch(_ context.Context, o runner.Order) (err error) {
	made, err := os.MkdirTemp(l.cfg.Dir, beginning)
	if err != nil {
		return err
	}
	dir := made
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	lock, err := os.OpenFile(filepath.Join(made, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // the program has it, or there is none
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	if err := os.Rename(made, l.folder(o.Name)); err != nil {
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			return os.RemoveAll(made) // it was launched before
		}
		return err
	}
	dir = l.folder(o.Name)
	return l.start(&o, dir, lock)
}

// start starts a program, with a goroutine that ends with it.
func (l *Launcher) start(o *runner.Order, dir string, lock *os.File) error {
	input, err := inputOf(dir, o.Input)
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }() // it was written before
	output, err := os.OpenFile(filepath.Join(dir, outputFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = output.Close() }() // nothing was written here
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, o.Task}, o.Command...)...)
	cmd.Dir, cmd.Env = dir, l.cfg.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, output, output
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	done, err := l.confine(cmd.SysProcAttr, o)
	if err == nil {
		defer done()
		if err = cmd.Start(); err != nil {
			err = model.Errorf(model.Unavailable, "start a program: %w", err)
		}
	}
	if err != nil {
		return errors.Join(err, l.release(context.Background(), o.Name))
	}
	go func() { _ = cmd.Wait() }() // ends with the program, which tells in its folder how it did
	// The shell notes it, too, where nobody else writes: it may be called off before
	// that has begun, or this process may end before it gets here.
	_ = os.WriteFile(filepath.Join(dir, pidFile), fmt.Appendln(nil, cmd.Process.Pid), 0o600)
	return nil
}

// inputOf returns a file with the input of a program that has no name any more.
func inputOf(dir string, input []byte) (*os.File, error) {
	f, err := os.CreateTemp(dir, "input-")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(input)
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err := errors.Join(err, os.Remove(f.Name())); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// List implements runner.Launcher.
func (l *Launcher) List(_ context.Context, prefix string) ([]runner.Status, error) {
	entries, err := os.ReadDir(l.cfg.Dir)
	if err != nil {
		return nil, err
	}
	var list []runner.Status
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		s, err := l.status(e.Name())
		if err != nil {
			return nil, err
		}
		if s.Name != "" {
			list = append(list, s)
		}
	}
	return list, nil
}

// killed is the exit code that a shell has for what was killed.
const killed = 128 + int(syscall.SIGKILL)

// status returns what has become of a program. It has no name if another process
// forgets it.
func (l *Launcher) status(name string) (runner.Status, error) {
	s := runner.Status{Name: name, State: runner.Running}
	alive, err := l.alive(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return runner.Status{}, nil
	case err != nil, alive:
		return s, err
	}
	code, err := readNumber(filepath.Join(l.folder(name), exitFile))
	switch {
	case l.ranOut(name):
		s.State, s.Reason = runner.Failed, "out of memory"+l.memoryLimit(name)
	case errors.Is(err, fs.ErrNotExist), code == killed:
		s.State, s.Reason = runner.Lost, "it was killed"
	case errors.Is(err, strconv.ErrSyntax): // the machine stopped before it was on the disk
		s.State, s.Reason = runner.Lost, "its exit code was lost"
	case err != nil:
		return s, err
	default:
		s.State, s.Code = runner.Exited, code
	}
	if s.State == runner.Exited && code != 0 {
		s.Reason = lastLine(filepath.Join(l.folder(name), outputFile)) + l.refused(name)
	}
	return s, nil
}

// alive reports whether the shell of a program holds its lock. The program that
// ended has noted its exit code before.
func (l *Launcher) alive(name string) (bool, error) {
	f, err := os.Open(filepath.Join(l.folder(name), lockFile))
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func readNumber(file string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(text)))
}

// shown is how much of the output of a program is looked at for its last line.
const shown = 4 << 10

// lastLine returns the last line of a file, or nothing where that can't be read.
func lastLine(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	text := make([]byte, shown)
	from := int64(0)
	if of, err := f.Stat(); err == nil && of.Size() > shown {
		from = of.Size() - shown
	}
	n, _ := f.ReadAt(text, from) // it ends with the end of the file
	trimmed := strings.TrimSpace(strings.ToValidUTF8(string(text[:n]), "\uFFFD"))
	return trimmed[strings.LastIndexByte(trimmed, '\n')+1:]
}

// leader returns the process group of a program, as its launch or its shell has noted it.
func (l *Launcher) leader(name string) (int, error) {
	pid, err := readNumber(filepath.Join(l.folder(name), pidFile))
	if err != nil {
		pid, err = readNumber(filepath.Join(l.folder(name), selfFile))
	}
	return pid, err
}

// Cancel implements runner.Launcher.
func (l *Launcher) Cancel(_ context.Context, name string) error {
	alive, err := l.alive(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !alive {
		return nil
	}
	if err != nil {
		return err
	}
	pid, err := l.leader(name)
	if err != nil {
		return model.Errorf(model.Unavailable, "%s has just begun: %w", name, err)
	}
	if err := signal(pid, syscall.SIGTERM); err != nil {
		return err
	}
	l.killers.See(ending.Program{
		Ended: func() bool {
			alive, err := l.alive(name)
			return err != nil || !alive
		},
		Ask: func() { _ = signal(pid, syscall.SIGTERM) }, // whose program held the lock a moment ago
		Kill: func(context.Context) {
			_ = signal(pid, syscall.SIGKILL) // whose program holds the lock
			_ = l.killGroup(name)            // what has left the process group; forgetting it tries again
		},
	})
	return nil
}

// signal sends a signal to the group of a program.
func signal(pid int, s syscall.Signal) error {
	if err := syscall.Kill(-pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return model.Errorf(model.Forbidden, "signal process group %d: %w", pid, err)
	}
	return nil
}

// Forget implements runner.Launcher. What a program has left in its control group is
// killed; as long as that lives, the program stays listed.
func (l *Launcher) Forget(ctx context.Context, name string) error {
	if err := l.release(ctx, name); err != nil {
		return err
	}
	return os.RemoveAll(l.folder(name))
}

// Close implements runner.Launcher.
func (l *Launcher) Close() error {
	l.killers.Close()
	return nil
}
