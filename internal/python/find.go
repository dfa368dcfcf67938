package python

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/process"
)

// Variable names the variable that says which Python a project has.
const Variable = "PAWL_PYTHON"

// Search says where a project's Python may be.
type Search struct {
	// Option is what the user asks for: the path of an interpreter, that of an
	// environment's folder, or the name of a program. Empty asks for nothing.
	Option string
	// Dir is the project's folder. Relative paths are below it.
	Dir string
	// Env is the environment, as KEY=VALUE.
	Env []string
}

// Interpreter is a Python that was found.
type Interpreter struct {
	// Path is the absolute path of the program.
	Path string
	// Origin tells people why it is this one, such as "the active environment
	// (VIRTUAL_ENV)".
	Origin string
}

// Find returns the project's Python: what the option or PAWL_PYTHON says, else
// that of an active environment, of the folder .venv or venv of the project, or
// the first python3 or python on PATH. What was said or is active must be
// there; nothing else is taken in its stead. No program is started.
func Find(s Search) (Interpreter, error) {
	if s.Option != "" {
		return s.asked(s.Option, "the option")
	}
	if v, _ := process.Variable(s.Env, Variable); v != "" {
		return s.asked(v, Variable)
	}
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		folder, _ := process.Variable(s.Env, name)
		if folder == "" {
			continue
		}
		path, ok := inEnvironment(folder)
		if !ok {
			return Interpreter{}, model.Errorf(model.Unavailable, "%s is %s, where no Python is", name, folder).
				WithHint("activate another environment, or unset %s", name)
		}
		return Interpreter{path, fmt.Sprintf("the active environment (%s)", name)}, nil
	}
	for _, name := range []string{".venv", "venv"} {
		if path, ok := inEnvironment(filepath.Join(s.Dir, name)); ok {
			return Interpreter{path, "the project's folder " + name}, nil
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := process.Look(name, s.Dir, s.Env); err == nil {
			return Interpreter{path, "PATH"}, nil
		}
	}
	return Interpreter{}, model.Errorf(model.Unavailable, "no Python found: no environment is active, %s has none in .venv or venv, and none is on PATH", s.Dir).
		WithHint("make one with `python3 -m venv .venv`, or set %s to its path", Variable)
}

// asked returns the interpreter that the origin asks for.
func (s Search) asked(value, origin string) (Interpreter, error) {
	if path, err := process.Look(value, s.Dir, s.Env); err == nil {
		if path, ok := inEnvironment(path); ok {
			return Interpreter{path, origin}, nil
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return Interpreter{path, origin}, nil
		}
	}
	return Interpreter{}, model.Errorf(model.Unavailable, "%s asks for the Python %q, which is not there", origin, value).
		WithHint("give the path of an interpreter or of an environment's folder, or the name of a program on PATH")
}

// inEnvironment returns the interpreter of an environment's folder.
func inEnvironment(folder string) (string, bool) {
	places := []string{"bin/python", "bin/python3"}
	if runtime.GOOS == "windows" {
		places = []string{`Scripts\python.exe`, "python.exe"}
	}
	for _, place := range places {
		path := filepath.Join(folder, place)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}
