package conductor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// keeper is a desk whose jobs are another process's, too.
type keeper struct {
	*desk
	has []runner.ID
	err error
}

// Adopt implements runner.Adopter.
func (k *keeper) Adopt(_ context.Context, attempts ...model.AttemptID) (list []runner.ID, err error) {
	for _, one := range k.has {
		if slices.Contains(attempts, one.Attempt) {
			list = append(list, one)
		}
	}
	return list, k.err
}

// heir returns a core that takes over from the rig's, whose lease is over.
func (r *rig) heir(k *keeper) *conductor.Core {
	r.Helper()
	r.clock.now = r.clock.now.Add(11 * time.Second)
	return serving(r, "heir", func(c *conductor.Config) { c.Runner = k })
}

func TestTriesThatTheRunnerHasGoOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	def := chain(t, action("+a"), action("+b"))
	def.Root.Children[1].After = nil // beside the first
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	id := r.begin("1", def)
	r.expect("submit 1/1/1", "submit 1/2/1")
	r.Core = r.heir(&keeper{desk: r.desk, has: []runner.ID{{Attempt: id, Task: 2, Try: 1}}})
	r.step()
	r.expect("submit 1/1/2")
	r.step(succeed(id, 2, 1))
	if got := r.stored(id, 2); got != model.Success {
		t.Errorf("the task that ran on is %v", got)
	}
}

func TestAnAttemptWhoseTriesRunOnIsNotLetGoOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	r.Core = r.heir(&keeper{desk: r.desk, has: []runner.ID{{Attempt: id, Task: 1, Try: 1}}})
	r.step()
	if r.Idle() {
		t.Error("the attempt was let go of while a try of it runs")
	}
}

// What was reported between the death of a conductor and the takeover is in the
// inbox, and the runner does not have it any more.
func TestTriesWhoseReportsAreInTheInboxAreNotLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a"), action("+b")))
	r.desk.did()
	r.post(id, engine.Command{Kind: engine.Succeed, Task: 1, Try: 1})
	r.Core = r.heir(&keeper{desk: r.desk})
	r.step()
	if got := r.stored(id, 1); got != model.Success {
		t.Errorf("the task that was reported is %v", got)
	}
	r.expect("submit 1/2/1")
}

// Why a try works is told while it does: that is no report.
func TestATryThatHasToldWhyItWorksMayBeLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	r.desk.did()
	r.post(id, judged)
	r.Core = r.heir(&keeper{desk: r.desk})
	r.step()
	r.expect("submit 1/1/2")
}

func TestAnAttemptWhoseTryTellsWhyItWorksIsNotLetGoOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	id := r.leave("1")
	r.pass(time.Second)
	r.post(id, judged)
	r.pass(time.Second)
	if a, err := r.store.Attempt(ctx, id); err != nil || a.Owner != "server" {
		t.Errorf("it is driven by %q, error %v", a.Owner, err)
	}
	events, err := r.store.Events(ctx, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if last := events[len(events)-1]; last.Kind != engine.TaskJudged {
		t.Errorf("the last event is %v", last.Kind)
	}
}

var judged = engine.Command{Kind: engine.Judge, Task: 1, Try: 1, Verdict: &engine.Verdict{Reason: "never built"}}

func TestNothingIsLostWhileTheRunnerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.begin("1", chain(t, action("+a")))
	r.desk.did()
	k := &keeper{desk: r.desk, has: []runner.ID{{Attempt: id, Task: 1, Try: 1}}, err: errStore}
	r.clock.now = r.clock.now.Add(11 * time.Second)
	r.Core = conductor.NewCore(conductor.Config{
		Store: r.store, Runner: k, Open: open, Owner: "heir", Clock: r.clock, Patrol: time.Second, Unload: 10 * time.Second,
	})
	if err := r.Step(ctx, nil); err == nil {
		t.Error("the step does not say that the runner does not answer")
	}
	r.expect()
	k.err = nil
	for range 5 {
		r.pass(time.Second)
	}
	r.expect()
	r.step(succeed(id, 1, 1))
	if got := r.stored(id, 1); got != model.Success {
		t.Errorf("the task is %v", got)
	}
}
