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

// What users of py-dagger rely on, or miss there, and no other test says.

// A key is of a type: zero, nothing written and false are values, and null is
// none.
func TestKeysAreTypedValues(t *testing.T) {
	t.Parallel()
	type thing struct {
		Number int     `json:"number"`
		Text   string  `json:"text"`
		Flag   bool    `json:"flag"`
		None   *string `json:"none"`
	}
	p := pawl.Must(pawl.Define("things", "1", pawl.Listen("l", news.By("number", "text", "flag", "none"),
		func(context.Context, *thing, string) (bool, error) { return false, nil })))
	e := pawltest.New(t, p)
	if _, err := p.Start(t.Context(), e.Engine, "a", thing{}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		param string
		value any
		want  string
	}{
		{"number", 0, "taken"}, {"number", 0.0, "taken"}, {"number", "0", "early"}, {"number", false, "early"},
		{"text", "", "taken"}, {"text", 0, "early"}, {"flag", false, "taken"}, {"flag", 0, "early"},
		{"none", "", "early"}, {"none", "null", "early"}, {"None", "", "early"},
	} {
		d := e.Deliver(pawl.Message{Topic: news, Keys: map[string]any{tt.param: tt.value}, Body: "x"})
		if d.Outcome != tt.want {
			t.Errorf("%s %#v is %s, want %s", tt.param, tt.value, d.Outcome, tt.want)
		}
	}
}

// What came for a value is there for who has that value later on.
func TestANewKeyFindsItsEarlyMessages(t *testing.T) {
	b := define(t, pawl.Parallel("p", pawl.All, hear("l", news.By("other")), pawl.Timer("t", pawl.In(time.Hour), func(_ context.Context, n *note) error {
		n.Other = "new"
		return nil
	})))
	r := b.start(note{ID: "a", Other: "old"})
	tell := func(other, word string) {
		b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": other}, Body: word})
	}
	tell("new", "1")
	tell("new", "2")
	tell("old", "0")
	b.said(r, "l:0")
	b.Advance(time.Hour)
	b.said(r, "l:0 l:1 l:2")
	tell("old", "lost")
	tell("new", "end")
	b.said(r, "l:0 l:1 l:2 l:end")
}

func TestAJumpIntoAParallelLeavesItsOthersAlone(t *testing.T) {
	b := define(t,
		hear("never", news.By("other")),
		pawl.Parallel("p", pawl.All,
			pawl.Sequence("left", say("w"), hear("wait", news.By("count"))),
			pawl.Sequence("right", say("x"), hear("l", news.By("id").Early(pawl.Jump)), say("y"))),
		say("z"))
	r := b.start(note{ID: "a", Count: 7})
	b.tell("end", "a")
	b.states(r, "never skipped", "p open", "p/left open", "p/left/w success", "p/left/wait waiting",
		"p/right success", "p/right/x skipped", "p/right/l success", "p/right/y success", "z blocked")
	b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"count": 7}, Body: "end"})
	b.is(r, "success")
	b.said(r, "l:end y wait:end z") // those who began together both changed what there was
}

// What was skipped because of a jump beyond it still hears what is for it, and
// nothing is run again.
func TestALateMessageToWhatWasJumpedOver(t *testing.T) {
	b := define(t,
		hear("never", news.By("other")),
		hear("first", pawl.Topic("firsts").By("id").Early(pawl.Jump)), say("between"),
		hear("second", news.By("id").Early(pawl.Jump)), say("after"), hear("rest", news.By("other")))
	r := b.start(note{ID: "a"})
	b.tell("end", "a")
	b.said(r, "second:end after")
	first := func(word string) string {
		return b.Deliver(pawl.Message{Topic: "firsts", Keys: map[string]any{"id": "a"}, Body: word}).Outcome
	}
	same(t, "taken", first("end"))
	b.said(r, "second:end after first:end")
	b.states(r, "never skipped", "first success", "between skipped", "second success", "after success", "rest waiting")
	same(t, "early", first("again"))
	b.said(r, "second:end after first:end")
}

// While one message is tried again, others go their way; then it is a dead
// letter, and the step waits on.
func TestABadMessageHoldsUpNobodyElse(t *testing.T) {
	b := define(t, hear("l", news.By("id").Bury()).Retry(2, time.Minute))
	bad, good := b.start(note{ID: "a"}), b.start(note{ID: "b"})
	b.tell("bad", "a")
	b.tell("end", "b")
	b.is(good, "success")
	b.Advance(2 * time.Minute)
	same(t, []string{"l", "l", "l"}, b.Ran("notes", "a"))
	b.is(bad, "running")
	b.tell("end", "a")
	b.is(bad, "success")
}

func TestDecisionsWithinDecisions(t *testing.T) {
	way := func(name string, choose func(n *note) string, steps ...pawl.Step[note]) pawl.Step[note] {
		return pawl.Decide(name, func(_ context.Context, n *note) (string, error) { return choose(n), nil }, steps...)
	}
	b := define(t,
		way("outer", func(n *note) string { return n.Other },
			pawl.Sequence("in", way("inner", func(n *note) string { return map[int]string{1: "x"}[n.Count] }, say("x"), say("y")), say("joined")),
			pawl.Sequence("out", way("inner", func(*note) string { return "z" }, say("z")))),
		say("after"))
	r := b.start(note{ID: "a", Other: "in", Count: 1})
	b.said(r, "x joined after")
	b.states(r, "outer success", "outer/in success", "outer/in/inner success", "outer/in/inner/x success", "outer/in/inner/y skipped",
		"outer/in/joined success", "outer/out skipped", "outer/out/inner not_reached", "outer/out/inner/z not_reached", "after success")
	b.said(b.start(note{ID: "b", Other: "in"}), "joined after")
	b.said(b.start(note{ID: "c"}), "after")
}

func TestADecisionThatFailsIsAFailure(t *testing.T) {
	b := define(t, pawl.Decide("way", func(context.Context, *note) (string, error) { return "", errors.New("no way") }, say("x")), say("after"))
	r := b.start(note{ID: "a"})
	if err := r.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "failed at way: no way") {
		t.Errorf("got %v", err)
	}
	b.said(r, "")
}

func TestWhatBecomesOfAParallel(t *testing.T) {
	late := func(name string, then pawl.Effect) pawl.Step[note] {
		return hear(name, news.By("other")).Deadline(pawl.In(time.Hour), then)
	}
	for name, tt := range map[string]struct {
		step        pawl.Step[note]
		end         pawl.State
		state, said string
	}{
		"all end well":                 {pawl.Parallel("p", pawl.All, say("x"), hear("l", news.By("id"))), "success", "success", "x l:end after"},
		"one is skipped":               {pawl.Parallel("p", pawl.All, say("x"), late("y", pawl.Skip)), "success", "success", "x after"},
		"all are skipped":              {pawl.Parallel("p", pawl.All, late("x", pawl.Skip), late("y", pawl.Skip)), "success", "skipped", "after"},
		"one fails":                    {pawl.Parallel("p", pawl.All, late("x", pawl.Fail), late("y", pawl.Skip)), "error", "failed", ""},
		"any, and all fail":            {pawl.Parallel("p", pawl.Any, late("x", pawl.Fail), fails("y", 1)), "error", "failed", ""},
		"any, and what is left fails":  {pawl.Parallel("p", pawl.AnyLeave, late("x", pawl.Fail), say("y")), "success", "success", "y after"},
		"any, of groups":               {pawl.Parallel("p", pawl.Any, pawl.Sequence("s", say("x"), late("y", pawl.Fail)), pawl.Sequence("t", hear("l", news.By("id")), say("z"))), "success", "success", "x l:end z after"},
		"the first to fail is not any": {pawl.Parallel("p", pawl.Any, fails("x", 1), hear("l", news.By("id"))), "success", "success", "l:end after"},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, tt.step, say("after"))
			r := b.start(note{ID: "a"})
			b.tell("end", "a")
			b.Advance(2 * time.Hour)
			b.is(r, tt.end)
			b.said(r, tt.said)
			steps, err := r.Steps(t.Context())
			if err != nil || steps[0].State != tt.state {
				t.Errorf("the group is %s (%v), want %s", steps[0].State, err, tt.state)
			}
		})
	}
}

func TestTimersFireInTheOrderOfTheirTimes(t *testing.T) {
	var order []string
	b := define(t, pawl.Timer("t", pawl.At("at"), func(_ context.Context, n *note) error {
		order = append(order, n.ID)
		if n.ID == "bad" {
			return errors.New("bad")
		}
		return nil
	}))
	for i, id := range []string{"last", "bad", "first"} {
		b.start(note{ID: id, At: pawltest.Start.Add(time.Duration(3-i) * time.Minute)})
	}
	b.Advance(time.Hour)
	same(t, []string{"first", "bad", "last"}, order)
}

// A timer that came due while no program was there fires when one is.
func TestATimerIsMadeUpForAfterADowntime(t *testing.T) {
	b := define(t, pawl.Timer("t", pawl.In(time.Hour), func(_ context.Context, n *note) error {
		n.Words = append(n.Words, "t")
		return nil
	}))
	r := b.start(note{ID: "a"})
	b.Restart(pawl.Must(pawl.Define("else", "1", say("x"))))
	b.Advance(3 * time.Hour)
	b.Restart(b.of)
	r = b.of.Run(b.Engine.Engine, r.Key())
	b.Advance(time.Minute)
	b.said(r, "t")
}

// An interval that must end counts as skipped, or fails; what comes after it is
// run in the first case only.
func TestAnIntervalThatMustEnd(t *testing.T) {
	poll := func(_ context.Context, n *note) (bool, error) { n.Count++; return false, nil }
	for name, tt := range map[string]struct {
		step  pawl.Step[note]
		state pawl.State
		said  string
		calls int
	}{
		"is skipped":                  {pawl.Every("poll", pawl.Interval{Period: time.Minute, Until: pawl.At("at")}, poll), "success", "after", 3},
		"fails":                       {pawl.Every("poll", pawl.Interval{Period: time.Minute}, poll).Deadline(pawl.At("at"), pawl.Fail), "error", "", 3},
		"ends before it begins":       {pawl.Every("poll", pawl.Interval{Period: time.Minute, From: pawl.In(time.Hour), Until: pawl.At("at")}, poll), "success", "after", 0},
		"ends between long intervals": {pawl.Every("poll", pawl.Interval{Period: time.Hour, Until: pawl.At("at")}, poll), "success", "after", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, tt.step, say("after"))
			r := b.start(note{ID: "a", At: pawltest.Start.Add(150 * time.Second)})
			b.Advance(150 * time.Second)
			b.is(r, tt.state)
			b.said(r, tt.said)
			if n, _ := r.Params(t.Context()); n.Count != tt.calls {
				t.Errorf("%d calls, want %d", n.Count, tt.calls)
			}
		})
	}
}

// A limit that only tells, of a step as of a group, and not once it is over.
func TestALimitMayOnlyTell(t *testing.T) {
	for name, step := range map[string]pawl.Step[note]{
		"step":  hear("l", news.By("id")),
		"group": pawl.Parallel("g", pawl.All, hear("l", news.By("id"))),
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, step.Deadline(pawl.In(time.Hour), pawl.Continue).OnDeadline(say("late")))
			slow, quick, stopped := b.start(note{ID: "a"}), b.start(note{ID: "b"}), b.start(note{ID: "c"})
			b.tell("end", "b")
			if err := stopped.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.Advance(3 * time.Hour)
			b.tell("end", "a")
			b.said(slow, "late l:end")
			b.said(quick, "l:end")
			b.said(stopped, "")
			b.is(slow, "success")
		})
	}
}

// A deadline of a listener may lead to another way: what comes after the step
// waits for that.
func TestADeadlineMayBranch(t *testing.T) {
	b := define(t,
		hear("l", news.By("id")).Deadline(pawl.In(time.Hour), pawl.Skip).OnDeadline(pawl.Sequence("instead", say("ask"), hear("m", news.By("other")))),
		say("after"))
	late, heard := b.start(note{ID: "a", Other: "x"}), b.start(note{ID: "b", Other: "y"})
	b.tell("end", "b")
	b.Advance(time.Hour)
	b.said(heard, "l:end after")
	b.said(late, "ask")
	b.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"other": "x"}, Body: "end"})
	b.said(late, "ask m:end after")
}

func TestALimitOfAGroupMayFailIt(t *testing.T) {
	b := define(t, pawl.Sequence("work", pawl.Parallel("p", pawl.All, hear("l", news.By("id")), say("x"))).
		Deadline(pawl.In(time.Hour), pawl.Fail).
		OnFailure(pawl.Execute("undo", func(ctx context.Context, n *note) error {
			n.Words = append(n.Words, pawl.Failure(ctx))
			return nil
		})), say("after"))
	r := b.start(note{ID: "a"})
	b.Advance(time.Hour)
	b.is(r, "error")
	n, _ := r.Params(t.Context())
	if got := strings.Join(n.Words, "|"); !strings.HasPrefix(got, "x|") || !strings.Contains(got, "time limit") {
		t.Errorf("it said %q", got)
	}
	same(t, "early 0", b.tell("end", "a"))
}

// A try that fails leaves nothing in the parameters, and neither does a message.
func TestWhatFailedLeavesNothing(t *testing.T) {
	b := define(t, pawl.Listen("l", news.By("id").Bury(), func(_ context.Context, n *note, word string) (bool, error) {
		n.Words = append(n.Words, word)
		if word == "bad" {
			return true, errors.New("bad")
		}
		return word == "end", nil
	}))
	r := b.start(note{ID: "a"})
	for _, word := range []string{"x", "bad", "end"} {
		b.tell(word, "a")
	}
	b.said(r, "x end")
}

// Of a list all are run, side by side, and what comes after waits for all.
func TestADecisionMayNameSeveral(t *testing.T) {
	for chosen, want := range map[string][4]string{
		"":      {"skipped", "skipped", "skipped", "success"},
		"y":     {"skipped", "success", "skipped", "success"},
		"x z":   {"success", "skipped", "success", "success"},
		"l x z": {"success", "skipped", "success", "blocked"},
	} {
		t.Run(chosen, func(t *testing.T) {
			b := define(t, pawl.Decide("ways", func(_ context.Context, n *note) ([]string, error) { return strings.Fields(n.Other), nil },
				say("x"), say("y"), say("z"), hear("l", news.By("id"))), say("after"))
			r := b.start(note{ID: "a", Other: chosen})
			steps, err := r.Steps(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			same(t, want, [4]string{steps[1].State, steps[2].State, steps[3].State, steps[5].State})
			b.tell("end", "a")
			b.is(r, "success")
		})
	}
}

func TestADecisionForSomethingThatIsNotThereIsAFailure(t *testing.T) {
	b := define(t, pawl.Decide("ways", func(context.Context, *note) ([]string, error) { return []string{"x", ""}, nil }, say("x")))
	if err := b.start(note{ID: "a"}).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), `the decision is ""`) {
		t.Errorf("got %v", err)
	}
}

// As many side by side as a start asks for, and each run has its own.
func TestParallelStepsAreChosenForEachRun(t *testing.T) {
	vote := pawl.Sequence("vote", hear("l", news.By("id")), say("x"))
	b := define(t, pawl.DynamicParallel("votes", pawl.All, vote, say("y")), say("after"))
	for _, tt := range []struct {
		id    string
		steps []string
		want  string
	}{
		{"none", nil, "after"},
		{"one", []string{"vote"}, "l:end x after"},
		{"three", []string{"vote", "y", "vote", "vote"}, "y l:end l:end l:end x x x after"},
		{"one more", []string{"vote"}, "l:end x after"},
	} {
		r := b.start(note{ID: tt.id}, pawl.With("votes", tt.steps...))
		b.tell("end", tt.id)
		n, _ := r.Params(t.Context())
		if got := len(n.Words); len(tt.steps) > 0 && n.Words[got-1] != "after" {
			t.Errorf("%s said %q", tt.id, n.Words)
		}
		b.is(r, "success")
		same(t, len(tt.steps)+strings.Count(strings.Join(tt.steps, " "), "vote")+1, len(b.Ran("notes", tt.id)))
	}
}

func TestTheFirstOfThoseThatWereChosenMayWin(t *testing.T) {
	b := define(t, pawl.DynamicParallel("votes", pawl.Any, hear("l", news.By("id")), say("y")), say("after"))
	b.said(b.start(note{ID: "a"}, pawl.With("votes", "l", "y")), "y after")
	b.said(b.start(note{ID: "b"}), "after")
}

// Steps that drop what comes early hear only what comes once they are reached.
func TestEarlyMessagesMayBeDropped(t *testing.T) {
	b := define(t, pawl.Timer("first", pawl.In(time.Hour), func(context.Context, *note) error { return nil }),
		hear("l", news.By("id").Early(pawl.Drop)))
	b.tell("0", "a")
	r := b.start(note{ID: "a"})
	b.tell("1", "a")
	b.Advance(time.Hour)
	b.said(r, "")
	b.tell("2", "a")
	b.tell("end", "a")
	b.said(r, "l:2 l:end")
}

// Who has not set a time has no deadline, however that is written.
func TestAZeroTimeIsNoDeadline(t *testing.T) {
	t.Parallel()
	type thing struct {
		ID      string    `json:"id"`
		Time    time.Time `json:"time"`
		Seconds int64     `json:"seconds"`
	}
	wait := func(name string) pawl.Step[thing] {
		return pawl.Listen(name, news.By("id"), func(context.Context, *thing, string) (bool, error) { return true, nil }).Deadline(pawl.At(name), pawl.Fail)
	}
	p := pawl.Must(pawl.Define("things", "1", wait("time"), wait("seconds")))
	e := pawltest.New(t, p)
	r, err := p.Start(t.Context(), e.Engine, "a", thing{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		e.Advance(time.Hour)
		e.Deliver(pawl.Message{Topic: news, Keys: map[string]any{"id": "a"}, Body: "x"})
	}
	if err := r.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// How long to wait may be told by each run.
func TestATimeMayBeADuration(t *testing.T) {
	tick := func(context.Context, *note) error { return nil }
	b := define(t, pawl.Timer("t", pawl.At("other"), tick), say("after"))
	r, never := b.start(note{ID: "a", Other: "90m"}), b.start(note{ID: "b"})
	b.Advance(90*time.Minute - 1)
	b.is(r, pawl.Running)
	b.Advance(1)
	b.is(r, pawl.Succeeded)
	if err := never.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), `parameter "other" is no time to wait for`) {
		t.Errorf("got %v", err)
	}
}

// What is over is deleted when it has been kept for as long as it is to be, and its
// key is free.
func TestRunsAreKeptForAsLongAsTheyAreTo(t *testing.T) {
	t.Parallel()
	p := pawl.Must(pawl.Define("notes", "1", hear("l", news.By("id"))))
	b := &bench{t, pawltest.NewWith(t, pawl.Config{KeepRuns: time.Hour}, p), p}
	over, waits := b.start(note{ID: "a"}), b.start(note{ID: "b"})
	b.tell("end", "a")
	b.Advance(time.Hour - 1)
	b.is(over, pawl.Succeeded)
	b.Advance(time.Minute)
	if _, err := over.State(t.Context()); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	b.is(waits, pawl.Running)
	b.is(b.start(note{ID: "a"}, pawl.Reject), pawl.Running)
}

// Of two that listen to the same, one after the other, both get what comes, unless
// the later one listens from when it is reached.
func TestTwoListenersOfOneTopicInARow(t *testing.T) {
	for name, tt := range map[string]struct {
		early pawl.Early
		want  string
	}{"keep": {pawl.Keep, "a:1 a:end b:1 b:end"}, "unclaimed": {pawl.Unclaimed, "a:1 a:end b:2"}, "drop": {pawl.Drop, "a:1 a:end b:2"}} {
		t.Run(name, func(t *testing.T) {
			b := define(t, hear("a", news.By("id")), hear("b", news.By("id").Early(tt.early)))
			r := b.start(note{ID: "r"})
			for _, word := range []string{"1", "end", "2"} {
				b.tell(word, "r")
			}
			b.said(r, tt.want)
		})
	}
}
