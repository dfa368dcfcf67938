package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// lookAt opens a database to be read, and closes it when the test ends.
func lookAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Look(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// files returns the names of what is in a folder.
func files(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestWhoLooksSeesWhatAnotherCommitsAndWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	writing := openAt(t, path)
	start(t, writing, "a")
	looking := lookAt(t, path)
	for want := 1; want <= 2; want++ {
		list, _, err := looking.ListAttempts(t.Context(), store.Filter{}, store.Page{})
		if err != nil || len(list) != want {
			t.Fatalf("%d attempts are seen, want %d: %v", len(list), want, err)
		}
		if want == 1 {
			start(t, writing, "b")
		}
	}
	if _, _, err := looking.StartAttempt(t.Context(), startOf("c")); model.CodeOf(err) != model.Forbidden {
		t.Errorf("a start: %v", err)
	}
	if _, err := looking.Lease(t.Context(), "me", 0, patience); model.CodeOf(err) != model.Forbidden {
		t.Errorf("a lease: %v", err)
	}
	if err := looking.readers.do(t.Context(), func(c *conn) error { return c.script("DELETE FROM attempts") }); err == nil {
		t.Error("a connection that reads can write")
	}
	start(t, writing, "d")
	closeStore(t, writing)
}

func TestToLookLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "pawl.db")
	s := openAt(t, path)
	start(t, s, "a")
	closeStore(t, s)
	before := files(t, dir)
	s, err := Look(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Attempt(t.Context(), 1); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
	if after := files(t, dir); after != before {
		t.Errorf("there is %s, and was %s", after, before)
	}
}

func TestToLookMakesAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given func(t *testing.T, path string)
		code  model.Code
		says  string
	}{
		"nothing":              {func(*testing.T, string) {}, model.NotFound, "there is no database"},
		"an empty file":        {func(t *testing.T, path string) { write(t, path, "") }, model.Conflict, "version 0"},
		"another file":         {func(t *testing.T, path string) { write(t, path, strings.Repeat("text\n", 1000)) }, model.Invalid, "not a database"},
		"an older version":     {func(t *testing.T, path string) { leftAt(t, path, "1") }, model.Conflict, "version 1"},
		"a newer version":      {func(t *testing.T, path string) { leftAt(t, path, "99") }, model.Invalid, "version 99"},
		"that of another tool": {func(t *testing.T, path string) { leftAt(t, path, "1; PRAGMA application_id = 7") }, model.Invalid, "another program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "pawl.db")
			test.given(t, path)
			names := files(t, dir)
			before, _ := os.ReadFile(path)
			s, err := Look(path)
			if err == nil {
				closeStore(t, s)
				t.Fatal("Look succeeded")
			}
			if model.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q (%s), want %s and %q", err, model.CodeOf(err), test.code, test.says)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file has changed")
			}
			if after := files(t, dir); after != names {
				t.Errorf("there is %q, and was %q", after, names)
			}
		})
	}
}

// leftAt makes a database that is of a version.
func leftAt(t *testing.T, path, version string) {
	t.Helper()
	closeStore(t, openAt(t, path))
	execute(t, path, "PRAGMA user_version = "+version)
}
