package logs_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/logs/logstest"
	"github.com/pawlhq/pawl/internal/model"
)

const task = "+daily+load"

var id = model.TryID{Attempt: 7, Task: 12, Try: 2}

func output(d *logs.Dir) *logs.Output { return &logs.Output{Store: d, ID: id, Task: task} }

// written returns logs in which the try has printed text.
func written(t *testing.T, text string) *logs.Dir {
	t.Helper()
	d := logs.At(t.TempDir())
	out := output(d)
	if _, err := io.WriteString(out, text); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSilentTryLeavesNoTrace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	d := logs.At(dir)
	if err := output(d).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder exists: %v", err)
	}
	lines, err := d.Tail(id, task, 5)
	if len(lines) != 0 || err != nil {
		t.Errorf("Tail: %q, %v", lines, err)
	}
	last, more, err := d.Last(id, task)
	if last != "" || more || err != nil {
		t.Errorf("Last: %q, %v, %v", last, more, err)
	}
}

func TestPathSaysWhoseLogItIs(t *testing.T) {
	t.Parallel()
	d := logs.At("/logs")
	for name, want := range map[string]string{
		task:                           "/logs/7/12+daily+load.2.log",
		"+a/../..+`x y`^sub":           "/logs/7/12+a______+_x_y_^sub.2.log",
		"+" + strings.Repeat("é", 200): "/logs/7/12" + strings.Repeat("_", 50) + ".2.log",
		"":                             "/logs/7/12.2.log",
	} {
		if got := d.Path(id, name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestClosedOutputRefuses(t *testing.T) {
	t.Parallel()
	out := output(logs.At(t.TempDir()))
	for range 2 {
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(out, "late"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40_000)
	for _, tt := range []struct {
		name, text string
		n          int
		want       []string
	}{
		{"nothing is wanted", "a\n", 0, nil},
		{"fewer lines than wanted", "a\nb\n", 5, []string{"a", "b"}},
		{"as many as wanted", "a\nb\n", 2, []string{"a", "b"}},
		{"more than wanted", "a\nb\nc\n", 2, []string{"b", "c"}},
		{"unfinished last line", "a\nb\nc", 2, []string{"b", "c"}},
		{"empty lines count", "a\n\n\n", 2, []string{"", ""}},
		{"line ends of Windows", "a\r\nb\r\n", 2, []string{"a", "b"}},
		{"lines longer than a block", "a\n" + long + "\n" + long + "\n", 2, []string{long, long}},
		{"whole of several blocks", "a\n" + long + "\n", 9, []string{"a", long}},
		{"empty file", "", 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := written(t, tt.text).Tail(id, task, tt.n)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	got, err := written(t, strings.Repeat("x", 3<<20)).Tail(id, task, 10)
	if err != nil || len(got) != 1 || len(got[0]) != 1<<20 {
		t.Errorf("got %d lines, the first of %d bytes, %v", len(got), len(got[0]), err)
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\nb\n":                      "b",
		"a\nb":                        "b",
		"a\n\n  \n\r\n":               "a",
		"10%\r50%\r100%":              "100%",
		"10%\r50%\r\n":                "50%",
		"":                            "",
		strings.Repeat("\n", 100_000): "",
	} {
		if got, _, err := written(t, text).Last(id, task); got != want || err != nil {
			t.Errorf("%.20q: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func BenchmarkTail(b *testing.B) {
	d := logs.At(b.TempDir())
	out := output(d)
	for i := range 200_000 {
		_, _ = fmt.Fprintf(out, "line %d of a long log\n", i)
	}
	_ = out.Close()
	b.ReportAllocs()
	for b.Loop() {
		if lines, err := d.Tail(id, task, 20); err != nil || len(lines) != 20 {
			b.Fatal(lines, err)
		}
	}
}

func TestDirIsAStore(t *testing.T) {
	t.Parallel()
	logstest.Run(t, func(t *testing.T) logs.Store { return logs.At(filepath.Join(t.TempDir(), "logs")) })
}

func TestDirWithALimitIsAStore(t *testing.T) {
	t.Parallel()
	logstest.RunLimited(t, func(t *testing.T) logs.Store {
		d := logs.At(t.TempDir())
		d.Limit(logs.MinLimit)
		return d
	})
}

// What stands beside a log may be on the disk in part only after a power cut, or while it
// is made: the log is read, and added to, all the same.
func TestALogWithADamagedIndexIsRead(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"", "pawlidx1", strings.Repeat("\x00", 48)} {
		d := logs.At(t.TempDir())
		out := output(d)
		_, err := io.WriteString(out.Errors(), "first\n")
		if err = errors.Join(err, out.Close(), os.WriteFile(strings.TrimSuffix(d.Path(id, task), ".log")+".idx", []byte(damage), 0o600)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"first\n", "first\nsecond\n"} {
			for _, open := range []func() (io.ReadCloser, error){
				func() (io.ReadCloser, error) { return d.Open(t.Context(), id, task, logs.Show{Stream: logs.Stdout}) },
				func() (io.ReadCloser, error) { return d.Follow(id, task), nil },
			} {
				r, err := open()
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(r)
				if err = errors.Join(err, r.Close()); err != nil || string(text) != want {
					t.Errorf("with %q as its index: got %q, %v, want %q", damage, text, err, want)
				}
			}
			again := output(d)
			_, err := io.WriteString(again, "second\n")
			if err = errors.Join(err, again.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestListPassesOverOtherFiles(t *testing.T) {
	t.Parallel()
	d := written(t, "text")
	for _, other := range []string{"notes.txt", "x.1.log", "3.log", "3+a.x.log", "3+a.1.log.gz", "3+a.1.run.log"} {
		if err := os.WriteFile(filepath.Join(d.Attempt(id.Attempt), other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.List(t.Context(), id.Attempt)
	if want := (logs.File{ID: id, Name: logs.KeptName(task), Size: 4}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestLogsAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	info, err := os.Stat(written(t, "text").Path(id, task))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that others cannot read", info.Mode(), err)
	}
}
