package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

// Whatever comes after its end, a run stays as it is.
func TestWhatIsOverStaysAsItIs(t *testing.T) {
	listeners := func() pawl.Step[note] {
		return pawl.Parallel("p", pawl.All, hear("l", news.By("id").Late(pawl.Handle)), hear("m", news.By("other").Early(pawl.Jump)),
			pawl.Timer("t", pawl.In(time.Hour), func(context.Context, *note) error { return nil }))
	}
	for name, tt := range map[string]struct {
		steps []pawl.Step[note]
		end   func(b *bench, r *pawl.Run[note])
		state pawl.State
	}{
		"well":      {[]pawl.Step[note]{listeners().Deadline(pawl.In(time.Minute), pawl.Skip)}, func(b *bench, _ *pawl.Run[note]) { b.Advance(time.Minute) }, "success"},
		"a failure": {[]pawl.Step[note]{listeners().Deadline(pawl.In(time.Minute), pawl.Fail)}, func(b *bench, _ *pawl.Run[note]) { b.Advance(time.Minute) }, "error"},
		"stopped":   {[]pawl.Step[note]{listeners()}, func(b *bench, r *pawl.Run[note]) { _ = r.Stop(b.Context()) }, "killed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, tt.steps...)
			r := b.start(note{ID: "a", Other: "x"})
			tt.end(b, r)
			b.is(r, tt.state)
			before, _ := r.Steps(t.Context())
			same(t, "early 0", b.tell("end", "a"))
			b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": "x"}, Body: "end"})
			b.Advance(2 * time.Hour)
			after, _ := r.Steps(t.Context())
			same(t, before, after)
			b.is(r, tt.state)
			b.said(r, "")
		})
	}
}

// Stopping what is stopped changes nothing.
func TestStopIsRecursiveAndMayBeRepeated(t *testing.T) {
	b := define(t, pawl.Sequence("s", pawl.Parallel("p", pawl.All,
		pawl.Sequence("deep", say("x"), hear("l", news.By("id"))),
		pawl.Timer("t", pawl.In(time.Hour), func(context.Context, *note) error { return nil }))), say("after"))
	r := b.start(note{ID: "a"})
	for range 2 {
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	b.states(r, "s cancelled", "s/p cancelled", "s/p/deep cancelled", "s/p/deep/x success", "s/p/deep/l cancelled", "s/p/t cancelled", "after not_reached")
}

// The id of what a retry of a run does again is that of before: whoever was asked
// and did it, but could not say so, tells the repetition. What had ended well and is
// done once more has another.
func TestARetryOfARunKeepsTheIDs(t *testing.T) {
	ids := map[string][]string{}
	fail := map[string]int{"pay": 3, "note": 1}
	step := func(name string) pawl.Step[note] {
		return pawl.Execute(name, func(ctx context.Context, _ *note) error {
			ids[name] = append(ids[name], pawl.ID(ctx))
			if fail[name]--; fail[name] >= 0 {
				return errors.New("the answer was lost")
			}
			return nil
		})
	}
	b := define(t, step("first"), pawl.Sequence("group", step("note"), step("pay")).Retry(1, 0), step("next"))
	r := b.start(note{ID: "a"})
	for range 2 {
		if err := r.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.is(r, pawl.Succeeded)
	if err := r.RetryFrom(t.Context(), "next"); err != nil {
		t.Fatal(err)
	}
	distinct := func(name string) (places []int) {
		for _, id := range ids[name] {
			places = append(places, slices.Index(ids[name], id))
		}
		return places
	}
	same(t, map[string][]int{
		"first": {0},
		"note":  {0, 1},       // in two rounds of the group
		"pay":   {0, 0, 2, 2}, // the run was retried after each of two rounds
		"next":  {0, 1},
	}, map[string][]int{"first": distinct("first"), "note": distinct("note"), "pay": distinct("pay"), "next": distinct("next")})
}

// What was reached and has not ended tells others of a stop, from within.
func TestAStopRunsWhatItIsToRun(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All,
		say("done").OnStop(say("never")),
		hear("l", news.By("id")).OnStop(pawl.Sequence("undo", say("u"), hear("m", news.By("other")))),
	).OnStop(say("whole")), say("not reached").OnStop(say("never, too")))
	r := b.start(note{ID: "a", Other: "x"})
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.said(r, "done u")
	b.is(r, "running")
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": "x"}, Body: "end"})
	b.said(r, "done u m:end whole")
	b.is(r, "killed")
	b.states(r, "p cancelled", "p/done success", "p/l cancelled", "not reached not_reached",
		"p/l/on stop/undo success", "p/l/on stop/undo/u success", "p/l/on stop/undo/m success", "p/on stop/whole success")
}

// What has ended well tells others, and that changes nothing else.
func TestASuccessRunsWhatItIsToRun(t *testing.T) {
	b := define(t, pawl.Sequence("s",
		say("a").OnSuccess(fails("told", 9)),
		pawl.Decide("way", func(context.Context, *note) (string, error) { return "x", nil }, say("x").OnSuccess(say("chosen")), say("y").OnSuccess(say("never"))),
		fails("b", 9).Optional().OnSuccess(say("never, too")),
		pawl.Parallel("p", pawl.All, say("c").OnSuccess(say("d"))),
	).OnSuccess(say("whole")), say("end"))
	r := b.start(note{ID: "a"})
	b.is(r, "success")
	b.states(r, "s success", "s/a success", "s/way success", "s/way/x success", "s/way/y skipped",
		"s/way/x/on success/chosen success", "s/way/y/on success/never not_reached", "s/b failed", "s/p success", "s/p/c success",
		"s/p/c/on success/d success", "s/a/on success/told failed", "s/b/on success/never, too not_reached",
		"end success", "s/on success/whole success")
}

// Where the first ends the others, it is the one that tells others, beside what comes
// after; whether that fails changes nothing.
func TestTheFirstOfSeveralRunsWhatItIsToRun(t *testing.T) {
	for join, loser := range map[pawl.Join][]string{
		pawl.Any:      {"s/p/l cancelled", "s/p/l/on success/late not_reached"},
		pawl.AnyLeave: {"s/p/l success", "s/p/l/on success/late success"},
	} {
		t.Run(fmt.Sprint(join), func(t *testing.T) {
			b := define(t, pawl.Sequence("s",
				pawl.Parallel("p", join,
					hear("l", news.By("id")).OnSuccess(say("late")),
					fails("f", 9).OnSuccess(say("never")),
					say("first").OnSuccess(pawl.Sequence("told", hear("m", news.By("other")), fails("no", 9))),
				).OnSuccess(say("whole")), say("next")), hear("last", news.By("id")))
			r := b.start(note{ID: "a", Other: "x"})
			b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": "x"}, Body: "end"})
			b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": "a"}, Body: "end"})
			b.is(r, "success")
			b.states(r, "s success", "s/p success", loser[0], "s/p/f failed", "s/p/first success", loser[1], "s/p/f/on success/never not_reached",
				"s/p/first/on success/told failed", "s/p/first/on success/told/m success", "s/p/first/on success/told/no failed",
				"s/next success", "s/p/on success/whole success", "last success")
		})
	}
}

// Who asks for another run after a failure gives each step its retries anew; what has
// only been cut off keeps its counts.
func TestARunThatIsRetriedCountsItsRetriesAnew(t *testing.T) {
	b := define(t, fails("x", 9).Retry(1, time.Minute))
	r := b.start(note{ID: "a"})
	b.Restart(b.of)
	r = b.of.Run(b.Engine.Engine, r.Key())
	b.Advance(time.Minute)
	b.is(r, "error")
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.is(r, "running")
	b.Advance(time.Minute)
	b.is(r, "error")
	same(t, []string{"x", "x"}, b.Ran("notes", "a"))
}

// What must not be repeated before somebody has looked waits for that.
func TestWhatWasLostMayBeHeld(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "pawl.db")
	called := make(chan string, 4)
	lives := 1
	call := func(ctx context.Context, n *note, name string) error {
		called <- name
		if lives == 1 {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	}
	p := pawl.Must(pawl.Define("notes", "1", pawl.Parallel("p", pawl.All,
		pawl.Execute("pay", func(ctx context.Context, n *note) error { return call(ctx, n, "pay") }).HoldWhenLost(),
		pawl.Decide("way", func(ctx context.Context, n *note) (string, error) { return "x", call(ctx, n, "way") }, say("x")).HoldWhenLost(),
		pawl.Listen("l", news.By("id"), func(ctx context.Context, n *note, _ string) (bool, error) { return true, call(ctx, n, "l") }).HoldWhenLost(),
	)))
	first := open(t, quiet(database), p)
	if _, err := p.Start(t.Context(), first, "a", note{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	send(t, first, "a", "end")
	for range 3 {
		<-called
	}
	closed(t, first)

	lives++
	db := &shared{connect(t, database), make(chan struct{}, 1)}
	e := db.engine(t, p)
	defer closed(t, e)
	r := p.Run(e, "a")
	if err := r.Resume(t.Context(), "nothing"); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{"p/pay", "p/way", "p/l"} {
		var err error
		db.until(t, "the loss is stored", func() bool {
			err = r.Resume(t.Context(), path)
			return !errors.Is(err, pawl.ErrConflict)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(called); got != 3 {
		t.Errorf("%d functions were called again", got)
	}
	if err := r.Resume(t.Context(), "p/pay"); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// What each step has changed is kept.
func TestStepsTellWhatTheyHaveChanged(t *testing.T) {
	b := define(t, say("one"), pawl.Execute("two", func(_ context.Context, n *note) error { n.Count = 7; return nil }), fails("three", 1))
	steps, err := b.start(note{ID: "a"}).Steps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, s.Path+" "+string(s.Changed))
	}
	same(t, []string{`one {"words":["one"]}`, `two {"count":7}`, "three "}, got)
}

// A step can be passed over while it waits, before it is reached, and where it has
// failed and others go on.
func TestAStepCanBeSkipped(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All, pawl.Sequence("s", fails("bad", 1), say("x")), hear("l", news.By("id"))), say("y"), say("z"))
	r := b.start(note{ID: "a"})
	for path, want := range map[string]error{"p/s/bad": pawl.ErrConflict, "nothing": pawl.ErrNotFound} {
		if err := r.Skip(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	for _, path := range []string{"p/s", "y", "p/l"} {
		if err := r.Skip(t.Context(), path); err != nil {
			t.Error(err)
		}
	}
	b.said(r, "z")
	b.is(r, pawl.Succeeded)
	if err := r.Skip(t.Context(), "z"); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// What only an earlier round of a group has run is not shown.
func TestStepsAreThoseOfTheNewestRound(t *testing.T) {
	tries := 0
	b := define(t, pawl.Sequence("g", pawl.Execute("x", func(context.Context, *note) error {
		if tries++; tries == 1 {
			return errors.New("first")
		}
		return nil
	}).OnFailure(say("undo")), say("y")).Retry(1, 0), say("z"))
	b.states(b.start(note{ID: "a"}), "g success", "g/x success", "g/y success", "z success")
}

func TestStepsSayWhatTheyWaitFor(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All,
		hear("message", news.By("id", "other")), hear("nothing", news.By("other")), fails("again", 1).Retry(1, time.Minute),
		pawl.Timer("time", pawl.In(time.Hour), func(context.Context, *note) error { return nil })))
	steps, err := b.start(note{ID: "a"}).Steps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range steps {
		got[s.Path] = s.Reason
	}
	same(t, map[string]string{
		"p": "", "p/message": `a message on news with id="a"`, "p/nothing": "a value of the parameters that it listens by",
		"p/again": "it has failed and is tried again", "p/time": "its time",
	}, got)
}

// Those of all pages are found, of each key the newest.
func TestManyRunsAreListed(t *testing.T) {
	b := define(t, hear("l", news.By("id")), fails("x", 1).Optional())
	for i := range 250 {
		b.start(note{ID: fmt.Sprint(i)})
	}
	b.tell("end", "7")
	b.tell("bad", "9")
	for range 2 {
		if err := b.of.Run(b.Engine.Engine, "8").Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.of.Run(b.Engine.Engine, "8").Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	list := func(in pawl.State) (keys []string) {
		for r, err := range b.of.Find(t.Context(), b.Engine.Engine, pawl.Filter{In: in}) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, r.Key())
		}
		return keys
	}
	all := list("")
	same(t, []string{"8", "249", "248"}, all[:3])
	same(t, []int{250, 248}, []int{len(all), len(list(pawl.Running))})
	same(t, [][]string{{"7"}, {"9"}, nil}, [][]string{list(pawl.Succeeded), list(pawl.Failed), list(pawl.Stopped)})
}

// What a step could not handle can be given to it again, once it can.
func TestDeadLettersAreListedAndSentAgain(t *testing.T) {
	broken := true
	b := define(t, pawl.Listen("l", news.By("id").Bury(), func(_ context.Context, n *note, word string) (bool, error) {
		if broken {
			return false, errors.New("broken")
		}
		n.Words = append(n.Words, word)
		return word == "end", nil
	}))
	r := b.start(note{ID: "a"})
	b.tell("one", "a")
	b.tell("two", "a")
	letters := func(topic pawl.Topic) (list []pawl.Letter) {
		for l, err := range b.Letters(t.Context(), topic) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, l)
		}
		return list
	}
	dead := letters(news)
	if len(dead) != 2 || string(dead[0].Body) != `"one"` || dead[0].Topic != news || dead[0].Reason != "broken" || dead[0].Process != "notes" || dead[0].Key != "a" || !dead[0].At.Equal(pawltest.Start) {
		t.Fatalf("got %+v", dead)
	}
	same(t, map[string][]any{"id": {"a"}}, dead[0].Keys)
	if err := b.Forget(t.Context(), dead[1].ID); err != nil || len(letters("")) != 1 || len(letters("other")) != 0 {
		t.Errorf("got %v, %+v", err, letters(""))
	}
	broken = false
	d, err := b.Resend(t.Context(), dead[0].ID)
	same(t, pawl.Delivery{Outcome: "taken", Steps: 1}, d)
	if err != nil || len(letters("")) != 0 {
		t.Errorf("got %v, %+v", err, letters(""))
	}
	b.said(r, "one")
	if d, err := b.Resend(t.Context(), dead[0].ID); err != nil || d.Steps != 0 {
		t.Errorf("again: %+v, %v", d, err)
	}
}
