package conductor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// listener is an action that waits for orders.
func listener(change func(*workflow.Wait)) *workflow.Node {
	w := &workflow.Wait{Signals: []workflow.Signal{{Topic: "orders", Param: "id"}}}
	if change != nil {
		change(w)
	}
	return &workflow.Node{Name: "+listens", Operator: "do", Wait: w}
}

// listening returns a rig that drives one attempt of the given actions, whose
// orders have the id 7.
func listening(t *testing.T, actions ...*workflow.Node) (*rig, model.AttemptID) {
	t.Helper()
	r := newRig(t)
	r.Core = serving(r, "server", nil)
	s := start("1", chain(t, actions...))
	s.Params = params.Of("id", 7)
	a, _, err := r.store.StartAttempt(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	return r, a.ID
}

// deliver brings an order with a source.
func (r *rig) deliver(source string) store.Outcome {
	r.Helper()
	d, err := r.store.Deliver(ctx, store.Delivery{Now: r.now(), Messages: []store.Message{{
		Topic: "orders", Source: source, Keys: []store.MessageKey{{Param: "id", Value: "7"}}, Body: source,
		Early: store.Early{Expires: r.now().Add(time.Hour)},
	}}})
	if err != nil {
		r.Fatal(err)
	}
	return d[0].Outcome
}

func (r *rig) now() model.Instant { return model.InstantOf(r.clock.now) }

// subscriptions are the keys that the store has for an attempt.
func (r *rig) subscriptions(id model.AttemptID) (keys []engine.Key) {
	r.Helper()
	list, _, err := r.store.ListSubscriptions(ctx, store.SubscriptionFilter{Attempt: id}, store.Page{})
	if err != nil {
		r.Fatal(err)
	}
	for _, s := range list {
		keys = append(keys, s.Key)
	}
	return keys
}

// letters are the sources of the messages that the store keeps.
func (r *rig) letters(dead bool) (sources []string) {
	r.Helper()
	list, _, err := r.store.ListLetters(ctx, store.LetterFilter{Dead: dead}, store.Page{})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range list {
		sources = append(sources, l.Source)
	}
	return sources
}

func (r *rig) same(what string, got, want any) {
	r.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAnAttemptThatWaitsForAMessageIsLetGoOfUntilOneComes(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil))
	r.same("owner", r.owner(id), "")
	r.same("subscriptions", r.subscriptions(id), []engine.Key{{Topic: "orders", Param: "id", Value: "7"}})
	r.pass(100 * time.Hour)
	r.expect()
	r.same("outcome", r.deliver("m1"), store.Taken)
	r.Look()
	r.step()
	r.expect("submit 1/1/1")
	r.step(succeed(id, 1, 1))
	r.same("subscriptions at the end", len(r.subscriptions(id)), 0)
}

func TestAMessageThatCameTooEarlyWakesWhoeverBeginsToListen(t *testing.T) {
	t.Parallel()
	r, id := listening(t, &workflow.Node{Name: "+a", Operator: "do"}, listener(nil))
	r.same("outcome", r.deliver("m1"), store.KeptEarly)
	r.step(succeed(id, 1, 1))
	r.pass(time.Second)
	r.expect("submit 1/1/1", "submit 1/2/1")
	r.same("early messages", len(r.letters(false)), 0)
}

// The store routes it while the owner has gone on in memory.
func TestAMessageWhoseTaskHasGoneOnIsBuried(t *testing.T) {
	t.Parallel()
	r, id := listening(t, listener(nil), &workflow.Node{Name: "+b", Operator: "do"})
	r.deliver("m1")
	r.pass(time.Second)
	r.deliver("m2")
	r.step(succeed(id, 1, 1), do(func(c *conductor.Core) error { c.Look(); return nil }))
	r.expect("submit 1/1/1", "submit 1/2/1")
	r.same("dead letters", r.letters(true), []string{"m2"})
	events, err := r.store.Events(ctx, id, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1]
	r.same("the last event", []any{last.Kind, last.Task}, []any{engine.SignalBuried, model.TaskID(1)})
	r.deliver("m3")
	r.step(succeed(id, 2, 1))
	r.same("early messages", r.letters(false), []string{"m3"})
}

// Both messages go to the one that has waited for longest, which needs one.
func TestWhatAListenerLeavesGoesToTheNextThatShares(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(func() error) error{"answered": nil, "request lost": refuse, "reply lost": lose} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := func(w *workflow.Wait) { w.Signals[0].One = true }
			r, id := listening(t, listener(shared))
			second := start("2", chain(t, listener(shared)))
			second.Params = params.Of("id", 7)
			if _, _, err := r.store.StartAttempt(ctx, second); err != nil {
				t.Fatal(err)
			}
			r.pass(time.Second)
			r.deliver("m1")
			r.deliver("m2")
			r.pass(time.Second)
			r.expect("submit 1/1/1")
			if r.store.commit = hook; hook != nil {
				if err := r.Step(ctx, []conductor.Stimulus{succeed(id, 1, 1)}); err == nil {
					t.Fatal("the step is said to be committed")
				}
				r.store.commit = nil
				r.step()
			} else {
				r.step(succeed(id, 1, 1))
			}
			r.pass(time.Second)
			r.expect("submit 2/1/1")
			r.step(succeed(2, 1, 1))
			r.pass(time.Second)
			r.same("letters", append(r.letters(false), r.letters(true)...), []string(nil))
			r.deliver("m3")
			r.same("early messages", r.letters(false), []string{"m3"})
		})
	}
}

func TestMessagesOfAnAttemptThatIsAbandonedAreBuried(t *testing.T) {
	t.Parallel()
	r, id := listening(t, &workflow.Node{Name: "+a", Operator: "do"}, listener(func(w *workflow.Wait) { w.Early = workflow.KeepEarly }))
	r.deliver("m1")
	r.pass(time.Second)
	r.step(waits(id, 1, 1, r.clock.now.Add(time.Hour)))
	r.deliver("m2")
	if err := r.Abandon(ctx, id); err != nil {
		t.Fatal(err)
	}
	r.step()
	r.same("dead letters", r.letters(true), []string{"m1", "m2"})
	r.same("subscriptions", len(r.subscriptions(id)), 0)
}

func TestRecordsAreStoredOnceThoughTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, hook := range map[string]func(func() error) error{"request lost": refuse, "reply lost": lose} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, id := listening(t, &workflow.Node{Name: "+a", Operator: "do"}, &workflow.Node{Name: "+b", Operator: "do"})
			sends := succeed(id, 1, 1)
			sends.Command.Result = &engine.Result{Records: []engine.Record{{Topic: "out", Key: "1"}, {Topic: "out", Key: "2"}}}
			r.store.commit = hook
			if err := r.Step(ctx, []conductor.Stimulus{sends}); err == nil {
				t.Fatal("the step is said to be committed")
			}
			r.store.commit = nil
			r.step()
			list, err := r.store.Outbox(ctx, 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, o := range list {
				keys = append(keys, o.Key)
			}
			r.same("outbox", keys, []string{"1", "2"})
		})
	}
}
