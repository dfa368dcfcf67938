package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
)

func TestMigrationsArePendingUntilDone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "pawl.db")
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	names, err := Pending(path)
	if err != nil || len(names) != len(all) || names[0] != "0001_attempts.sql" {
		t.Errorf("pending %v, %v", names, err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("looking for migrations made the folder")
	}
	for range 2 {
		if err := Migrate(path); err != nil {
			t.Fatal(err)
		}
		if names, err := Pending(path); len(names) != 0 || err != nil {
			t.Errorf("still pending: %v, %v", names, err)
		}
	}
}

func TestPendingRefusesTheFileOfAnotherProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	text := make([]byte, 4096)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Pending(path); model.CodeOf(err) != model.Invalid || err == nil {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(path)
	if diff := cmp.Diff(text, after); diff != "" || err != nil {
		t.Errorf("the file was changed: %v", err)
	}
}
