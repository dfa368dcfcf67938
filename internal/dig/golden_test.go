package dig_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
)

var update = flag.Bool("update", false, "write what the tests see into the files they compare with")

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func cases(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for i, f := range files {
		files[i] = filepath.Base(f)
	}
	return files
}

// Each testdata/*.good.dig has the tree that it compiles to in a .txt beside it.
func TestGoodFiles(t *testing.T) {
	t.Parallel()
	for _, file := range cases(t, "*.good.dig") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			w, warnings, err := dig.LoadFile(os.DirFS("testdata"), file)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(w)
			if len(warnings) > 0 {
				got += "\n" + warnings.Excerpt() + "\n"
			}
			golden(t, filepath.Join("testdata", strings.TrimSuffix(file, ".dig")+".txt"), got)
		})
	}
}

// Each testdata/*.bad.dig has the errors that a user sees in a .txt beside it.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, file := range cases(t, "*.bad.dig") {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			_, _, err := dig.LoadFile(os.DirFS("testdata"), file)
			var list document.Errors
			if !errors.As(err, &list) {
				t.Fatalf("want document.Errors, got %v", err)
			}
			golden(t, filepath.Join("testdata", strings.TrimSuffix(file, ".dig")+".txt"), list.Excerpt()+"\n")
		})
	}
}
