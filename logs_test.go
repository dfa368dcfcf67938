package pawl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/pawltest"
)

// logged is what a run has said from a level on.
func logged[P any](t *testing.T, r *pawl.Run[P], from slog.Level) (list []pawl.LogEntry) {
	t.Helper()
	for e, err := range r.Logs(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// texts are they in short.
func texts(list []pawl.LogEntry) (short []string) {
	for _, e := range list {
		short = append(short, fmt.Sprintf("%s %d %s %s", e.Step, e.Try, e.Level, e.Message))
	}
	return short
}

// speaker is a process whose step says something and fails the first time.
var speaker = pawl.Must(pawl.Define("speaker", "1",
	pawl.Execute("silent", func(context.Context, *note) error { return nil }),
	pawl.Execute("loud", func(ctx context.Context, _ *note) error {
		log := pawl.Log(ctx)
		log.Debug("not kept")
		log.Info("begins\nin two lines", "n", pawl.Retries(ctx), "level", "mine")
		log.With("order", "o-1").WithGroup("of").Warn("is wrong", "err", errors.New("no way"), slog.Group("at", "x", 1.5))
		if pawl.Retries(ctx) == 0 {
			return errors.New("again")
		}
		return nil
	}).Retry(1, time.Hour),
))

// Each call of a function says what it says once, at its time.
func TestWhatStepsSayIsKeptByTries(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, speaker)
	r, err := speaker.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	e.Advance(time.Hour)
	got := logged(t, r, slog.LevelInfo)
	same(t, []string{
		"loud 1 INFO begins\nin two lines", "loud 1 WARN is wrong",
		"loud 2 INFO begins\nin two lines", "loud 2 WARN is wrong",
	}, texts(got))
	same(t, map[string]any{"n": 1.0, "extra.level": "mine"}, got[2].Fields)
	same(t, map[string]any{"order": "o-1", "of.err": "no way", "of.at.x": 1.5}, got[3].Fields)
	if !got[0].At.Equal(pawltest.Start) || !got[2].At.Equal(pawltest.Start.Add(time.Hour)) {
		t.Errorf("said at %v and %v", got[0].At, got[2].At)
	}
	same(t, 2, len(logged(t, r, slog.LevelWarn)))
	e.Restart(speaker)
	same(t, 4, len(logged(t, speaker.Run(e.Engine, "a"), slog.LevelDebug)))
	for one, err := range r.Logs(t.Context(), slog.LevelInfo) {
		if err != nil || one.Try != 1 {
			t.Errorf("got %+v, %v", one, err)
		}
		break
	}
}

// A step of a run that goes on is called again; what ended well says nothing more.
func TestWhatIsTakenOverSaysNothing(t *testing.T) {
	t.Parallel()
	fails := true
	p := pawl.Must(pawl.Define("speaker", "1",
		pawl.Execute("first", func(ctx context.Context, _ *note) error { pawl.Log(ctx).Info("one"); return nil }),
		pawl.Execute("second", func(ctx context.Context, _ *note) error {
			pawl.Log(ctx).Info("two")
			if fails {
				return errors.New("not yet")
			}
			return nil
		})))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, []string{"first 1 INFO one", "second 1 INFO two"}, texts(logged(t, r, slog.LevelInfo)))
	fails = false
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, []string{"second 1 INFO two"}, texts(logged(t, r, slog.LevelInfo)))
	if err := r.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// folders are the files below a folder, as paths without numbers of files.
func filesIn(t *testing.T, folder string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".log" {
			rel, _ := filepath.Rel(folder, path)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return list
}

// says is a process with a step that says a word, and one that says nothing.
func says(word string) *pawl.Process[note] {
	return pawl.Must(pawl.Define("says", "1",
		pawl.Execute("silent", func(context.Context, *note) error { return nil }),
		pawl.Execute("word", func(ctx context.Context, _ *note) error { pawl.Log(ctx).Info(word); return nil })))
}

// ran runs says with a configuration, and then do with the run.
func ran(t *testing.T, cfg pawl.Config, do func(*pawl.Engine, *pawl.Run[note])) {
	t.Helper()
	cfg.Project = "says"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := says("hello")
	e, err := pawl.Open(t.Context(), cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Start(t.Context(), e, "a", note{ID: "a"})
	if err == nil {
		err = r.Wait(t.Context())
	}
	if err != nil {
		t.Error(err)
	}
	do(e, r)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestLogsAreBesideTheDatabase(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, folder := database(t), t.TempDir()
			cfg := pawl.Config{Database: own, Logs: pawl.LogConfig{Folder: folder}}
			db := connect(t, own)
			id, former, err := store.Installation(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			ran(t, cfg, func(_ *pawl.Engine, r *pawl.Run[note]) {
				same(t, []string{"word 1 INFO hello"}, texts(logged(t, r, slog.LevelInfo)))
			})
			d := logs.At(folder)
			d.Within(logs.HomeOf(id, former))
			list, err := d.List(t.Context(), 1)
			if err != nil || len(list) != 1 || list[0].ID != (model.TryID{Attempt: 1, Task: 2, Try: 1}) {
				t.Errorf("others that have the database find %+v, %v", list, err)
			}
		})
	}
	for name, want := range map[string]string{"pawl.db": "1/2+says+word.1.log", "orders.db": "db-*/1/2+says+word.1.log"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			ran(t, pawl.Config{Database: filepath.Join(folder, name)}, func(_ *pawl.Engine, r *pawl.Run[note]) {
				files := filesIn(t, filepath.Join(folder, "logs"))
				if len(files) != 1 {
					t.Fatalf("there are %v", files)
				}
				if ok, err := filepath.Match(want, files[0]); !ok || err != nil {
					t.Errorf("it is in %s, %v; want %s", files[0], err, want)
				}
				if err := r.Delete(t.Context()); err != nil {
					t.Error(err)
				}
				if files := filesIn(t, filepath.Join(folder, "logs")); len(files) != 0 {
					t.Errorf("of a deleted run there are %v", files)
				}
			})
		})
	}
}

func TestLogsCanBeOff(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ran(t, pawl.Config{Database: filepath.Join(folder, "pawl.db"), Logs: pawl.LogConfig{Off: true}}, func(_ *pawl.Engine, r *pawl.Run[note]) {
		for e, err := range r.Logs(t.Context(), slog.LevelDebug) {
			if !errors.Is(err, pawl.ErrInvalid) {
				t.Errorf("got %+v, %v", e, err)
			}
		}
		if _, err := os.Stat(filepath.Join(folder, "logs")); err == nil {
			t.Error("there are logs")
		}
	})
}

// In memory, they go with the engine.
func TestLogsOfRunsInMemory(t *testing.T) {
	t.Parallel()
	ran(t, pawl.Config{}, func(_ *pawl.Engine, r *pawl.Run[note]) {
		same(t, []string{"word 1 INFO hello"}, texts(logged(t, r, slog.LevelInfo)))
	})
}

// A folder that can't be made is told of once, and fails no step.
func TestLogsThatCannotBeKeptFailNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cfg := pawl.Config{Logs: pawl.LogConfig{Folder: filepath.Join(file, "logs")}, Log: slog.New(slog.NewTextHandler(&out, nil))}
	ran(t, cfg, func(e *pawl.Engine, _ *pawl.Run[note]) {})
	if got := out.String(); strings.Count(got, "can't be kept") != 1 || strings.Count(got, "msg=hello") != 1 {
		t.Errorf("operators are told:\n%s", got)
	}
}

// The engine's logger and the log of a step have levels of their own, and code that
// knows no steps can say something in them, too.
func TestLogsHaveLevelsOfTheirOwn(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cfg := pawl.Config{
		Logs: pawl.LogConfig{Level: slog.LevelDebug},
		Log:  slog.New(pawl.LogHandler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))),
	}
	library := cfg.Log.With("library", "x").WithGroup("in")
	p := pawl.Must(pawl.Define("levels", "1", pawl.Execute("do", func(ctx context.Context, _ *note) error {
		pawl.Log(ctx).DebugContext(ctx, "low")
		pawl.Log(ctx).With("a", 1).WarnContext(ctx, "high")
		library.InfoContext(ctx, "elsewhere", "b", 2)
		library.Error("of no step")
		return nil
	})))
	e := pawltest.NewWith(t, cfg, p)
	r, err := p.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	got := logged(t, r, slog.LevelDebug)
	same(t, []string{"low", "high", "elsewhere"}, said(got))
	same(t, map[string]any{"library": "x", "in.b": 2.0}, got[len(got)-1].Fields)
	if text := out.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, `msg=high run=a attempt=1 step=do try=1 a=1`) || !strings.Contains(text, `msg="of no step" library=x`) {
		t.Errorf("the logger has\n%s", text)
	}
}

// said are the messages of those that steps have said.
func said(list []pawl.LogEntry) (messages []string) {
	for _, e := range list {
		if !strings.Contains(e.Message, "begins, by the operator") { // which pawl says
			messages = append(messages, e.Message)
		}
	}
	return messages
}

// What is left of a step that has ended has no log to write to.
func TestAfterItsEndAStepSaysNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var later *slog.Logger
	p := pawl.Must(pawl.Define("late", "1", pawl.Execute("do", func(ctx context.Context, _ *note) error {
		later = pawl.Log(ctx)
		return nil
	})))
	e := pawltest.NewWith(t, pawl.Config{Log: slog.New(slog.NewTextHandler(&out, nil))}, p)
	r, err := p.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	later.Info("late")
	same(t, 0, len(logged(t, r, slog.LevelDebug)))
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "msg=late") {
		t.Errorf("the logger has\n%s", text)
	}
}

func TestWhatIsWrongWithTheConfigurationOfLogs(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]pawl.Config{
		"Off":         {Logs: pawl.LogConfig{Off: true, Folder: "x"}},
		"65536":       {Logs: pawl.LogConfig{MaxSize: 1}},
		"no Folder":   {Logs: pawl.LogConfig{Bucket: &pawl.LogBucket{}}},
		"wait to be ": {Database: "postgres://x/y", Logs: pawl.LogConfig{Bucket: &pawl.LogBucket{}}},
	} {
		c.Project = "p"
		if _, err := pawl.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one about %s", err, want)
		}
	}
}

// Items have logs of their own, also when their tasks are gone.
func TestItemsSaySomethingEach(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("items", "1", pawl.Each("all of", pawl.Items{},
		func(context.Context, *note) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { _ = yield(1, nil) && yield(2, nil) }
		},
		func(ctx context.Context, _ *note, n int) error { pawl.Log(ctx).Info("item", "n", n); return nil })))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	got := logged(t, r, slog.LevelInfo)
	same(t, []string{"all of/item-0 1 INFO item", "all of/item-1 1 INFO item"}, texts(got))
	same(t, map[string]any{"n": 2.0}, got[1].Fields)
}
