//go:build unix

package process

import (
	"os"
	"syscall"
)

// child is a program that was started, by its process id.
type child int

// start executes c as the leader of a new group.
//
// It forks as the syscall package does and not as os/exec does: no goroutine,
// no copy of the environment, no descriptor for the process.
func start(c *Command, files []*os.File) (child, error) {
	stdin, err := c.input()
	if err != nil {
		return 0, err
	}
	sys := attributes()
	if inForeground(c.Input) {
		sys.Foreground, sys.Ctty = true, int(c.Input.Fd())
	}
	fds := make([]uintptr, 1, 1+len(files))
	fds[0] = stdin.Fd()
	for _, f := range files {
		fds = append(fds, f.Fd())
	}
	pid, err := syscall.ForkExec(c.Path, c.Args, &syscall.ProcAttr{
		Dir:   c.Dir,
		Env:   c.Env,
		Files: fds,
		Sys:   sys,
	})
	if err != nil {
		return 0, c.explain(err)
	}
	return child(pid), nil
}

func (c child) pid() int { return int(c) }

// reap waits for the program and collects it.
func (c child) reap() (Status, error) {
	var ws syscall.WaitStatus
	for {
		switch _, err := syscall.Wait4(int(c), &ws, 0, nil); err {
		case nil:
			return StatusOf(ws), nil
		case syscall.EINTR:
		default:
			return Status{}, os.NewSyscallError("wait4", err)
		}
	}
}

// StatusOf returns how a program ended that the system's wait status tells of.
func StatusOf(ws syscall.WaitStatus) Status {
	if ws.Signaled() {
		return Status{Code: 128 + int(ws.Signal()), Signal: int(ws.Signal()), Core: ws.CoreDump()}
	}
	return Status{Code: ws.ExitStatus()}
}

var programEndings = []string{""}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
