package python

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/process"
)

// ModeVariable names the variable that says how tasks get their processes.
const ModeVariable = "PAWL_PYTHON_MODE"

// Mode is how a task gets its process.
type Mode string

const (
	// Automatic forks where that can be done.
	Automatic Mode = ""
	// Forked forks, and tells in the output of a task where that can't be done.
	Forked Mode = "forked"
	// Cold starts a new Python for each task.
	Cold Mode = "cold"
)

// check refuses a mode that there is not; the origin is where it was set.
func (m Mode) check(origin string) error {
	switch m {
	case Automatic, Forked, Cold:
		return nil
	}
	return fmt.Errorf(`%s must be "cold" or "forked", not %q`, origin, string(m))
}

// modeOf returns the first mode that is set: a task's, a host's, the variable's.
func modeOf(task, host Mode, env []string) (Mode, error) {
	for _, m := range []struct {
		mode   Mode
		origin string
	}{{task, "mode"}, {host, "mode"}} {
		if m.mode != Automatic {
			return m.mode, m.mode.check(m.origin)
		}
	}
	text, _ := process.Variable(env, ModeVariable)
	return Mode(text), Mode(text).check(ModeVariable)
}
