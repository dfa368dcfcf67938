//go:build unix

package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/store/sqlite"
)

func TestOnlyTheUserMayReadWhatIsMade(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "data")
	s, err := sqlite.Open(filepath.Join(root, "pawl.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	files := 0
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has the mode %o", path, mode)
		}
		if !e.IsDir() {
			files++
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}
