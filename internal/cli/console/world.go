package console

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl/internal/clock"
)

// IO is the world that a command works in.
type IO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Args are those of the command line.
	Args []string
	// Env is the environment, as "K=V".
	Env []string
	// Dir is the working directory.
	Dir   string
	Clock clock.Clock
	// Version is that of the program.
	Version string
	// Signals begins to catch the signals that ask the program to end, until
	// stop is called.
	Signals func() (caught <-chan os.Signal, stop func())
}

// OS is the world of this process.
func OS() IO {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return IO{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env: os.Environ(), Dir: dir, Clock: clock.System{}, Signals: catch,
	}
}

// catch catches the signals that ask for the end: SIGHUP unless whoever started
// the program wants it to outlive its terminal, as nohup does, and SIGQUIT
// unless somebody looks for a fault and wants to see the goroutines.
func catch() (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 2) // nobody asks more than twice
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	if os.Getenv("GOTRACEBACK") == "" {
		signal.Notify(signals, syscall.SIGQUIT)
	}
	// A reader that has left shows by an error of writing. The signal says the
	// same, but also of other pipes and connections, and would end the program.
	if !signal.Ignored(syscall.SIGPIPE) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	}
	return signals, func() { signal.Stop(signals) }
}

// Getenv returns a variable of the environment, or "".
func (w IO) Getenv(name string) string {
	for i := len(w.Env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(w.Env[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// Path returns the path of a file that is named on the command line.
func (w IO) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.Dir, name)
}
