package pawl_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

// tally is what a memoised process is about.
type tally struct {
	N     int
	Rows  pawl.Value[[]int]
	Total int
	Note  string
}

// tallies returns a process of memoised steps, which notes what is called.
func tallies(version string, called *[]string) *pawl.Process[tally] {
	return pawl.Must(pawl.Define("tallies", version,
		pawl.Execute("load", func(ctx context.Context, p *tally) (err error) {
			*called = append(*called, "load"+p.Note)
			p.Rows, err = pawl.KeepValue(ctx, "rows", slices.Repeat([]int{1}, p.N))
			return err
		}).Memo(pawl.Memo{Version: "1", Inputs: []string{"N"}}),
		pawl.Execute("add", func(ctx context.Context, p *tally) error {
			*called = append(*called, "add"+p.Note)
			rows, err := p.Rows.Load(ctx)
			for _, n := range rows {
				p.Total += n
			}
			return err
		}).Memo(pawl.Memo{Inputs: []string{"Rows"}}),
		pawl.Execute("note", func(_ context.Context, p *tally) error {
			*called = append(*called, "note"+p.Note)
			p.Note += "!"
			return nil
		}).Memo(pawl.Memo{}),
	))
}

func TestAMemoisedStepIsCalledOnceForTheSame(t *testing.T) {
	t.Parallel()
	var called []string
	p := tallies("1", &called)
	rows := pawl.MemoryIO()
	e := pawltest.NewWith(t, pawl.Config{IO: map[string]pawl.IOManager{"": rows}}, p)
	tell := func(p *pawl.Process[tally], key string, given tally, want ...string) *pawl.Run[tally] {
		t.Helper()
		called = nil
		run, err := p.Start(t.Context(), e.Engine, key, given)
		if err != nil {
			t.Fatal(err)
		}
		got, err := run.Params(t.Context())
		if err != nil || got.Total != got.N || got.Note != given.Note+"!" || !slices.Equal(called, want) {
			t.Fatalf("run %s: called %q, want %q: %+v, %v", key, called, want, got, err)
		}
		return run
	}
	first := tell(p, "1", tally{N: 2}, "load", "add", "note")
	tell(p, "2", tally{N: 2})
	tell(p, "3", tally{N: 2, Total: 9, Note: "x"}, "notex") // no other parameters are seen
	again := tell(p, "4", tally{N: 3}, "load", "add", "note")

	// What is retried from a step on is called.
	called = nil
	if err := again.RetryFrom(t.Context(), "add"); err != nil {
		t.Fatal(err)
	}
	if got, err := again.Params(t.Context()); err != nil || got.Total != 3 || !slices.Contains(called, "add") || slices.Contains(called, "load") {
		t.Errorf("retried: called %q, %+v, %v", called, got, err)
	}

	// What fails is called again, memoised or not, if that is asked for; so is all of a run.
	called = nil
	if _, err := p.Start(t.Context(), e.Engine, "4", tally{N: 3}, pawl.Replace, pawl.RerunMemoised); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(called, []string{"load", "add", "note"}) {
		t.Errorf("started to call all: called %q", called)
	}

	// The version of a step outlives that of its process, and no others do.
	next := tallies("2", &called)
	e.Restart(p, next)
	tell(next, "5", tally{N: 2}, "add", "note")

	// What is deleted is gone.
	if err := first.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	tell(next, "6", tally{N: 2}, "load")
}

// A run that is retried calls what did not end well, and takes it from other runs only if
// nobody says otherwise.
func TestARetryCallsMemoisedStepsIfItIsToldTo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options []pawl.RetryOption
		want    []string
	}{
		{nil, nil},
		{[]pawl.RetryOption{pawl.TakeMemoised}, nil},
		{[]pawl.RetryOption{pawl.RerunMemoised}, []string{"add"}},
	} {
		var called []string
		broken := errors.New("broken")
		p := pawl.Must(pawl.Define("adds", "1",
			pawl.Execute("load", func(_ context.Context, p *tally) error {
				called = append(called, "load")
				return nil
			}).Memo(pawl.Memo{}),
			pawl.Execute("add", func(_ context.Context, p *tally) error {
				called = append(called, "add")
				p.Total = p.N
				return broken
			}).Memo(pawl.Memo{Inputs: []string{"N"}}),
		))
		e := pawltest.New(t, p)
		start := func(key string) *pawl.Run[tally] {
			t.Helper()
			r, err := p.Start(t.Context(), e.Engine, key, tally{N: 2})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		failed := start("1")
		broken = nil
		start("2") // makes what the first is to take
		called = nil
		if err := failed.Retry(t.Context(), test.options...); err != nil {
			t.Fatal(err)
		}
		if got, err := failed.Params(t.Context()); err != nil || got.Total != 2 || !slices.Equal(called, test.want) {
			t.Errorf("%v: called %q, want %q: %+v, %v", test.options, called, test.want, got, err)
		}
	}
}

func TestAnOutputThatIsGoneIsMadeAgain(t *testing.T) {
	t.Parallel()
	var called []string
	p := tallies("1", &called)
	e := pawltest.NewWith(t, pawl.Config{IO: map[string]pawl.IOManager{"": blind{pawl.MemoryIO()}}}, p)
	for _, key := range []string{"1", "2"} {
		if _, err := p.Start(t.Context(), e.Engine, key, tally{N: 2}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"load", "add", "note", "load"}; !slices.Equal(called, want) {
		t.Errorf("called %q, want %q", called, want)
	}
}

// blind is a manager that can't tell what it has.
type blind struct{ pawl.IOManager }

func TestMistakesOfMemoAreTold(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *tally) error { return nil }
	_, err := pawl.Define("p", "1",
		pawl.Execute("a", ok).Memo(pawl.Memo{Inputs: []string{"Row"}}),
		pawl.Execute("b", ok).Memo(pawl.Memo{}).Memo(pawl.Memo{}),
		pawl.Timer("c", pawl.In(1), ok).Memo(pawl.Memo{}),
	)
	for _, want := range []string{`step a: there is no parameter "Row"`, "step b: has Memo twice", "step c: Memo is for steps of Execute"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told: %v", want, err)
		}
	}
}
