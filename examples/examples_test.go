package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/examples"
)

// Whoever has the program alone gets the examples whole.
func TestAllFilesOfExamplesAreEmbedded(t *testing.T) {
	t.Parallel()
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		made := d.Name() == "__pycache__" || d.Name() == "output" || d.Name() == "build"
		switch {
		case d.IsDir() && path != "." && (made || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.Contains(path, "/"):
			return nil
		case strings.HasSuffix(path, ".go"), strings.HasPrefix(path, "orders/"): // programs, which are of no use without this module
			return nil
		}
		files++
		if _, err := fs.Stat(examples.Files, path); err != nil {
			t.Error(err)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files: %v", files, err)
	}
}
