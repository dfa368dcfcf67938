package pawl_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet is a configuration for tests.
func quiet(database string) pawl.Config {
	return pawl.Config{Project: "notes", Database: database, Log: slog.New(slog.DiscardHandler)}
}

// open opens an engine, to be closed.
func open(t *testing.T, cfg pawl.Config, processes ...pawl.Definition) *pawl.Engine {
	t.Helper()
	e, err := pawl.Open(t.Context(), cfg, processes...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func closed(t *testing.T, e *pawl.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func send(t *testing.T, e *pawl.Engine, id, word string) {
	t.Helper()
	if _, err := e.Signal(t.Context(), pawl.Message{Topic: news, Keys: map[string]any{"id": id}, Body: word}); err != nil {
		t.Fatal(err)
	}
}

// The program ends while a run waits, and while a function of it is called.
func TestRunsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "pawl.db")
	called := make(chan bool, 1)
	var second bool // whether it is the program's second life
	p := pawl.Must(pawl.Define("notes", "1",
		say("one"), hear("l", news.By("id")),
		pawl.Execute("long", func(ctx context.Context, n *note) error {
			if !second {
				called <- true
				<-ctx.Done()
				return context.Cause(ctx)
			}
			n.Words = append(n.Words, "long")
			return nil
		}),
		pawl.Timer("soon", pawl.In(time.Millisecond), func(context.Context, *note) error { return nil })))

	first := open(t, quiet(database), p)
	for _, id := range []string{"waits", "works"} {
		if _, err := p.Start(t.Context(), first, id, note{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	send(t, first, "waits", "half")
	send(t, first, "works", "end")
	<-called
	closed(t, first)

	second = true
	e := open(t, quiet(database), p)
	defer closed(t, e)
	send(t, e, "waits", "end")
	for id, want := range map[string]string{"waits": "one l:half l:end long", "works": "one l:end long"} {
		r := p.Run(e, id)
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := r.Params(t.Context()); err != nil || strings.Join(n.Words, " ") != want {
			t.Errorf("%s: got %q, %v, want %q", id, n.Words, err, want)
		}
	}
}

func TestAtMostOnceIsNotCalledAgain(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "pawl.db")
	calls := make(chan bool, 2)
	p := pawl.Must(pawl.Define("notes", "1", pawl.Execute("x", func(ctx context.Context, _ *note) error {
		calls <- true
		<-ctx.Done()
		return context.Cause(ctx)
	}).AtMostOnce()))
	first := open(t, quiet(database), p)
	if _, err := p.Start(t.Context(), first, "a", note{}); err != nil {
		t.Fatal(err)
	}
	<-calls
	closed(t, first)
	e := open(t, quiet(database), p)
	defer closed(t, e)
	err := p.Run(e, "a").Wait(t.Context())
	if err == nil || !strings.Contains(err.Error(), "lost") || len(calls) > 0 {
		t.Errorf("got %v, %d more calls", err, len(calls))
	}
}

// A run keeps its version, and waits for a program that has it.
func TestAVersionThatIsMissingIsWaitedFor(t *testing.T) {
	t.Parallel()
	v1 := pawl.Must(pawl.Define("notes", "1", hear("old", news.By("id")), say("x")))
	v2 := pawl.Must(pawl.Define("notes", "2", hear("new", news.By("id")), say("y")))
	e := pawltest.New(t, v1)
	if _, err := v1.Start(t.Context(), e.Engine, "a", note{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	tell := func(word string) {
		e.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": "a"}, Body: word})
	}
	tell("1")
	e.Restart(v2)
	tell("2")
	tell("end")
	e.Advance(time.Hour)
	r := v1.Run(e.Engine, "a")
	history, err := r.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"reason":"this program does not have version \"1\" of process \"notes\"; it is looked for again every 1m0s"}`
	if last := history[len(history)-1]; string(last.Data) != want || last.Step != "old" {
		t.Errorf("at last, %+v: %s", last, last.Data)
	}
	if _, err := v2.Start(t.Context(), e.Engine, "b", note{ID: "b"}); err != nil {
		t.Fatal(err)
	}
	e.Restart(v2, v1)
	e.Advance(time.Minute)
	if n, err := r.Params(t.Context()); err != nil || strings.Join(n.Words, " ") != "old:1 old:2 old:end x" {
		t.Errorf("got %q, %v", n.Words, err)
	}
	if got := e.Ran("notes", "b"); len(got) != 0 {
		t.Errorf("the other ran %q", got)
	}
}

func TestOpenRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("notes", "1", say("x")))
	for want, of := range map[string]struct {
		cfg       pawl.Config
		processes []pawl.Definition
	}{
		"the name of the project is empty":                      {},
		"the name of the project can't have":                    {cfg: pawl.Config{Project: "a/b"}},
		"can't be less than zero":                               {cfg: pawl.Config{Project: "p", Parallel: -1}},
		`version "1" of process notes is given twice`:           {pawl.Config{Project: "p"}, []pawl.Definition{p, p}},
		`"mysql://x" is neither a file nor a URL of PostgreSQL`: {cfg: pawl.Config{Project: "p", Database: "mysql://x"}},
		"open database /proc/nothing/pawl.db":                   {cfg: pawl.Config{Project: "p", Database: "/proc/nothing/pawl.db"}},
	} {
		_, err := pawl.Open(t.Context(), of.cfg, of.processes...)
		if err == nil || !strings.HasPrefix(err.Error(), "open pawl: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMessagesThatNobodyCouldHearAreRefused(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, pawl.Must(pawl.Define("notes", "1", say("x"))))
	for _, m := range []pawl.Message{
		{Keys: map[string]any{"id": 1}},
		{Topic: news},
		{Topic: news, Keys: map[string]any{"id": nil}},
		{Topic: news, Keys: map[string]any{"id": []any{map[string]int{"x": 1}}}},
	} {
		if _, err := e.Signal(t.Context(), m); !errors.Is(err, pawl.ErrInvalid) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	if _, err := e.Signal(t.Context(), pawl.Message{Topic: news, Keys: map[string]any{"id": 1}, Body: func() {}}); err == nil {
		t.Error("a function is a body")
	}
}

func TestTopicsSayHowLongMessagesAreKept(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("notes", "1", hear("l", news.By("id"))))
	cfg := quiet("")
	cfg.Topics = map[pawl.Topic]pawl.TopicConfig{"brief": {EarlyFor: -1}, "narrow": {EarlyMost: 1}}
	e := open(t, cfg, p)
	defer closed(t, e)
	for _, tt := range [][2]string{{"brief", "dropped"}, {"narrow", "early"}, {"narrow", "dead"}, {"news", "early"}} {
		d, err := e.Signal(t.Context(), pawl.Message{Topic: pawl.Topic(tt[0]), Keys: map[string]any{"id": "a"}})
		if err != nil || d.Outcome != tt[1] {
			t.Errorf("%s: %v, %v", tt[0], d, err)
		}
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("notes", "1", hear("l", news.By("id"))))
	e := open(t, quiet(""), p)
	defer closed(t, e)
	r, err := p.Start(t.Context(), e, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if err := r.Wait(ctx); err == nil {
		t.Error("it ended well")
	}
}

// BenchmarkThreeSteps runs processes of three steps in memory, one at a time and
// many at once.
func BenchmarkThreeSteps(b *testing.B) {
	step := func(name string) pawl.Step[note] {
		return pawl.Execute(name, func(_ context.Context, n *note) error { n.Count++; return nil })
	}
	p := pawl.Must(pawl.Define("three", "1", step("one"), step("two"), step("three")))
	run := func(b *testing.B, e *pawl.Engine, key string) {
		r, err := p.Start(b.Context(), e, key, note{ID: key})
		if err == nil {
			err = r.Wait(b.Context())
		}
		if err != nil {
			b.Error(err)
		}
	}
	for name, atOnce := range map[string]int{"one": 1, "many": 64} {
		b.Run(name, func(b *testing.B) {
			e, err := pawl.Open(b.Context(), quiet(""), p)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var next atomic.Int64
			var running sync.WaitGroup
			b.ResetTimer()
			for range atOnce {
				running.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						run(b, e, strconv.FormatInt(i, 10))
					}
				})
			}
			running.Wait()
			b.StopTimer()
			if err := e.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}
