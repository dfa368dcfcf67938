package pawl_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

// note is what the processes of these tests are about.
type note struct {
	ID    string         `json:"id"`
	Other string         `json:"other,omitempty"`
	Words []string       `json:"words"`
	Count int            `json:"count"`
	At    time.Time      `json:"at,omitzero"`
	Every float64        `json:"every,omitempty"`
	Bag   map[string]int `json:"bag,omitempty"`
}

const news pawl.Topic = "news"

// say returns a step that adds its name to the words.
func say(name string) pawl.Step[note] {
	return pawl.Execute(name, func(_ context.Context, n *note) error {
		n.Words = append(n.Words, name)
		return nil
	})
}

// fails returns a step that fails so many times.
func fails(name string, times int) pawl.Step[note] {
	return pawl.Execute(name, func(ctx context.Context, n *note) error {
		if pawl.Retries(ctx) < times {
			n.Words = append(n.Words, "lost")
			return fmt.Errorf("%s failed", name)
		}
		n.Words = append(n.Words, name)
		return nil
	})
}

// hear returns a listener that notes what it hears, and is done with "end".
func hear(name string, to pawl.Subscription) pawl.Step[note] {
	return pawl.Listen(name, to, func(_ context.Context, n *note, word string) (bool, error) {
		if word == "bad" {
			return false, errors.New("a bad word")
		}
		n.Words = append(n.Words, name+":"+word)
		return word == "end", nil
	})
}

// bench is a process at work.
type bench struct {
	*testing.T
	*pawltest.Engine
	of *pawl.Process[note]
}

// define returns a process of steps at work.
func define(t *testing.T, steps ...pawl.Step[note]) *bench {
	t.Helper()
	t.Parallel()
	p, err := pawl.Define("notes", "1", steps...)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, pawltest.New(t, p), p}
}

// start starts a run about a note.
func (b *bench) start(n note, options ...pawl.StartOption) *pawl.Run[note] {
	b.Helper()
	r, err := b.of.Start(b.Context(), b.Engine.Engine, n.ID, n, options...)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// tell delivers a word to whom it may concern.
func (b *bench) tell(word, id string) string {
	b.Helper()
	d := b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": id}, Body: word})
	return fmt.Sprint(d.Outcome, " ", d.Steps)
}

// said checks the words of a run.
func (b *bench) said(r *pawl.Run[note], words string) {
	b.Helper()
	n, err := r.Params(b.Context())
	if got := strings.Join(n.Words, " "); err != nil || got != words {
		b.Errorf("at %v, run %s said %q (%v), want %q", b.Now().Sub(pawltest.Start), r.Key(), got, err, words)
	}
}

// is checks where a run stands.
func (b *bench) is(r *pawl.Run[note], state pawl.State) {
	b.Helper()
	if got, err := r.State(b.Context()); err != nil || got != state {
		b.Errorf("at %v, run %s is %s (%v), want %s", b.Now().Sub(pawltest.Start), r.Key(), got, err, state)
	}
}

// states checks the states of steps, as "path state".
func (b *bench) states(r *pawl.Run[note], want ...string) {
	b.Helper()
	steps, err := r.Steps(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, s.Path+" "+s.State)
	}
	same(b.T, want, got)
}

func TestExecuteChangesParametersOnceItHasEndedWell(t *testing.T) {
	b := define(t, say("one"), fails("two", 2).Retry(2, time.Minute), say("three"))
	r := b.start(note{ID: "a", Bag: map[string]int{"x": 1}})
	b.said(r, "one")
	b.Advance(time.Minute)
	b.said(r, "one")
	b.Advance(time.Minute)
	b.said(r, "one two three")
	b.is(r, "success")
	same(t, []string{"one", "two", "two", "two", "three"}, b.Ran("notes", "a"))
}

func TestRetryDoublesItsWait(t *testing.T) {
	b := define(t, fails("x", 4).RetryDoubling(4, time.Second, 3*time.Second))
	r := b.start(note{ID: "a"})
	b.Advance(time.Second + 2*time.Second + 3*time.Second + 2*time.Second)
	b.is(r, "running")
	b.Advance(time.Second)
	b.said(r, "x")
}

func TestAFailureEndsTheRunWithItsText(t *testing.T) {
	b := define(t, pawl.Sequence("all", say("one"), fails("two", 1), say("three")), say("four"))
	r := b.start(note{ID: "a"})
	b.states(r, "all failed", "all/one success", "all/two failed", "all/three not_reached", "four not_reached")
	err := r.Wait(t.Context())
	if want := `run "a" of notes failed at all/two: two failed`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAnOptionalFailureIsALabel(t *testing.T) {
	b := define(t, fails("one", 1).Optional(), pawl.Sequence("group", fails("two", 1), say("three")).Optional(), say("four"))
	r := b.start(note{ID: "a"})
	b.said(r, "four")
	b.is(r, "success")
	b.states(r, "one failed", "group failed", "group/two failed", "group/three not_reached", "four success")
}

func TestAPermanentFailureIsNotTriedAgain(t *testing.T) {
	why := errors.New("why")
	b := define(t, pawl.Execute("x", func(context.Context, *note) error { return pawl.Permanent(why) }).Retry(9, time.Second))
	r := b.start(note{ID: "a"})
	b.is(r, "error")
	if !errors.Is(pawl.Permanent(why), why) || pawl.Permanent(nil) != nil {
		t.Error("Permanent hides what it is made of")
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	b := define(t, pawl.Execute("x", func(context.Context, *note) error { panic("no") }))
	if err := b.start(note{ID: "a"}).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("got %v", err)
	}
}

func TestErrStopEndsTheProcessWell(t *testing.T) {
	b := define(t, pawl.Sequence("group", pawl.Execute("x", func(_ context.Context, n *note) error {
		n.Words = append(n.Words, "x")
		return pawl.ErrStop
	}), say("y")), say("z"))
	r := b.start(note{ID: "a"})
	b.said(r, "x")
	b.is(r, "success")
}

func TestGroupsAreRetriedAsAWhole(t *testing.T) {
	var runs int
	b := define(t, pawl.Sequence("group", say("one"), pawl.Execute("two", func(context.Context, *note) error {
		if runs++; runs < 2 {
			return errors.New("not yet")
		}
		return nil
	})).Retry(1, time.Minute))
	r := b.start(note{ID: "a"})
	b.Advance(time.Minute)
	b.said(r, "one one")
	b.is(r, "success")
}

func TestCommandSendsOnlyWhatCounts(t *testing.T) {
	b := define(t, pawl.Command("send", "out", func(ctx context.Context, n *note) ([]pawl.Record, error) {
		list := []pawl.Record{{Key: n.ID, Value: n.Count}, {Topic: "else", Value: "x", Headers: map[string]string{"id": pawl.ID(ctx)}}}
		if pawl.Retries(ctx) == 0 {
			return list, errors.New("first")
		}
		return list, nil
	}).Retry(1, time.Minute))
	b.start(note{ID: "a", Count: 7})
	if sent := b.Sent("out"); len(sent) != 0 {
		t.Fatalf("a failure sent %v", sent)
	}
	b.Advance(time.Minute)
	same(t, []pawl.Record{{Topic: "out", Key: "a", Value: json.RawMessage("7")}}, b.Sent("out"))
	if other := b.Sent("else"); len(other) != 1 || !strings.HasSuffix(other[0].Headers["id"], "/1/1") {
		t.Errorf("sent %v", other)
	}
}

func TestListenGathersUntilItIsDone(t *testing.T) {
	b := define(t, hear("l", news.By("id")), say("after"))
	r := b.start(note{ID: "a"})
	b.tell("x", "b")
	same(t, "taken 1", b.tell("y", "a"))
	b.said(r, "l:y")
	b.tell("end", "a")
	b.said(r, "l:y l:end after")
	same(t, "early 0", b.tell("late", "a"))
}

func TestEarlyMessagesAreKeptInOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		to                  pawl.Subscription
		before, start, then string
	}{
		"before the step": {news.By("id"), "early 0", "taken 1", "first l:0 l:1 l:end"},
		"unclaimed":       {news.By("id").Early(pawl.Unclaimed), "early 0", "early 0", "first l:0 l:1 l:end"},
		"jump":            {news.By("id").Early(pawl.Jump), "early 0", "taken 1", "l:0 l:1 l:end"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, pawl.Timer("first", pawl.In(time.Hour), func(_ context.Context, n *note) error {
				n.Words = append(n.Words, "first")
				return nil
			}), hear("l", tt.to))
			same(t, tt.before, b.tell("0", "a"))
			r := b.start(note{ID: "a"})
			same(t, tt.start, b.tell("1", "a"))
			b.Advance(time.Hour)
			b.tell("end", "a")
			b.said(r, tt.then)
			b.is(r, "success")
		})
	}
}

func TestAJumpSkipsWhatComesBefore(t *testing.T) {
	b := define(t,
		pawl.Sequence("first", hear("never", news.By("other")), say("x")),
		pawl.Sequence("second", say("y"), hear("l", news.By("id").Early(pawl.Jump)), say("z")))
	r := b.start(note{ID: "a"})
	b.tell("end", "a")
	b.said(r, "l:end z")
	b.states(r, "first skipped", "first/never cancelled", "first/x not_reached",
		"second success", "second/y skipped", "second/l success", "second/z success")
}

func TestOneGivesAMessageToWhoHasWaitedLongest(t *testing.T) {
	b := define(t, hear("l", news.By("other").One()))
	first := b.start(note{ID: "a", Other: "x"})
	b.Advance(time.Second)
	second := b.start(note{ID: "b", Other: "x"})
	tell := func() {
		b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": "x"}, Body: "end"})
	}
	tell()
	b.is(first, "success")
	b.is(second, "running")
	tell()
	b.is(second, "success")
}

func TestAMessageMayBeAboutMany(t *testing.T) {
	b := define(t, hear("l", news.By("id", "other")))
	one, two := b.start(note{ID: "a", Other: "b"}), b.start(note{ID: "b"})
	d := b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": []string{"a", "b", "c"}, "other": "b"}, Body: "x"})
	same(t, pawl.Delivery{Outcome: "taken", Steps: 2}, d)
	b.said(one, "l:x")
	b.said(two, "l:x")
}

func TestASubscriptionMovesWithItsParameter(t *testing.T) {
	b := define(t, pawl.Parallel("both", pawl.All,
		hear("l", news.By("other")),
		pawl.Timer("rename", pawl.In(time.Hour), func(_ context.Context, n *note) error {
			n.Other = "new"
			return nil
		})))
	r := b.start(note{ID: "a"}) // without a value, nothing matches
	tell := func(other string) string {
		return b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": other}, Body: other}).Outcome
	}
	same(t, "early", tell(""))
	same(t, "early", tell("new"))
	b.Advance(time.Hour)
	b.said(r, "l:new")
	if err := r.Edit(t.Context(), func(n *note) { n.Other = "newest" }); err != nil {
		t.Fatal(err)
	}
	same(t, "early", tell("new"))
	same(t, "taken", tell("newest"))
	b.said(r, "l:new l:newest")
}

func TestADuplicateChangesNothing(t *testing.T) {
	b := define(t, hear("l", news.By("id")))
	r := b.start(note{ID: "a"})
	m := pawl.Message{Topic: news, ID: "m", Keys: map[string]any{"id": "a"}, Body: "x"}
	b.Deliver(m)
	same(t, "duplicate", b.Deliver(m).Outcome)
	b.said(r, "l:x")
}

func TestLateMessages(t *testing.T) {
	for name, tt := range map[string]struct {
		late pawl.Late
		want string
	}{
		"are handled":          {pawl.Handle, "l:end after more l:again"},
		"run what comes after": {pawl.Downstream, "l:end after more l:again after"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, hear("l", news.By("id").Late(tt.late)), say("after").Rerun(), say("more"), hear("rest", news.By("other")))
			r := b.start(note{ID: "a"})
			b.tell("end", "a")
			same(t, "taken 1", b.tell("again", "a"))
			b.said(r, tt.want)
			b.is(r, "running")
		})
	}
}

func TestABadMessage(t *testing.T) {
	t.Run("fails the step", func(t *testing.T) {
		b := define(t, hear("l", news.By("id")).Retry(1, time.Minute))
		r := b.start(note{ID: "a"})
		b.tell("bad", "a")
		b.is(r, "running")
		b.Advance(time.Minute)
		b.is(r, "error")
	})
	t.Run("is buried", func(t *testing.T) {
		b := define(t, hear("l", news.By("id").Bury()).Retry(1, time.Minute))
		r := b.start(note{ID: "a"})
		b.tell("bad", "a")
		b.tell("end", "a")
		b.said(r, "") // it comes after the bad one
		b.Advance(time.Minute)
		b.said(r, "l:end")
	})
	t.Run("of another type is a dead letter at once", func(t *testing.T) {
		b := define(t, hear("l", news.By("id")).Retry(9, time.Minute))
		r := b.start(note{ID: "a"})
		b.tell("one", "a")
		b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": "a"}, Body: 17})
		b.tell("end", "a")
		b.said(r, "l:one l:end")
		for l, err := range b.Letters(t.Context(), news) {
			if err != nil || string(l.Body) != "17" || !strings.Contains(l.Reason, "the message on news can't be read as string") {
				t.Errorf("got %+v, %v", l, err)
			}
		}
	})
}

func TestADeadlineEndsAWait(t *testing.T) {
	for then, want := range map[pawl.Effect][2]string{pawl.Fail: {"error", ""}, pawl.Skip: {"success", "after"}} {
		t.Run(want[0], func(t *testing.T) {
			b := define(t, hear("l", news.By("id")).Deadline(pawl.In(time.Hour), then), say("after"))
			r := b.start(note{ID: "a"})
			b.Advance(time.Hour - 1)
			b.is(r, "running")
			b.Advance(time.Hour)
			b.is(r, pawl.State(want[0]))
			b.said(r, want[1])
			same(t, "early 0", b.tell("end", "a"))
		})
	}
}

func TestDecideRunsOneStep(t *testing.T) {
	for chosen, want := range map[string]string{"left": "left after", "right": "deep after", "": "after"} {
		t.Run(want, func(t *testing.T) {
			b := define(t, pawl.Decide("way", func(_ context.Context, n *note) (string, error) { return n.Other, nil },
				say("left"), pawl.Sequence("right", say("deep"))), say("after"))
			r := b.start(note{ID: "a", Other: chosen})
			b.said(r, want)
			b.is(r, "success")
		})
	}
}

func TestADecisionForNothingThereIsFails(t *testing.T) {
	b := define(t, pawl.Decide("way", func(context.Context, *note) (string, error) { return "up", nil }, say("left"), say("right")))
	r := b.start(note{ID: "a"})
	want := `run "a" of notes failed at way: the decision is "up", which is none of its steps: "left", "right"`
	if err := r.Wait(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTimersWaitForTheirTime(t *testing.T) {
	for name, tt := range map[string]struct {
		when pawl.When
		at   time.Time
		wait time.Duration
	}{
		"a while":                     {pawl.In(time.Hour), time.Time{}, time.Hour},
		"a parameter":                 {pawl.At("at"), pawltest.Start.Add(2 * time.Hour), 2 * time.Hour},
		"a parameter that has passed": {pawl.At("at"), pawltest.Start.Add(-time.Hour), 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, pawl.Timer("tick", tt.when, func(_ context.Context, n *note) error {
				n.Words = append(n.Words, "tick")
				return nil
			}), say("after"))
			r := b.start(note{ID: "a", At: tt.at})
			if tt.wait > 0 {
				b.Advance(tt.wait - time.Millisecond)
				b.said(r, "")
				b.Advance(time.Millisecond)
			}
			b.said(r, "tick after")
		})
	}
}

func TestEveryCallsUntilItIsDone(t *testing.T) {
	poll := func(_ context.Context, n *note) (bool, error) {
		n.Count++
		return n.Count == 3, nil
	}
	for name, tt := range map[string]struct {
		each  pawl.Interval
		after [5]int
		end   string
	}{
		"at once":        {pawl.Interval{Period: time.Minute}, [5]int{1, 2, 3, 3, 3}, "success"},
		"from a time on": {pawl.Interval{Period: time.Minute, From: pawl.At("at")}, [5]int{0, 0, 1, 2, 3}, "success"},
		"at most until":  {pawl.Interval{Period: time.Minute, Until: pawl.In(90 * time.Second)}, [5]int{1, 2, 2, 2, 2}, "skipped"},
		"a parameter":    {pawl.Interval{PeriodParam: "every"}, [5]int{1, 1, 2, 2, 3}, "success"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, pawl.Every("poll", tt.each, poll), say("after"))
			r := b.start(note{ID: "a", At: pawltest.Start.Add(2 * time.Minute), Every: 120})
			for minute, want := range tt.after {
				if n, _ := r.Params(t.Context()); n.Count != want {
					t.Errorf("%d calls after %d minutes, want %d", n.Count, minute, want)
				}
				b.Advance(time.Minute)
			}
			b.said(r, "after")
			b.states(r, "poll "+tt.end, "after success")
		})
	}
}

func TestAMonitorTellsOnceThatAGroupIsLate(t *testing.T) {
	for name, late := range map[string]bool{"late": true, "in time": false} {
		t.Run(name, func(t *testing.T) {
			b := define(t, pawl.Sequence("work", hear("l", news.By("id")), say("x")).
				Deadline(pawl.At("at"), pawl.Continue).OnDeadline(say("alarm")))
			r := b.start(note{ID: "a", At: pawltest.Start.Add(time.Hour)})
			want := "l:end x"
			if late {
				b.Advance(time.Hour)
				want = "alarm l:end x"
			}
			b.tell("end", "a")
			b.Advance(2 * time.Hour)
			b.said(r, want)
			b.is(r, "success")
		})
	}
}

func TestADeadlineOfAGroupSkipsWhatIsInIt(t *testing.T) {
	b := define(t, pawl.Sequence("work", hear("l", news.By("id")), say("x")).Deadline(pawl.In(time.Hour), pawl.Skip), say("next"))
	r := b.start(note{ID: "a"})
	b.Advance(time.Hour)
	b.said(r, "next")
	b.is(r, "success")
}

func TestADeadlineThatIsNotSetIsNone(t *testing.T) {
	b := define(t, hear("l", news.By("id")).Deadline(pawl.At("at"), pawl.Fail))
	r := b.start(note{ID: "a"})
	b.Advance(1000 * time.Hour)
	b.is(r, "running")
}

func TestParallel(t *testing.T) {
	waiting := hear("l", news.By("id"))
	count := pawl.Execute("count", func(_ context.Context, n *note) error {
		n.Count++
		return nil
	})
	for name, tt := range map[string]struct {
		step       pawl.Step[note]
		first, end string
	}{
		"all wait for all":             {pawl.Parallel("p", pawl.All, say("x"), waiting), "x", "x l:end after"},
		"the first ends the others":    {pawl.Parallel("p", pawl.Any, waiting, say("x")), "x after", "x after"},
		"the first leaves the others":  {pawl.Parallel("p", pawl.AnyLeave, waiting, say("x")), "x after", "x after l:end"},
		"one that fails does not win":  {pawl.Parallel("p", pawl.Any, waiting, fails("x", 1)), "", "l:end after"},
		"groups are side by side, too": {pawl.Parallel("p", pawl.All, pawl.Sequence("s", say("x"), waiting), count), "x", "x l:end after"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, tt.step, say("after"))
			r := b.start(note{ID: "a"})
			b.said(r, tt.first)
			b.tell("end", "a")
			b.said(r, tt.end)
			b.is(r, "success")
		})
	}
}

func TestAParallelThatHasAFailureFails(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All, fails("x", 1), hear("l", news.By("id"))), say("after"))
	r := b.start(note{ID: "a"})
	b.is(r, "running") // the other goes on
	b.tell("end", "a")
	b.is(r, "error")
	b.said(r, "l:end")
}

func TestStepsAreChosenForEachRun(t *testing.T) {
	b := define(t, say("one"), pawl.Dynamic("extras", say("wrap"), pawl.Sequence("card", say("write"), hear("l", news.By("id")))), say("two"))
	plain, rich := b.start(note{ID: "a"}), b.start(note{ID: "b"}, pawl.With("extras", "wrap", "card", "wrap"))
	b.said(plain, "one two")
	b.said(rich, "one wrap write")
	b.Restart(b.of) // what was chosen is part of the run
	b.tell("end", "b")
	rich = b.of.Run(b.Engine.Engine, "b")
	b.said(rich, "one wrap write l:end wrap two")
	b.states(rich, "one success", "extras success", "extras/wrap success", "extras/card success",
		"extras/card/write success", "extras/card/l success", "extras/wrap #2 success", "two success")
	for _, bad := range []pawl.StartOption{pawl.With("extras", "bow"), pawl.With("other", "wrap")} {
		if _, err := b.of.Start(t.Context(), b.Engine.Engine, "c", note{}, bad); !errors.Is(err, pawl.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAHookOnFailureSeesWhy(t *testing.T) {
	b := define(t, pawl.Sequence("work", say("x"), fails("y", 1)).OnFailure(pawl.Execute("undo", func(ctx context.Context, n *note) error {
		n.Words = append(n.Words, "because "+pawl.Failure(ctx))
		return nil
	})))
	r := b.start(note{ID: "a"})
	b.said(r, "x because y failed")
	b.is(r, "error")
	b.states(r, "work failed", "work/x success", "work/y failed", "work/on failure/undo success")
}
