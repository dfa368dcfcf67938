package script_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/script"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/parts"
	"github.com/pawlhq/pawl/operator"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// found is an interpreter itself, not a script that chooses one.
type found struct {
	path string
	err  error
}

func find(name string, args ...string) found {
	out, err := exec.Command(name, args...).Output()
	return found{strings.TrimSpace(string(out)), err}
}

var findPython = sync.OnceValue(func() found {
	name := "/usr/bin/python3" // others may be slow to find themselves
	if _, err := os.Stat(name); err != nil {
		name = "python3"
	}
	return find(name, "-c", "import sys; print(sys.executable)")
})

var findRuby = sync.OnceValue(func() found { return find("ruby", "-e", "puts RbConfig.ruby") })

// require returns the path of an interpreter. Without it the test is skipped,
// or fails where it must run.
func require(t testing.TB, language string, f found) string {
	t.Helper()
	if f.err != nil {
		parts.Missing(t, fmt.Errorf("needs %s: %w", language, f.err))
	}
	return f.path
}

func pythonPath(t testing.TB) string { return require(t, "Python", findPython()) }

func rubyPath(t testing.TB) string { return require(t, "Ruby", findRuby()) }

type vault map[string]string

func (v vault) Secret(_ context.Context, key string) (string, error) {
	if value, ok := v[key]; ok {
		return value, nil
	}
	return "", operator.ErrNoSecret
}

// project makes a folder with files by their names.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// task returns a try in a project folder, with parameters by name.
func task(project, command string, parameters ...any) *operator.Task {
	p := params.Of(parameters...)
	if command != "" {
		p = p.Set("_command", command)
	}
	return &operator.Task{
		ID:      model.TryID{Attempt: 1, Task: 2, Try: 1},
		Name:    "+main+t",
		Params:  p,
		Project: project,
		Workdir: project,
		Env:     []string{"PATH=" + os.Getenv("PATH"), "HOME=" + project},
		Secrets: vault{"key": "s3cret"},
	}
}

// ran is what came of a task.
type ran struct {
	printed string
	result  operator.Result
	err     error
}

func run(t testing.TB, o operator.Operator, tk *operator.Task) ran {
	t.Helper()
	var out bytes.Buffer
	tk.Output = &out
	var r ran
	r.result, r.err = o.Run(t.Context(), tk)
	r.printed = out.String()
	return r
}

// prints runs a task that must print something.
func prints(t testing.TB, o operator.Operator, tk *operator.Task, want string) {
	t.Helper()
	if got := run(t, o, tk); got.printed != want || got.err != nil {
		t.Errorf("printed %q, %v; want %q", got.printed, got.err, want)
	}
}

// fails runs a task that must fail with a message that begins with a text.
func fails(t testing.TB, o operator.Operator, tk *operator.Task, want string) {
	t.Helper()
	if got := run(t, o, tk); got.err == nil || !strings.HasPrefix(got.err.Error(), want) {
		t.Errorf("got %v (printed %q); want %q", got.err, got.printed, want)
	}
}

// newPython returns the operator py.
func newPython(t testing.TB) operator.Operator {
	p := script.NewPython()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.Spec().Operator
}

// inBothModes runs a test with tasks of either mode.
func inBothModes(t *testing.T, f func(t *testing.T, o operator.Operator, mode string)) {
	pythonPath(t)
	for _, mode := range []string{"cold", "forked"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			f(t, newPython(t), mode)
		})
	}
}
