package conductor_test

import (
	"context"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// siblings returns a workflow of n actions side by side that take a slot of a pool
// each.
func siblings(t *testing.T, pool string, n int, adjust func(*workflow.Node)) *workflow.Workflow {
	t.Helper()
	root := &workflow.Node{Name: "+w"}
	for i := range n {
		node := &workflow.Node{Name: "+" + string(rune('a'+i)), Operator: "act", Slots: []workflow.Slots{{Pool: pool, N: 1}}}
		if adjust != nil {
			adjust(node)
		}
		root.Children = append(root.Children, node)
	}
	w := &workflow.Workflow{Name: "w", Root: root}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return w
}

// pooled returns a rig whose cores know the pool "db".
func pooled(t *testing.T, size int) *rig {
	t.Helper()
	r := newRig(t)
	r.Core = serving(r, "server", func(c *conductor.Config) { c.Pools = map[string]int{"db": size} })
	return r
}

func TestTriesWaitForSlots(t *testing.T) {
	t.Parallel()
	r := pooled(t, 2)
	id := r.begin("k", siblings(t, "db", 4, nil))
	r.expect("submit 1/1/1", "submit 1/2/1")
	r.step()
	r.expect()
	r.step(succeed(id, 2, 1))
	r.expect("submit 1/3/1")
	r.step(succeed(id, 1, 1), succeed(id, 3, 1))
	r.expect("submit 1/4/1")
	r.step(succeed(id, 4, 1))
	if a, err := r.store.Attempt(ctx, id); err != nil || a.State != engine.AttemptSuccess {
		t.Errorf("it is %v, %v", a.State, err)
	}
}

func TestTasksThatTakeNoSlotsDoNotAskForAny(t *testing.T) {
	t.Parallel()
	r := pooled(t, 0)
	r.store.Store = &unshared{r.store.Store, t}
	id := r.begin("k", siblings(t, "", 2, func(n *workflow.Node) { n.Slots = nil }))
	r.expect("submit 1/1/1", "submit 1/2/1")
	r.step(succeed(id, 1, 1), succeed(id, 2, 1))
	r.pass(time.Minute)
}

// unshared is a store that nobody is to ask for slots.
type unshared struct {
	store.Store
	t *testing.T
}

func (u *unshared) ShareSlots(context.Context, int64, []admission.Claim, map[string]int, model.Instant) ([]model.TryID, error) {
	u.t.Error("slots are asked for")
	return nil, nil
}

// Between two tries, others get the slot.
func TestARetryGivesItsSlotBack(t *testing.T) {
	t.Parallel()
	r := pooled(t, 1)
	id := r.begin("k", siblings(t, "db", 2, nil))
	r.expect("submit 1/1/1")
	r.step(command(id, engine.Command{Kind: engine.Fail, Task: 1, Try: 1, Failure: &engine.Failure{Retry: workflow.Retry{Limit: 1, Interval: time.Minute}}}))
	r.expect("submit 1/2/1")
	r.pass(time.Minute)
	r.expect()
	r.step(succeed(id, 2, 1))
	r.expect("submit 1/1/2")
}

func TestATryThatWaitsForASlotIsKilled(t *testing.T) {
	t.Parallel()
	r := pooled(t, 1)
	id := r.begin("k", siblings(t, "db", 2, nil))
	r.expect("submit 1/1/1")
	r.step(command(id, engine.Command{Kind: engine.Kill}))
	r.expect("cancel 1/1/1")
	if at := r.NextDue(); at != 0 {
		t.Errorf("the core goes on at %d", at)
	}
	r.step(command(id, engine.Command{Kind: engine.TryCancelled, Task: 1, Try: 1}))
	r.expect()
	if a, err := r.store.Attempt(ctx, id); err != nil || a.State != engine.AttemptKilled {
		t.Errorf("it is %v, %v", a.State, err)
	}
}

// What one server frees another gets, and what a server had when it died is free.
func TestServersShareSlots(t *testing.T) {
	t.Parallel()
	r := pooled(t, 1)
	one := r.Core
	first := r.begin("1", siblings(t, "db", 2, nil))
	r.expect("submit 1/1/1")
	r.Core = serving(r, "other", func(c *conductor.Config) { c.Pools = map[string]int{"db": 1} })
	second := r.begin("2", siblings(t, "db", 1, nil))
	r.expect()
	if err := one.Step(ctx, []conductor.Stimulus{succeed(first, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	r.expect("submit 1/2/1") // which has waited for longer
	if err := one.Step(ctx, []conductor.Stimulus{succeed(first, 2, 1)}); err != nil {
		t.Fatal(err)
	}
	r.Look()
	r.step()
	r.expect("submit 2/1/1")
	last := serving(r, "last", func(c *conductor.Config) { c.Pools = map[string]int{"db": 1} })
	if err := r.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	r.Core = last
	r.pass(time.Second)
	r.expect("submit 2/1/2")
	r.step(succeed(second, 1, 2))
}

// What has waited for a slot goes on waiting under the next conductor, as the same
// try and in its place: it did not run, so that no budget of tries is the less.
func TestTriesThatWaitForSlotsGoOnWaitingUnderTheNext(t *testing.T) {
	t.Parallel()
	r := pooled(t, 1)
	id := r.begin("k", siblings(t, "db", 3, func(n *workflow.Node) { n.Redrive, n.Retry = workflow.FailLost, workflow.Retry{Limit: 1} }))
	r.expect("submit 1/1/1")
	next := serving(r, "next", func(c *conductor.Config) { c.Pools = map[string]int{"db": 1} })
	if err := r.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	r.Core = next
	r.pass(time.Second)
	r.expect("submit 1/2/1")
	r.step(succeed(id, 2, 1))
	r.expect("submit 1/3/1")
	r.step(succeed(id, 3, 1))
	r.expect("submit 1/1/2")
	r.step(succeed(id, 1, 2))
	a, err := r.store.Load(ctx, id)
	if err != nil || a.Attempt.State != engine.AttemptSuccess {
		t.Errorf("it is %v, %v", a.Attempt.State, err)
	}
	for _, row := range a.Tasks {
		if want := map[model.TaskID]int32{1: 1}[row.ID]; row.Retries != want {
			t.Errorf("task %d had %d retries, want %d", row.ID, row.Retries, want)
		}
	}
}

// A conductor is given what has slots, and does not hear of it: that try was handed to
// nobody, and goes on as the same.
func TestWhatGotItsSlotsWhileNobodyKnewOfItHasNotBegun(t *testing.T) {
	t.Parallel()
	r := pooled(t, 0)
	id := r.begin("1", siblings(t, "db", 1, func(n *workflow.Node) { n.Redrive, n.Retry = workflow.FailLost, workflow.Retry{Limit: 1} }))
	next := serving(r, "next", func(c *conductor.Config) { c.Pools = map[string]int{"db": 2} })
	if err := r.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	r.Core = next
	r.store.claim = lose
	r.clock.now = r.clock.now.Add(time.Second)
	if err := r.Step(ctx, nil); err == nil {
		t.Fatal("the claim was answered")
	}
	r.store.claim = nil
	r.begin("2", siblings(t, "db", 1, nil))
	r.expect("submit 2/1/1")
	r.pass(10 * time.Second)
	r.expect("submit 1/1/1")
	r.step(succeed(id, 1, 1))
	r.same("state", r.stored(id, 1), model.Success)
}

// One that was to end while nobody drove it has ended.
func TestATryThatWaitsForASlotIsKilledWhileNobodyDrivesIt(t *testing.T) {
	t.Parallel()
	r := pooled(t, 0)
	id := r.begin("k", siblings(t, "db", 1, nil))
	if err := r.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.store.Post(ctx, []store.Post{{Attempt: id, Command: engine.Command{Kind: engine.Kill}}}); err != nil {
		t.Fatal(err)
	}
	r.Core = serving(r, "next", func(c *conductor.Config) { c.Pools = map[string]int{"db": 0} })
	r.pass(time.Second)
	r.step()
	r.expect()
	if a, err := r.store.Attempt(ctx, id); err != nil || a.State != engine.AttemptKilled {
		t.Errorf("it is %v, %v", a.State, err)
	}
}

// The time limit of a task is about its running, under whichever conductor.
func TestATimeLimitDoesNotCountWhileATryWaitsForASlot(t *testing.T) {
	inStores(t, func(r *rig) {
		pool := func(c *conductor.Config) { c.Pools = map[string]int{"db": 0} }
		r.Core = serving(r, "server", pool)
		limited := func(n *workflow.Node) { n.Limit = workflow.Limit{After: 10 * time.Second, Then: workflow.LimitFails} }
		id := r.begin("k", siblings(r.T, "db", 1, limited))
		r.pass(20 * time.Second)
		if err := r.Leave(ctx); err != nil {
			r.Fatal(err)
		}
		r.Core = serving(r, "next", pool)
		r.pass(20 * time.Second)
		r.expect()
		if err := r.store.SetPool(ctx, "db", 1); err != nil {
			r.Fatal(err)
		}
		r.Look()
		r.step()
		r.step()
		r.expect("submit 1/1/1")
		r.pass(9 * time.Second)
		r.expect()
		if err := r.Leave(ctx); err != nil {
			r.Fatal(err)
		}
		r.Core = serving(r, "last", pool) // the try is lost, and another gets its slot
		r.step()
		r.step()
		r.expect("submit 1/1/2")
		r.pass(time.Second)
		r.expect("cancel 1/1/2")
		r.step(command(id, engine.Command{Kind: engine.TryCancelled, Task: 1, Try: 2}))
		if a, err := r.store.Attempt(ctx, id); err != nil || a.State != engine.AttemptFailed {
			r.Errorf("it is %v, %v", a.State, err)
		}
	})
}

// A limit that is an instant passes while a try waits, too.
func TestALimitThatIsAnInstantStaysWhileATryWaitsForASlot(t *testing.T) {
	t.Parallel()
	r := pooled(t, 0)
	id := r.begin("k", siblings(t, "db", 1, func(n *workflow.Node) {
		n.Export = params.Of("by", "2026-01-01T00:00:15Z")
		n.Limit = workflow.Limit{After: 10 * time.Second, Until: "by", Then: workflow.LimitFails}
	}))
	r.pass(10 * time.Second)
	r.step()
	if got := r.stored(id, 1); got != model.Running {
		t.Errorf("it is %v", got)
	}
	r.pass(5 * time.Second)
	r.step()
	if got := r.stored(id, 1); got != model.Failed {
		t.Errorf("it is %v", got)
	}
}

// A store that does not answer is asked again.
func TestSlotsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	r := pooled(t, 1)
	failing := &noSlots{r.store.Store, 1}
	r.store.Store = failing
	err := r.Step(ctx, []conductor.Stimulus{do(func(c *conductor.Core) error {
		_, _, err := c.Start(ctx, start("k", siblings(t, "db", 1, nil)))
		return err
	})})
	if model.CodeOf(err) != model.Unavailable {
		t.Errorf("got %v", err)
	}
	r.expect()
	r.step()
	r.expect("submit 1/1/1")
}

// noSlots is a store that does not answer for some times.
type noSlots struct {
	store.Store
	times int
}

func (n *noSlots) ShareSlots(ctx context.Context, epoch int64, claims []admission.Claim, sizes map[string]int, now model.Instant) ([]model.TryID, error) {
	if n.times--; n.times >= 0 {
		return nil, errStore
	}
	return n.Store.ShareSlots(ctx, epoch, claims, sizes, now)
}
