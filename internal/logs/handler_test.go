package logs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/logs"
)

// point says in JSON what it is.
type point struct{ X, Y int }

func (p point) String() string { return "a point" }

func (p point) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%d,%d]", p.X, p.Y), nil }

// broken panics where it is asked what it is.
type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { panic("oh") }

// resolved is known only when it is needed.
type resolved struct{}

func (resolved) LogValue() slog.Value { return slog.GroupValue(slog.Int("n", 1)) }

func TestRecordsOfSlogAreMessages(t *testing.T) {
	t.Parallel()
	o := &logs.Output{Store: logs.At(t.TempDir()), ID: id, Task: task, Keep: logs.Debug}
	log := slog.New(logs.NewHandler(o, "step", logs.Info, nil))
	log.Debug("below")
	log.Info("values", "text", "a b", "n", 7, "u", uint64(math.MaxUint64), "f", 1.5, "nan", math.NaN(), "b", true, "nil", nil, "took", 1500*time.Millisecond,
		"at", time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), "err", fmt.Errorf("x: %w", io.EOF), "point", point{1, 2}, "url", &url.URL{Host: "h"},
		"list", []string{"a"}, "map", map[string]int{"k": 1}, "chan", struct{ C chan int }{}, "broken", broken{}, "lazy", resolved{})
	log.With("a", 1).WithGroup("g").With("b", 2).WithGroup("").Log(t.Context(), slog.LevelWarn+1, "groups", "c", 3, slog.Group("h", "d", 4), slog.Group("", "e", 5), slog.Attr{})
	log.WithGroup("level").Log(t.Context(), slog.LevelError+4, "own\nnames", "task", "mine")
	log.Info("own", "task", "mine", "a=b c", 1)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := o.Store.Open(t.Context(), id, task, logs.Show{})
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	got, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"INFO  step: values\t" + `text="a b" n=7 u=18446744073709551615 f=1.5 nan=NaN b=true nil=null took=1.5s at=2026-01-02T03:04:05.000000006Z err="x: EOF" point=[1,2] url=//h list=["a"] map={"k":1} chan="{C:<nil>}" broken="{}" lazy.n=1`,
		"WARN  step: groups\ta=1 g.b=2 g.c=3 g.h.d=4 g.e=5",
		"ERROR step: own\tlevel.task=mine",
		"  | names",
		"INFO  step: own\textra.task=mine a_b_c=1",
		"",
	}, "\n")
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// full takes nothing.
type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestWhatCannotBePrintedIsTold(t *testing.T) {
	t.Parallel()
	var told error
	why := errors.New("no room")
	h := logs.NewHandler(full{why}, "step", logs.Debug, func(err error) { told = err })
	if err := h.Handle(t.Context(), slog.Record{Level: slog.LevelInfo, Message: "x"}); err != nil || !errors.Is(told, why) {
		t.Errorf("got %v, and was told %v", err, told)
	}
	h = logs.NewHandler(full{why}, "step", logs.Debug, nil)
	if err := h.Handle(t.Context(), slog.Record{}); err != nil {
		t.Error(err)
	}
}

// A folder for logs that pass is there from the first that is printed until the end.
func TestPassingLogsLeaveNothing(t *testing.T) {
	t.Parallel()
	p := logs.NewPassing(clock.System{})
	folder := filepath.Dir(p.Attempt(1))
	if list, err := p.List(t.Context(), 1); len(list) != 0 || err != nil {
		t.Errorf("there are %v, %v", list, err)
	}
	if err := p.Remove(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("there is a folder without logs")
	}
	o := &logs.Output{Store: p, ID: id, Task: task}
	if _, err := io.WriteString(o, "text"); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	text, err := p.Open(t.Context(), id, task, logs.Show{})
	if err == nil {
		_, err = got.ReadFrom(text)
		err = errors.Join(err, text.Close())
	}
	if err != nil || got.String() != "text" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder is left")
	}
	if _, err := p.Append(id, task); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after the end it is %v", err)
	}
}
