package conductor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

func action(name string) *workflow.Node { return &workflow.Node{Name: name} }

func TestOneStepCommitsTheChangesOfAllAttemptsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := chain(t, action("+a"), action("+b"))
	one, two := r.begin("1", def), r.begin("2", def)
	r.expect("submit 1/1/1", "submit 2/1/1")
	r.store.batches = nil

	r.step(succeed(one, 1, 1), succeed(two, 1, 1))

	if n := len(r.store.batches); n != 1 {
		t.Fatalf("%d commits, want 1", n)
	}
	// The end of one task and the start of the next are one commit.
	var events []engine.EventKind
	for _, e := range r.store.batches[0].Events {
		events = append(events, e.Kind)
	}
	want := []engine.EventKind{engine.TaskEnded, engine.TaskStarted, engine.TaskEnded, engine.TaskStarted}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	r.expect("submit 1/2/1", "submit 2/2/1")
}

func TestNothingIsCarriedOutBeforeItIsCommitted(t *testing.T) {
	t.Parallel()
	for _, failure := range []struct {
		name string
		hook func(func() error) error
	}{
		{"request lost", refuse},
		{"reply lost", lose},
	} {
		t.Run(failure.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			id := r.begin("1", chain(t, action("+a"), action("+b")))
			r.expect("submit 1/1/1")
			r.store.commit = failure.hook
			answers := 0
			s := succeed(id, 1, 1)
			s.Reply = func(err error) {
				answers++
				if err != nil {
					t.Errorf("the reply is %v", err)
				}
			}
			if err := r.Step(ctx, []conductor.Stimulus{s}); !errors.Is(err, errStore) {
				t.Fatalf("Step: %v, want %v", err, errStore)
			}
			r.expect()
			if answers != 0 {
				t.Error("the reply came before the commit")
			}
			r.store.commit = nil
			r.step()
			r.step()
			r.expect("submit 1/2/1")
			if answers != 1 {
				t.Errorf("%d replies, want 1", answers)
			}
			if got := r.stored(id, 1); got != model.Success {
				t.Errorf("the store has the task as %v", got)
			}
		})
	}
}

func TestStimuliOutliveAStoreThatFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := r.begin("1", chain(t, action("+a")))
	two := r.begin("2", chain(t, action("+a")))
	r.store.commit = refuse
	for _, s := range []conductor.Stimulus{succeed(one, 1, 1), succeed(two, 1, 1)} {
		if err := r.Step(ctx, []conductor.Stimulus{s}); !errors.Is(err, errStore) {
			t.Fatalf("Step: %v, want %v", err, errStore)
		}
	}
	r.store.commit = nil
	r.step()
	for _, id := range []model.AttemptID{one, two} {
		if got := r.stored(id, 0); got != model.Success {
			t.Errorf("attempt %d: the store has the root as %v", id, got)
		}
	}
	if !r.Idle() {
		t.Error("the core is not idle though all attempts are done")
	}
}

func TestACommandIsRefusedWithoutATrace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	r.store.batches = nil
	var got []model.Code
	refused := command(id, engine.Command{Kind: engine.Again, Task: 1})
	unknown := command(id+1, engine.Command{Kind: engine.Kill})
	for _, s := range []*conductor.Stimulus{&refused, &unknown} {
		s.Reply = func(err error) { got = append(got, model.CodeOf(err)) }
	}
	r.step(refused, unknown)
	if diff := cmp.Diff([]model.Code{model.Conflict, model.NotFound}, got); diff != "" {
		t.Error(diff)
	}
	if len(r.store.batches) > 0 {
		t.Errorf("committed: %+v", r.store.batches)
	}
}

func TestAFencedCoreLetsGoAndTellsEverybody(t *testing.T) {
	t.Parallel()
	for _, loss := range []struct {
		name string
		// lapse is how the lease is lost.
		lapse func(r *rig)
	}{
		{"another owns the attempts", func(r *rig) {
			r.clock.now = r.clock.now.Add(11 * time.Second)
			other := r.another("two")
			if _, err := other.Claim(ctx, 10); err != nil {
				r.Fatal(err)
			}
		}},
		{"the lease was ended", func(r *rig) {
			if err := r.store.EndLease(ctx, "one", 1); err != nil {
				r.Fatal(err)
			}
		}},
	} {
		t.Run(loss.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			id := r.begin("1", chain(t, action("+a"), action("+b")))
			r.expect("submit 1/1/1")
			var waiter, reply error
			r.Await(id, func(_ engine.AttemptRow, err error) { waiter = err })
			loss.lapse(r)
			s := succeed(id, 1, 1)
			s.Reply = func(err error) { reply = err }
			err := r.Step(ctx, []conductor.Stimulus{s})
			for who, err := range map[string]error{"Step": err, "the waiter": waiter, "the reply": reply} {
				if !errors.Is(err, conductor.ErrFenced) {
					t.Errorf("%s: %v, want %v", who, err, conductor.ErrFenced)
				}
			}
			r.expect()
			if !r.Idle() {
				t.Error("a fenced core still drives something")
			}
			if got := r.stored(id, 1); got != model.Running {
				t.Errorf("a fenced core wrote the task as %v", got)
			}
		})
	}
}

// A store that nobody reached for a while costs nothing but that time.
func TestACoreGoesOnWhereNobodyElseTookItsLease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a"), action("+b")))
	r.expect("submit 1/1/1")
	r.clock.now = r.clock.now.Add(time.Hour)
	r.step(succeed(id, 1, 1))
	r.expect("submit 1/2/1")
	if got := r.stored(id, 1); got != model.Success {
		t.Errorf("the task is stored as %v", got)
	}
}

func TestTimersFireWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	waits := action("+a")
	waits.Wait = &workflow.Wait{For: 2 * time.Second}
	limited := action("+b")
	limited.Limit.After = time.Second
	id := r.begin("1", chain(t, waits, limited))
	r.expect()

	due := model.InstantOf(r.clock.now.Add(2 * time.Second))
	if got := r.NextDue(); got != due {
		t.Fatalf("next due at %v, want %v", got.Time(), due.Time())
	}
	r.clock.now = due.Time().Add(-time.Microsecond)
	r.step()
	r.expect()
	r.clock.now = due.Time()
	r.step()
	r.expect("submit 1/1/1")

	r.step(succeed(id, 1, 1))
	r.expect("submit 1/2/1")
	r.clock.now = r.clock.now.Add(time.Second)
	r.step()
	r.expect("cancel 1/2/1")
	r.step(command(id, engine.Command{Kind: engine.TryCancelled, Task: 2, Try: 1}))
	if got := r.stored(id, 2); got != model.Failed {
		t.Errorf("after its time limit the task is %v", got)
	}
}

func TestTimersOfOneInstantFireInOneOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	nodes := make([]*workflow.Node, 3)
	for i, name := range []string{"+a", "+b", "+c"} {
		nodes[i] = &workflow.Node{Name: name, Operator: "act", Wait: &workflow.Wait{For: time.Second}}
	}
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: nodes}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	r.begin("1", def)
	r.begin("2", def)
	r.clock.now = r.clock.now.Add(time.Second)
	r.step()
	r.expect("submit 1/1/1", "submit 1/2/1", "submit 1/3/1", "submit 2/1/1", "submit 2/2/1", "submit 2/3/1")
}

func TestTheLeaseIsRenewedBeforeItRunsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 20 {
		due := r.NextDue().Time()
		if wait := due.Sub(r.clock.now); wait > 5*time.Second {
			t.Fatalf("the next renewal is %v away", wait)
		}
		r.clock.now = due
		r.step()
	}
	if got := r.begin("1", chain(t, action("+a"))); got != 1 {
		t.Errorf("attempt %d, want 1", got)
	}
}

func TestATryIsSubmittedBeforeItIsCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a"), action("+b")))
	r.expect("submit 1/1/1")
	r.step(succeed(id, 1, 1), command(id, engine.Command{Kind: engine.Kill}))
	r.expect("submit 1/2/1", "cancel 1/2/1")
}

func TestAStartUnderAKnownNameFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := chain(t, action("+a"))
	first := r.begin("1", def)
	r.expect("submit 1/1/1")
	a, made, err := r.Start(ctx, start("1", def))
	if err != nil || made || a.ID != first {
		t.Errorf("the second start gave attempt %d, made %v, error %v", a.ID, made, err)
	}
	r.step()
	r.expect()
}

func TestAnAttemptThatNeverBeganIsBegunByWhoeverClaimsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := chain(t, action("+a"))
	def.Scope = workflow.Shared
	if _, _, err := r.store.StartAttempt(ctx, start("1", def)); err != nil {
		t.Fatal(err)
	}
	r.step(do(func(c *conductor.Core) error {
		_, err := c.Claim(ctx, 10)
		return err
	}))
	r.expect("submit 1/1/1")
	a, err := r.store.Attempt(ctx, 1)
	if got, _ := a.Shared.Get("key"); err != nil || got != "1" {
		t.Errorf("error %v, shared parameters %v", err, a.Shared)
	}
}

func TestWaitersHearOfTheEndOnceItIsCommitted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	var ends []engine.AttemptState
	if !r.Await(id, func(row engine.AttemptRow, _ error) { ends = append(ends, row.State) }) {
		t.Fatal("the attempt is not driven")
	}
	r.store.commit = refuse
	if err := r.Step(ctx, []conductor.Stimulus{succeed(id, 1, 1)}); !errors.Is(err, errStore) {
		t.Fatalf("Step: %v, want %v", err, errStore)
	}
	if len(ends) > 0 {
		t.Error("told before the commit")
	}
	r.store.commit = nil
	r.step()
	if diff := cmp.Diff([]engine.AttemptState{engine.AttemptSuccess}, ends); diff != "" {
		t.Error(diff)
	}
	if r.Await(id, func(engine.AttemptRow, error) { t.Error("told of an attempt that is not driven") }) {
		t.Error("an attempt that is done is still driven")
	}
}

func TestAbandonEndsOnlyWhatNobodyDrives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	r.expect("submit 1/1/1")
	r.clock.now = r.clock.now.Add(3 * time.Second)
	other := r.another("two")
	if err := other.Abandon(ctx, id); model.CodeOf(err) != model.Conflict {
		t.Errorf("abandon what is driven: %v", err)
	}
	r.clock.now = r.clock.now.Add(9 * time.Second)
	r.Core = r.another("three")
	r.step(do(func(c *conductor.Core) error { return c.Abandon(ctx, id) }))
	r.expect()
	if diff := cmp.Diff([]model.AttemptID{id}, r.taken); diff != "" {
		t.Errorf("told of: %s", diff)
	}
	a, err := r.store.Attempt(ctx, id)
	if err != nil || a.State != engine.AttemptKilled {
		t.Errorf("error %v, state %v", err, a.State)
	}
	snap, err := r.store.Load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	last, err := r.store.Events(ctx, id, snap.Seq-1, 1)
	if err != nil || len(last) != 1 || history.Of(&last[0]) != history.AttemptKilled {
		t.Errorf("its history ends with %+v, error %v", last, err)
	}
}

func TestReportsBecomeCommands(t *testing.T) {
	t.Parallel()
	id := runner.ID{Attempt: 3, Task: 2, Try: 1}
	got := conductor.Stimuli(nil, []runner.Report{
		{ID: id, Outcome: engine.Command{Kind: engine.WaitFor}},
		{ID: id, Outcome: engine.Command{Kind: engine.WaitFor}, Lost: true},
		{ID: id, Outcome: runner.ErrCancelled},
	})
	var kinds []engine.CommandKind
	for _, s := range got {
		kinds = append(kinds, s.Command.Kind)
		if s.Attempt != 3 || s.Command.Task != 2 || s.Command.Try != 1 {
			t.Errorf("a report of %v became %+v", id, s)
		}
	}
	if diff := cmp.Diff([]engine.CommandKind{engine.WaitFor, engine.Lose, engine.TryCancelled}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestObserversSeeEachBatchAfterItsCommit(t *testing.T) {
	t.Parallel()
	clock := &stopwatch{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := newShaky(t, clock)
	var seen []int64
	core := conductor.NewCore(conductor.Config{
		Store: s, Runner: &desk{}, Open: open, Owner: "one", Clock: clock,
		Observe: func(b *store.Batch) {
			for _, e := range b.Events {
				seen = append(seen, e.Seq)
			}
		},
	})
	r := &rig{T: t, clock: clock, store: s, Core: core}
	r.step()
	s.commit = refuse
	begin := do(func(c *conductor.Core) error {
		_, _, err := c.Start(ctx, start("1", chain(t, action("+a"))))
		return err
	})
	if err := r.Step(ctx, []conductor.Stimulus{begin}); !errors.Is(err, errStore) || len(seen) > 0 {
		t.Fatalf("Step: %v, seen %v", err, seen)
	}
	s.commit = nil
	r.step()
	if diff := cmp.Diff([]int64{1, 2, 3}, seen); diff != "" {
		t.Error(diff)
	}
}
