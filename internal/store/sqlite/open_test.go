package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var ctx = context.Background()

func TestOpenMakesTheFoldersAbove(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b c", "50%?#.db")
	s := openAt(t, path)
	start(t, s, "k")
	closeStore(t, s)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the database is not where it was asked for: %v", err)
	}
}

func TestOpenAtOnceMakesOneDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			s, err := Open(path)
			if err != nil {
				return err
			}
			_, _, err = s.StartAttempt(ctx, startOf(fmt.Sprint(i)))
			if err != nil {
				return err
			}
			return s.Close()
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	list, _, err := s.ListAttempts(ctx, store.Filter{}, store.Page{})
	if len(list) != 8 || err != nil {
		t.Errorf("%d attempts, error %v, want 8", len(list), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		code  model.Code
		says  string
	}{
		"a file that is not a database": {
			func(t *testing.T, path string) { write(t, path, strings.Repeat("no database\n", 1000)) },
			model.Invalid, "not a database",
		},
		"a database of another program": {
			func(t *testing.T, path string) { execute(t, path, "CREATE TABLE songs (name TEXT)") },
			model.Invalid, "another program",
		},
		"a database with another program's mark": {
			func(t *testing.T, path string) { execute(t, path, "PRAGMA application_id = 42") },
			model.Invalid, "another program",
		},
		"a newer database": {
			func(t *testing.T, path string) {
				closeStore(t, openAt(t, path))
				execute(t, path, "PRAGMA user_version = 99")
			},
			model.Invalid, "version 99",
		},
		"a damaged database": {
			func(t *testing.T, path string) {
				closeStore(t, openAt(t, path))
				damage(t, path)
			},
			model.Internal, "damaged",
		},
		"a folder": {
			func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
			},
			model.Forbidden, "can't be written",
		},
		"a path below a file": {
			func(t *testing.T, path string) {
				dir := filepath.Dir(path)
				if err := os.Remove(dir); err != nil {
					t.Fatal(err)
				}
				write(t, dir, "a file")
			},
			model.Internal, "not a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "dir")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "pawl.db")
			test.spoil(t, path)
			s, err := Open(path)
			if err == nil {
				closeStore(t, s)
				t.Fatal("Open succeeded")
			}
			if model.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q (%s), want %s and %q", err, model.CodeOf(err), test.code, test.says)
			}
		})
	}
}

func TestOpenRefusesAFolderThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root can write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Join(dir, "pawl.db"))
	if model.CodeOf(err) != model.Forbidden {
		t.Errorf("error %v (%s), want forbidden", err, model.CodeOf(err))
	}
}

// Another process that stopped in the middle of a write keeps the database
// locked.
func TestALockedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	closeStore(t, openAt(t, path))
	other := dialTest(t, path)
	if err := other.script("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	s, err := open(path, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	_, _, err = s.StartAttempt(ctx, startOf("k"))
	if model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "another process") || model.HintsOf(err) == "" {
		t.Errorf("error %v (%s) with hint %q", err, model.CodeOf(err), model.HintsOf(err))
	}
	if list, _, err := s.ListAttempts(ctx, store.Filter{}, store.Page{}); len(list) > 0 || err != nil {
		t.Errorf("reading returned %v, error %v", list, err)
	}
	if err := other.script("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	start(t, s, "k")
}

func TestADatabaseIsOpenedWithFullSync(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	got, err := s.writer.conn.number("PRAGMA synchronous")
	if got != 2 || err != nil {
		t.Errorf("synchronous is %d, error %v, want 2", got, err)
	}
}

func TestMigrationsLeadToTheNewestVersion(t *testing.T) {
	t.Parallel()
	texts, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	s := openTemp(t)
	var got []int64
	for _, name := range []string{"user_version", "application_id"} {
		n, err := s.writer.conn.number("PRAGMA " + name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if diff := cmp.Diff([]int64{int64(len(texts)), applicationID}, got); diff != "" {
		t.Errorf("version and application (-want +got):\n%s", diff)
	}
}

func TestAFailedMigrationLeavesTheDatabaseAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	closeStore(t, openAt(t, path))
	c := dialTest(t, path)
	version, err := c.number("PRAGMA user_version")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(c, int(version), "CREATE TABLE more (x); CREATE TABLE more (x)"); err == nil {
		t.Fatal("the migration succeeded")
	}
	after, err := c.number("PRAGMA user_version")
	if after != version || err != nil {
		t.Errorf("the version is %d, error %v, want %d", after, err, version)
	}
	if n, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"); n != 0 || err != nil {
		t.Errorf("%d tables are left, error %v", n, err)
	}
}

func dialTest(t *testing.T, path string) *conn {
	t.Helper()
	c, err := dial(path, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func execute(t *testing.T, path, script string) {
	t.Helper()
	c, err := dial(path, patience)
	if err == nil {
		err = c.script(script)
	}
	if err == nil {
		err = c.close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// damage overwrites the part of a database that lists its tables.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte(strings.Repeat("\xff", 400)), 100)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
