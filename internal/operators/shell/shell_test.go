package shell_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/shell"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type vault map[string]string

func (v vault) Secret(_ context.Context, key string) (string, error) {
	if value, ok := v[key]; ok {
		return value, nil
	}
	return "", operator.ErrNoSecret
}

// task returns a try of an sh task in a project folder. Parameters go by
// their names and values in turn.
func task(project, text string, parameters ...any) *operator.Task {
	return &operator.Task{
		ID:      model.TryID{Attempt: 1, Task: 2, Try: 1},
		Name:    "+main+t",
		Type:    "sh",
		Params:  params.Of(append(parameters, "_command", text)...),
		Project: project,
		Workdir: project,
		Env:     []string{"PATH=" + os.Getenv("PATH"), "HOME=/home/somebody"},
		Secrets: vault{"key": "s3cret"},
	}
}

// run runs a task and returns what it prints.
func run(t *testing.T, task *operator.Task) (string, error) {
	t.Helper()
	var out bytes.Buffer
	task.Output = &out
	_, err := shell.Spec().Operator.Run(t.Context(), task)
	return out.String(), err
}

func want(t *testing.T, task *operator.Task, want string) {
	t.Helper()
	if got, err := run(t, task); got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestTextIsAScript(t *testing.T) {
	t.Parallel()
	want(t, task(t.TempDir(), "f() {\n  echo \"$1\"\n}\nfor i in 1 2; do f $i; done\necho err >&2"), "1\n2\nerr\n")
}

func TestParametersAreVariables(t *testing.T) {
	t.Parallel()
	text := `echo "$s|$n|$l|$PWD|$HOME|$_command" | head -c 60`
	dir := t.TempDir()
	want(t, task(dir, text, "s", "a b", "n", 1.0, "l", []any{1, "x"}, "HOME", "/p"),
		(`a b|1.0|[1,"x"]|` + dir + `|/p|` + text)[:60])
}

func TestOwnEnvWins(t *testing.T) {
	t.Parallel()
	tk := task(t.TempDir(), `echo $A $HOME`, "A", "param")
	tk.Local = params.Of("_env", params.Of("A", "own", "HOME", "${secret:key}"))
	want(t, tk, "own s3cret\n")
}

func TestSecretsAreFilledIn(t *testing.T) {
	t.Parallel()
	want(t, task(t.TempDir(), "x=${secret: key}; echo $x"), "s3cret\n")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"exit 3":               "Command failed with code 3 (runtime)",
		"/bin/false":           "Command failed with code 1 (runtime)",
		"kill -9 $$":           "Command failed with code 137, killed by SIGKILL (runtime)",
		"no-such-program":      "Command failed with code 127 (runtime)",
		"echo ${secret:other}": "Secret not found for key: 'other' (secret not found)",
		"echo ${HOME:-x}":      "Invalid parametrization: '${HOME:-x}' (config)",
	} {
		var failure *operator.Error
		_, err := run(t, task(t.TempDir(), text))
		if !errors.As(err, &failure) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestParametersThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]params.Map{
		"Parameter '_command' is required but not set":                   {},
		"Expected array type for key 'shell' but got \"bash\" (string)":  params.Of("shell", "bash"),
		"shell: element 2 must be a text, not [1]":                       params.Of("shell", []any{"bash", []any{1}}),
		`program "no-such-shell" is not on PATH (` + os.Getenv("PATH"):   params.Of("_command", "x", "shell", []any{"no-such-shell"}),
		"start /bin/sh: argument list too long: the largest environment": params.Of("_command", "x;", "a", strings.Repeat("x", 1<<20)),
	} {
		tk := task(t.TempDir(), "")
		tk.Params = p
		if _, err := run(t, tk); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestShellParameter(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]any{
		"on PATH":   {"sh", "-u"},
		"by path":   {"/bin/sh", "-u"},
		"in folder": {"./my-shell", "-u"},
	} {
		dir := t.TempDir()
		if err := os.Symlink("/bin/sh", filepath.Join(dir, "my-shell")); err != nil {
			t.Fatal(err)
		}
		got, err := run(t, task(dir, "echo $-\necho $unset\necho no", "shell", list))
		if !strings.HasPrefix(got, "u\n") || strings.Contains(got, "no\n") || err == nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	want(t, task(t.TempDir(), "echo x", "shell", []any{}), "x\n")
}

func TestScriptIsAFileInTheProjectWhileItRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got, err := run(t, task(dir, `echo "$0"; cat "$0"`))
	name, text, _ := strings.Cut(got, "\n")
	if !strings.HasPrefix(name, ".digdag/tmp/digdag-sh-1.2-") || !strings.HasSuffix(name, "runner.sh") {
		t.Errorf("got name %q", name)
	}
	if text != `echo "$0"; cat "$0"` || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".digdag", "tmp", "*"))
	if diff := cmp.Diff([]string(nil), left); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestWorkdirBelowTheProject(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	tk := task(project, "pwd; ls")
	tk.Workdir = filepath.Join(project, "dir")
	if err := os.MkdirAll(filepath.Join(tk.Workdir, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	want(t, tk, tk.Workdir+"\nx\n")
}

// notify calls ready when it is first written to.
type notify struct{ ready func() }

func (n notify) Write(p []byte) (int, error) {
	n.ready()
	return len(p), nil
}

func TestCancelEndsTheScript(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	dir := t.TempDir()
	for _, text := range []string{"echo ready; sleep 1000 & wait", "/usr/bin/env sh -c 'echo ready; sleep 1000'"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		tk := task(dir, text)
		tk.Output = notify{func() { cancel(stop) }}
		if _, err := shell.Spec().Operator.Run(ctx, tk); err != stop {
			t.Errorf("%s: got %v, want %v", text, err, stop)
		}
	}
}

func TestNoOutputWanted(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]string{"echo x": "", "/bin/echo x": "", "/bin/sh -c 'kill -9 $$'": "137"} {
		_, err := shell.Spec().Operator.Run(t.Context(), task(t.TempDir(), text))
		if (err != nil) != (code != "") || err != nil && !strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
