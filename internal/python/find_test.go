package python_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/python"
)

// fake makes files that can be executed.
func fake(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil { //nolint:gosec // it is to be executed
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		files  []string
		option string
		env    []string
		want   string // below the folder; or a part of the error
		origin string
	}{
		{"an option beats all", []string{"a/python", "b/bin/python"}, "a/python", []string{"PAWL_PYTHON=b"}, "a/python", "the option"},
		{"an option may be an environment", []string{"b/bin/python"}, "./b", nil, "b/bin/python", "the option"},
		{"an option may be a name on PATH", []string{"p/python3.9"}, "python3.9", []string{"PATH=p"}, "p/python3.9", "the option"},
		{"an option must be there", []string{".venv/bin/python"}, "a/python", nil, `the option asks for the Python "a/python", which is not there`, ""},
		{"the variable beats an active environment", []string{"a/python", "b/bin/python"}, "", []string{"PAWL_PYTHON=a/python", "VIRTUAL_ENV=b"}, "a/python", "PAWL_PYTHON"},
		{"the variable must be there", nil, "", []string{"PAWL_PYTHON=nowhere"}, `PAWL_PYTHON asks for the Python "nowhere"`, ""},
		{"an active environment beats the project's", []string{"DIR/b/bin/python", ".venv/bin/python"}, "", []string{"VIRTUAL_ENV=DIR/b"}, "b/bin/python", "the active environment (VIRTUAL_ENV)"},
		{"conda's counts too", []string{"b/bin/python"}, "", []string{"CONDA_PREFIX=DIR/b"}, "b/bin/python", "the active environment (CONDA_PREFIX)"},
		{"an active environment must be there", []string{".venv/bin/python"}, "", []string{"VIRTUAL_ENV=DIR/b"}, "where no Python is", ""},
		{"the project's beats PATH", []string{"venv/bin/python", "p/python3"}, "", []string{"PATH=p"}, "venv/bin/python", "the project's folder venv"},
		{".venv beats venv", []string{".venv/bin/python", "venv/bin/python"}, "", nil, ".venv/bin/python", "the project's folder .venv"},
		{"python3 beats python", []string{"p/python", "q/python3"}, "", []string{"PATH=p:q"}, "q/python3", "PATH"},
		{"python will do", []string{"p/python"}, "", []string{"PATH=p"}, "p/python", "PATH"},
		{"none", nil, "", []string{"PATH=p"}, "no Python found", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, name := range tt.files {
				fake(t, dir, strings.TrimPrefix(name, "DIR/"))
			}
			env := make([]string, len(tt.env))
			for i, v := range tt.env {
				env[i] = strings.ReplaceAll(v, "DIR", dir)
			}
			got, err := python.Find(python.Search{Option: tt.option, Dir: dir, Env: env})
			if tt.origin == "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("got %v, %v; want an error with %q", got, err, tt.want)
				}
				return
			}
			if want := (python.Interpreter{Path: filepath.Join(dir, tt.want), Origin: tt.origin}); err != nil || got != want {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}
