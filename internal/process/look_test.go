//go:build unix

package process_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/process"
)

func TestLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/prog": 0o600, "b/prog": 0o700, "c/prog": 0o700, "b/other": 0o700, "b/folder/x": 0o700} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	path := "PATH=" + dir + "/a:" + dir + "/missing:" + dir + "/b:" + dir + "/c"
	for _, tt := range []struct{ name, program, env, want string }{
		{"first executable on PATH", "prog", path, "/b/prog"},
		{"folders are no programs", "folder", path, ""},
		{"not there", "none", path, ""},
		{"no PATH", "prog", "X=1", ""},
		{"relative PATH", "prog", "PATH=c:b", "/c/prog"},
		{"empty entry is the working directory", "prog", "PATH=:" + dir + "/b", "/b/prog"},
		{"relative program", "./c/prog", path, "/c/prog"},
		{"absolute program", filepath.Join(dir, "a/prog"), path, "/a/prog"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want != "" {
				want = dir + want
			}
			got, err := process.Look(tt.program, dir, []string{tt.env})
			if got != want || (err == nil) != (want != "") {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestVariableTakesTheLast(t *testing.T) {
	t.Parallel()
	env := []string{"A=1", "AB=2", "A=3=4", "C="}
	for name, want := range map[string]string{"A": "3=4", "AB": "2", "C": ""} {
		if got, ok := process.Variable(env, name); got != want || !ok {
			t.Errorf("%s: got %q, %v", name, got, ok)
		}
	}
	if got, ok := process.Variable(env, "B"); ok {
		t.Errorf("B: got %q", got)
	}
}
