package pawl_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pawlhq/pawl"
)

func TestAttemptsOfARunTellWhichRunsWhichAgain(t *testing.T) {
	tries := 0
	once := pawl.Execute("once", func(context.Context, *note) error {
		if tries++; tries == 1 {
			return errors.New("broken")
		}
		return nil
	})
	b := define(t, say("a"), once, say("b"))
	r := b.start(note{ID: "a"}, pawl.Tags{"team": "search"})
	b.is(r, "error")
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.is(r, "success")
	b.is(b.start(note{ID: "a"}, pawl.Replace), "success")
	list, err := r.Attempts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		id, parent, root int64
		state            pawl.State
	}
	var got []line
	for _, a := range list {
		if a.Created.IsZero() || a.Ended.IsZero() {
			t.Errorf("no times: %+v", a)
		}
		got = append(got, line{a.ID, a.Parent, a.Root, a.State})
	}
	first := list[0].ID
	want := []line{
		{first, 0, 0, pawl.Failed}, {list[1].ID, first, first, pawl.Succeeded}, {list[2].ID, list[1].ID, first, pawl.Succeeded},
	}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := b.of.Run(b.Engine.Engine, "none").Attempts(t.Context()); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
}

func TestStepsOfARunAreRunAgainAlone(t *testing.T) {
	ran := make(map[string]int)
	step := func(name string, err error) pawl.Step[note] {
		return pawl.Execute(name, func(context.Context, *note) error {
			ran[name]++
			return err
		})
	}
	b := define(t, step("a-1", nil), step("b", nil), step("a-2", nil), step("broken", errors.New("broken")), step("last", nil))
	r := b.start(note{ID: "a"})
	b.is(r, "error")
	for pattern, want := range map[string]error{"x-*": pawl.ErrNotFound, "a-[": pawl.ErrInvalid} {
		if err := r.RetrySteps(t.Context(), pattern); !errors.Is(err, want) {
			t.Errorf("%s: got %v", pattern, err)
		}
	}
	if err := r.RetrySteps(t.Context()); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("no steps: got %v", err)
	}
	if err := r.RetrySteps(t.Context(), "a-*"); err != nil {
		t.Fatal(err)
	}
	b.is(r, "success")
	for name, want := range map[string]int{"a-1": 2, "b": 1, "a-2": 2, "broken": 1, "last": 0} {
		if ran[name] != want {
			t.Errorf("%s ran %d times, not %d", name, ran[name], want)
		}
	}
}
