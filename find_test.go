package pawl_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
)

func TestRunsAreFoundByWhatIsKnownOfThem(t *testing.T) {
	b := define(t, hear("l", news.By("id")))
	begin := b.Engine.Now()
	b.start(note{ID: "order-1", Count: 1})
	b.start(note{ID: "order-2", Count: 2})
	b.Engine.Advance(3 * time.Hour)
	b.start(note{ID: "other", Count: 2})
	b.tell("end", "order-2")
	for _, test := range []struct {
		of   pawl.Filter
		want []string
	}{
		{pawl.Filter{}, []string{"other", "order-2", "order-1"}},
		{pawl.Filter{Key: "order-"}, []string{"order-2", "order-1"}},
		{pawl.Filter{In: pawl.Running}, []string{"other", "order-1"}},
		{pawl.Filter{In: pawl.Succeeded, Key: "order-1"}, nil},
		{pawl.Filter{Params: map[string]any{"count": 2}}, []string{"other", "order-2"}},
		{pawl.Filter{Params: map[string]any{"count": 2, "id": "other"}}, []string{"other"}},
		{pawl.Filter{Params: map[string]any{"count": 7}}, nil},
		{pawl.Filter{Since: begin.Add(time.Hour)}, []string{"other"}},
		{pawl.Filter{Until: begin.Add(time.Hour)}, []string{"order-2", "order-1"}},
		{pawl.Filter{Topic: news}, []string{"other", "order-1"}},
		{pawl.Filter{Topic: news, Param: "id", Value: "order-1"}, []string{"order-1"}},
		{pawl.Filter{Topic: news, Param: "id", Value: "order-2"}, nil},
	} {
		var got []string
		for r, err := range b.of.Find(t.Context(), b.Engine.Engine, test.of) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Key())
		}
		same(t, test.want, got)
	}
}

func TestRunsCantBeFoundByWhatMakesNoSense(t *testing.T) {
	b := define(t, say("x"))
	for _, f := range []pawl.Filter{
		{In: "broken"}, {Params: map[string]any{"id": nil}}, {Params: map[string]any{"words": []string{"a"}}}, {Params: map[string]any{"": 1}},
		{Param: "id"}, {Topic: news, Value: "a"}, {Since: b.Engine.Now(), Until: b.Engine.Now()},
	} {
		for _, err := range b.of.Find(t.Context(), b.Engine.Engine, f) {
			if !errors.Is(err, pawl.ErrInvalid) {
				t.Errorf("%+v: got %v", f, err)
			}
		}
	}
}

func TestARunGoesOnWithoutAStepThatHasFailed(t *testing.T) {
	broken := pawl.Execute("broken", func(context.Context, *note) error { return errors.New("broken") })
	b := define(t, say("a"), broken, say("b"))
	r := b.start(note{ID: "a"})
	b.is(r, "error")
	for path, want := range map[string]error{"none": pawl.ErrNotFound, "a": pawl.ErrConflict} {
		if err := r.RetryWithout(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if err := r.RetryWithout(t.Context(), "broken"); err != nil {
		t.Fatal(err)
	}
	b.is(r, "success")
	if err := r.RetryWithout(t.Context(), "broken"); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("got %v", err)
	}
	steps, err := r.Steps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, s := range steps {
		states = append(states, s.Path+" "+s.State)
	}
	same(t, []string{"a success", "broken skipped", "b success"}, states)
	if n, _ := r.Params(t.Context()); len(n.Words) != 2 {
		t.Errorf("it said %v", n.Words)
	}
}

func TestADeletedRunIsGone(t *testing.T) {
	b := define(t, hear("l", news.By("id")))
	r := b.start(note{ID: "a"})
	if err := r.Delete(t.Context()); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("got %v", err)
	}
	b.tell("end", "a")
	b.start(note{ID: "a"}, pawl.Replace)
	b.tell("end", "a")
	if err := r.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.State(t.Context()); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	b.is(b.start(note{ID: "a"}, pawl.Reject), "running")
}

func TestProcessesThatAreNotThereCantBeKept(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("notes", "1", say("x")))
	for name, kept := range map[string]time.Duration{"notes": -1, "note": 1} {
		e, err := pawl.Open(t.Context(), pawl.Config{Project: "p", KeepRunsOf: map[string]time.Duration{name: kept}}, p)
		if err == nil || !strings.Contains(err.Error(), "KeepRunsOf") {
			t.Errorf("%s: got %v, %v", name, e, err)
		}
	}
	e, err := pawl.Open(t.Context(), pawl.Config{Project: "p", KeepRunsOf: map[string]time.Duration{"notes": time.Hour}}, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
