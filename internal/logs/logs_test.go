package logs_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

const task = "+daily+load"

var id = model.TryID{Attempt: 7, Task: 12, Try: 2}

func output(d *logs.Dir) *logs.Output { return &logs.Output{Dir: d, ID: id, Task: task} }

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

func TestOutputIsAppendedByWritesAndByPrograms(t *testing.T) {
	t.Parallel()
	d := written(t, "first\n")
	out := output(d)
	f, err := out.File()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString("program\n")
	_, _ = io.WriteString(out, "operator\n")
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(d.Path(id, task))
	if want := "first\nprogram\noperator\n"; string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	info, err := os.Stat(d.Path(id, task))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that others cannot read", info.Mode(), err)
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

func TestFollowerGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	d := logs.At(t.TempDir())
	f := d.Follow(id, task)
	out := output(d)
	for i, want := range []string{"", "one\n", "", "two\nthr", "ee\n"} {
		if want != "" {
			_, _ = io.WriteString(out, want)
		}
		if got, err := io.ReadAll(f); string(got) != want || err != nil {
			t.Errorf("round %d: got %q, %v, want %q", i, got, err, want)
		}
	}
	for _, c := range []io.Closer{f, out, d.Follow(id, task)} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRemoveTakesTheLogsOfOneAttempt(t *testing.T) {
	t.Parallel()
	d := written(t, "text")
	other := id
	other.Attempt++
	out := &logs.Output{Dir: d, ID: other, Task: task}
	_, _ = io.WriteString(out, "other")
	_ = out.Close()
	for range 2 {
		if err := d.Remove(id.Attempt); err != nil {
			t.Fatal(err)
		}
	}
	gone, _, _ := d.Last(id, task)
	kept, _, _ := d.Last(other, task)
	if gone != "" || kept != "other" {
		t.Errorf("got %q and %q", gone, kept)
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

func TestListNamesTheTriesThatPrinted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := logs.At(dir)
	for _, id := range []model.TryID{{Attempt: 7, Task: 12, Try: 2}, {Attempt: 7, Task: 2, Try: 10}, {Attempt: 7, Task: 2, Try: 9}, {Attempt: 8, Task: 1, Try: 1}} {
		o := &logs.Output{Dir: d, ID: id, Task: "+w+a.b"}
		if _, err := fmt.Fprintf(o, "try %d", id.Try); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"notes.txt", "x.1.log", "3.log", "3+a.x.log"} {
		if err := os.WriteFile(filepath.Join(dir, "7", other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.List(7)
	want := []logs.File{
		{ID: model.TryID{Attempt: 7, Task: 2, Try: 9}, Size: 5},
		{ID: model.TryID{Attempt: 7, Task: 2, Try: 10}, Size: 6},
		{ID: model.TryID{Attempt: 7, Task: 12, Try: 2}, Size: 5},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := d.List(9); err != nil || got != nil {
		t.Errorf("an attempt without logs has %v, %v", got, err)
	}
}

func TestOpenReadsTheLogAsItIsNow(t *testing.T) {
	t.Parallel()
	d, id := logs.At(t.TempDir()), model.TryID{Attempt: 1, Task: 1, Try: 1}
	if _, _, err := d.Open(id, "+a"); model.CodeOf(err) != model.NotFound {
		t.Errorf("a log that is not there: %v", err)
	}
	o := &logs.Output{Dir: d, ID: id, Task: "+a"}
	defer o.Close()
	_, _ = o.Write([]byte("one\n"))
	f, size, err := d.Open(id, "+a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, _ = o.Write([]byte("two\n"))
	if text, err := io.ReadAll(f); err != nil || string(text) != "one\n" || size != 4 {
		t.Errorf("got %q of %d bytes, %v", text, size, err)
	}
}

func TestFollowFromGoesOnInTheMiddle(t *testing.T) {
	t.Parallel()
	f := written(t, "one\ntwo\n").FollowFrom(id, task, 4)
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil || string(text) != "two\n" {
		t.Errorf("got %q, %v", text, err)
	}
}
