package pawltest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl"
)

// FileManager checks that a manager of files keeps them, wherever that is.
func FileManager(t *testing.T, m *pawl.FileManager) {
	t.Helper()
	for ext, want := range map[string]string{"": "", "csv": ".csv", ".csv": ".csv", "tar.gz": ".tar.gz"} {
		f, err := m.Write(t.Context(), strings.NewReader("content"+ext), ext)
		if err != nil {
			t.Fatal(err)
		}
		if name := filepath.Base(f.String()); !strings.HasSuffix(name, want) || strings.Contains(name, "..") || want == "" && strings.Contains(name, ".") {
			t.Errorf("with the extension %q it is called %s", ext, name)
		}
		if text, err := m.ReadBytes(t.Context(), f); err != nil || string(text) != "content"+ext || f.Size() != int64(len(text)) {
			t.Errorf("read %q of %d bytes, %v", text, f.Size(), err)
		}
		path, err := m.CopyToTemp(t.Context(), f)
		if err != nil || !strings.HasSuffix(path, want) {
			t.Fatalf("the copy is %s, %v", path, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "content"+ext {
			t.Errorf("the copy has %q, %v", text, err)
		}
		if err := m.DeleteTemp(f); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the copy stays: %v", err)
		}
		if err := m.Delete(t.Context(), f); err != nil {
			t.Error(err)
		}
		if _, err := m.Read(t.Context(), f); !errors.Is(err, pawl.ErrNotFound) {
			t.Errorf("it is deleted, and reading it says %v", err)
		}
		if _, err := m.CopyToTemp(t.Context(), f); !errors.Is(err, pawl.ErrNotFound) {
			t.Errorf("it is deleted, and copying it says %v", err)
		}
	}
	for _, ext := range []string{"a/b", "a..b", `a\b`} {
		if f, err := m.WriteBytes(t.Context(), nil, ext); err == nil {
			t.Errorf("the extension %q makes %s", ext, f)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
