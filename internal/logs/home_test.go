package logs_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/logs/logstest"
	"github.com/pawlhq/pawl/internal/model"
)

func TestDirWithAHomeIsAStore(t *testing.T) {
	t.Parallel()
	logstest.Run(t, func(t *testing.T) logs.Store {
		d := logs.At(t.TempDir())
		d.Within(logs.Home{Name: "db-1"})
		return d
	})
}

// Databases that share a folder, or a bucket, have attempts of the same numbers.
func TestLogsOfDatabasesThatShareAPlaceStayApart(t *testing.T) {
	t.Parallel()
	folder, spool, objects := t.TempDir(), t.TempDir(), bucket(t)
	inFolder := func(h logs.Home) logs.Store {
		d := logs.At(folder)
		d.Within(h)
		return d
	}
	inBucket := func(h logs.Home) logs.Store {
		b, err := logs.OpenBucket(logs.BucketConfig{Objects: objects, Prefix: "logs", Home: h, Spool: spool, Failed: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closes(t, b) })
		return b
	}
	for name, at := range map[string]func(logs.Home) logs.Store{"folder": inFolder, "bucket": inBucket} {
		t.Run(name, func(t *testing.T) {
			try := func(attempt model.AttemptID) model.TryID { return model.TryID{Attempt: attempt, Task: 1, Try: 1} }
			prints := func(s logs.Store, attempt model.AttemptID, text string) {
				t.Helper()
				log, err := s.Append(try(attempt), task)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(log, text); err != nil {
					t.Fatal(err)
				}
				if err := log.Close(); err != nil {
					t.Fatal(err)
				}
			}
			has := func(s logs.Store, attempt model.AttemptID, want string) {
				t.Helper()
				text := ""
				if r, err := s.Open(t.Context(), try(attempt), task, logs.Show{}); err == nil {
					all, err := io.ReadAll(r)
					if err != nil {
						t.Fatal(err)
					}
					text = string(all)
					_ = r.Close()
				} else if model.CodeOf(err) != model.NotFound {
					t.Fatal(err)
				}
				if text != want {
					t.Errorf("attempt %d has printed %q, want %q", attempt, text, want)
				}
			}
			prints(at(logs.Home{}), 1, "before")
			one, two := at(logs.Home{Name: "db-1", Former: 1}), at(logs.Home{Name: "db-2"})
			prints(one, 2, "one")
			prints(two, 1, "two")
			has(one, 1, "before")
			has(one, 2, "one")
			has(two, 1, "two")
			has(two, 2, "")
			if err := two.Remove(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			has(two, 1, "")
			has(one, 1, "before")
		})
	}
}

func TestOnlyTheLogsOfADatabaseAreItsQuietOnes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, path := range []string{"1", "2", "db-1/1", "db-1/3", "db-2/4"} {
		if err := os.MkdirAll(filepath.Join(folder, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	later := time.Now().Add(time.Hour)
	for home, want := range map[logs.Home][]model.AttemptID{
		{Name: "db-1", Former: 1}: {1, 3}, {Name: "db-2"}: {4}, {}: {1, 2}, {Name: "db-3"}: nil,
	} {
		d := logs.At(folder)
		d.Within(home)
		got, err := d.Quiet(later)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("of %+v there are %v, %v; want %v", home, got, err, want)
		}
	}
}

// What a process has left in the spool is uploaded by one with the same database alone.
func TestASpoolIsThatOfOneDatabase(t *testing.T) {
	t.Parallel()
	spool, objects := t.TempDir(), bucket(t)
	for _, name := range []string{"of-db-1-dead", "run-dead"} {
		if err := os.MkdirAll(filepath.Join(spool, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b, err := logs.OpenBucket(logs.BucketConfig{Objects: objects, Home: logs.Home{Name: "db-2"}, Spool: spool, Failed: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, b)
	left, err := os.ReadDir(spool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range left {
		if !strings.HasSuffix(e.Name(), ".lock") {
			names = append(names, e.Name())
		}
	}
	if len(names) != 2 {
		t.Errorf("in the spool are %v", names)
	}
	if list, err := objects.List(t.Context(), "", "", blob.MaxLimit); err != nil || len(list) > 0 {
		t.Errorf("in the bucket are %v, %v", list, err)
	}
}
