package process

import (
	"io"
	"os"
	"time"
)

// Group is a process by its id. Windows has no process groups.
type Group int

// End ends the process at once: there is no signal to ask it with.
func (g Group) End(time.Duration) {
	if p, err := os.FindProcess(int(g)); err == nil {
		_ = p.Kill() // fails where it has ended
	}
}

// child is a program that was started.
type child struct{ *os.Process }

func start(c *Command, files []*os.File) (child, error) {
	stdin, err := c.input()
	if err != nil {
		return child{}, err
	}
	p, err := os.StartProcess(c.Path, c.Args, &os.ProcAttr{
		Dir:   c.Dir,
		Env:   c.Env,
		Files: append([]*os.File{stdin}, files...),
	})
	if err != nil {
		return child{}, c.explain(err)
	}
	return child{p}, nil
}

func (c child) pid() int { return c.Pid }

// await leaves the waiting to reap.
func (child) await() {}

func (c child) reap() (Status, error) {
	state, err := c.Wait()
	if err != nil {
		return Status{}, err
	}
	return Status{Code: state.ExitCode()}, nil
}

// copyOutput copies all that comes out of a pipe, and closes it.
func copyOutput(w io.Writer, r *os.File) error {
	defer r.Close() //nolint:errcheck // it was only read
	_, err := io.Copy(w, r)
	return err
}

var programEndings = []string{".exe", ".cmd", ".bat"}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// EndWithUs does nothing: Windows leaves programs alone.
func EndWithUs() {}

// lend does nothing: here, a terminal listens to all at once.
func lend(*os.File) (restore func()) { return func() {} }

func ownSession() int { return 0 }

// EndMarked ends nothing: Windows does not tell the environment of a process.
func EndMarked([]string, time.Duration) {}
