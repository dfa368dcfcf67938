package pawl_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func TestOneRunHasAKey(t *testing.T) {
	b := define(t, hear("l", news.By("id")))
	r := b.start(note{ID: "a", Count: 1})
	b.start(note{ID: "a", Count: 2}) // is the first
	for option, want := range map[pawl.StartOption]error{pawl.Return: nil, pawl.Replace: nil, pawl.Reject: pawl.ErrExists} {
		if _, err := b.of.Start(t.Context(), b.Engine.Engine, "a", note{ID: "a", Count: 3}, option); !errors.Is(err, want) {
			t.Errorf("%v: got %v, want %v", option, err, want)
		}
	}
	if n, _ := r.Params(t.Context()); n.Count != 1 {
		t.Errorf("it is number %d", n.Count)
	}
	b.tell("end", "a")
	b.is(r, "success")
	b.start(note{ID: "a", Count: 4})
	b.is(r, "success")
	b.start(note{ID: "a", Count: 5}, pawl.Replace)
	b.is(r, "running")
	if n, _ := r.Params(t.Context()); n.Count != 5 {
		t.Errorf("it is number %d", n.Count)
	}
}

func TestRunsThatAreNotThere(t *testing.T) {
	b := define(t, say("x"))
	r := b.of.Run(b.Engine.Engine, "a")
	_, ofParams := r.Params(t.Context())
	_, ofSteps := r.Steps(t.Context())
	_, ofState := r.State(t.Context())
	_, ofHistory := r.History(t.Context())
	for _, err := range []error{
		ofParams, ofSteps, ofState, ofHistory, r.Stop(t.Context()), r.Wait(t.Context()), r.Retry(t.Context()),
		r.SkipTo(t.Context(), "x"), r.Edit(t.Context(), func(*note) {}),
	} {
		if !errors.Is(err, pawl.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := b.of.Start(t.Context(), b.Engine.Engine, "", note{}); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestAStoppedRunListensNoMore(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All, hear("l", news.By("id")), pawl.Timer("t", pawl.In(time.Hour), func(context.Context, *note) error { return nil })))
	r := b.start(note{ID: "a"})
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.is(r, "killed")
	b.states(r, "p cancelled", "p/l cancelled", "p/t cancelled")
	same(t, "early 0", b.tell("end", "a"))
	var failed *pawl.FailedError
	if err := r.Wait(t.Context()); !errors.As(err, &failed) || !failed.Stopped {
		t.Errorf("got %v", err)
	}
	if err := r.Edit(t.Context(), func(n *note) { n.Count = 1 }); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func TestAnEditWritesWhatItChanges(t *testing.T) {
	b := define(t, hear("l", news.By("id")))
	r := b.start(note{ID: "a", Other: "x", Count: 1})
	if err := r.Edit(t.Context(), func(n *note) { n.Count, n.Other = 2, "" }); err != nil {
		t.Fatal(err)
	}
	b.tell("end", "a")
	if n, _ := r.Params(t.Context()); n.Count != 2 || n.Other != "" {
		t.Errorf("got %+v", n)
	}
}

func TestSkipToPassesOverWhatComesBefore(t *testing.T) {
	b := define(t, pawl.Sequence("one", hear("l", news.By("id")), say("x")), pawl.Sequence("two", say("y"), say("z")), say("end"))
	r := b.start(note{ID: "a"})
	for path, want := range map[string]error{"one/l": pawl.ErrConflict, "three": pawl.ErrNotFound} {
		if err := r.SkipTo(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	if err := r.SkipTo(t.Context(), "two/z"); err != nil {
		t.Fatal(err)
	}
	b.said(r, "z end")
	b.is(r, "success")
}

// What has ended well is not done again: neither decisions nor waits.
func TestARetryGoesOnWhereTheRunHasFailed(t *testing.T) {
	broken := true
	b := define(t,
		say("one"), hear("l", news.By("id")),
		pawl.Timer("pause", pawl.In(time.Hour), func(context.Context, *note) error { return nil }),
		pawl.Decide("way", func(_ context.Context, n *note) (string, error) {
			n.Words = append(n.Words, "decided")
			return "left", nil
		}, say("left"), say("right")),
		pawl.Execute("last", func(_ context.Context, n *note) error {
			if broken {
				return errors.New("broken")
			}
			n.Words = append(n.Words, "last")
			return nil
		}))
	r := b.start(note{ID: "a"})
	if err := r.Retry(t.Context()); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("one that goes on: %v", err)
	}
	b.tell("end", "a")
	b.Advance(time.Hour)
	b.is(r, "error")
	broken = false
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.said(r, "one l:end decided left last")
	b.is(r, "success")
	same(t, errors.Is(r.Retry(t.Context()), pawl.ErrConflict), true)
	if err := r.RetryFrom(t.Context(), "way"); err != nil {
		t.Fatal(err)
	}
	b.said(r, "one l:end decided left last decided left last")
	if err := r.RetryFrom(t.Context(), "nothing"); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestIDsAreOfTheWorkAndNotOfItsTries(t *testing.T) {
	var ids []string
	b := define(t,
		pawl.Execute("x", func(ctx context.Context, _ *note) error {
			ids = append(ids, pawl.ID(ctx), pawl.Key(ctx))
			pawl.Log(ctx).Info("seen")
			if pawl.Retries(ctx) == 0 {
				return errors.New("again")
			}
			return nil
		}).Retry(1, 0),
		pawl.Listen("y", news.By("id"), func(ctx context.Context, _ *note, word string) (bool, error) {
			ids = append(ids, pawl.ID(ctx))
			return word == "end", nil
		}))
	b.start(note{ID: "a"})
	b.tell("x", "a")
	b.tell("end", "a")
	if len(ids) != 6 || ids[0] != ids[2] || ids[1] != "a" || ids[4] == ids[5] || ids[4] == ids[0] {
		t.Errorf("got %q", ids)
	}
	if pawl.ID(t.Context())+pawl.Key(t.Context())+pawl.Failure(t.Context()) != "" || pawl.Retries(t.Context()) != 0 {
		t.Error("something is told outside of steps")
	}
	pawl.Log(t.Context()).Debug("nowhere")
}

func TestTheHistoryTellsWhatHappened(t *testing.T) {
	b := define(t, hear("l", news.By("id")).Deadline(pawl.In(time.Hour), pawl.Fail))
	r := b.start(note{ID: "a"})
	b.Advance(time.Hour)
	history, err := r.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range history {
		got = append(got, strings.TrimSpace(e.Step+" "+e.What))
	}
	same(t, []string{"attempt_started", "task_opened", "l task_waits", "l limit_passed", "l task_ended", "task_ended", "attempt_ended"}, got)
	if !history[4].At.Equal(pawltest.Start.Add(time.Hour)) || !strings.Contains(string(history[4].Data), "time limit") {
		t.Errorf("got %v %s", history[4].At, history[4].Data)
	}
}

// What another program, or another version, has among the parameters stays.
func TestParametersThatAreNotKnownStay(t *testing.T) {
	t.Parallel()
	type more struct {
		note
		Extra string `json:"extra"`
	}
	old := pawl.Must(pawl.Define("notes", "1", hear("l", news.By("id"))))
	wide := pawl.Must(pawl.Define("notes", "2", pawl.Execute("x", func(context.Context, *more) error { return nil })))
	e := pawltest.New(t, wide, old)
	if _, err := old.Start(t.Context(), e.Engine, "a", note{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	r := wide.Run(e.Engine, "a")
	if err := r.Edit(t.Context(), func(m *more) { m.Extra = "kept" }); err != nil {
		t.Fatal(err)
	}
	e.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": "a"}, Body: "end"})
	if m, err := r.Params(t.Context()); err != nil || m.Extra != "kept" || len(m.Words) != 1 {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestMapsAreParametersToo(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("maps", "1", pawl.Execute("x", func(_ context.Context, m *map[string]any) error {
		delete(*m, "gone")
		(*m)["in"].(map[string]any)["new"] = true
		delete((*m)["in"].(map[string]any), "old")
		return nil
	})))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "a", map[string]any{"gone": 1, "in": map[string]any{"old": 1}, "stays": "${x}", "session_id": "mine"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Params(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, map[string]any{"in": map[string]any{"new": true}, "stays": "${x}", "session_id": "mine"}, m)
}
