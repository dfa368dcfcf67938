package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// fixture is a store under test with the calls that tests make often; those
// fail the test when the store returns an error.
type fixture struct {
	*testing.T
	store store.Store
	// pass lets time go by for leases, and for nothing else.
	pass func(time.Duration)
}

func newFixture(t *testing.T, s Subject) *fixture {
	return &fixture{T: t, store: s.Store, pass: s.Pass}
}

// now is when tests happen.
const now model.Instant = 1_790_000_000_000_000

const second model.Instant = 1_000_000

var ctx = context.Background()

// definition returns a workflow with n tasks below its root.
func definition(t testing.TB, name string, n int) *workflow.Workflow {
	t.Helper()
	root := &workflow.Node{Name: "+" + name}
	for i := range n {
		root.Children = append(root.Children, &workflow.Node{
			Name: fmt.Sprintf("+step%d", i), Operator: "echo", Config: params.Of("text", "hello ${name}"),
		})
	}
	w := &workflow.Workflow{Name: name, Dialect: "dig", Zone: "Asia/Tokyo", Root: root}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return w
}

// start describes an attempt of the session with a key.
func (f *fixture) start(key string) store.Start {
	return store.Start{
		Session:    store.Session{UUID: "uuid-" + key, Project: 1, Workflow: "w", Key: key, Time: now - second},
		Zone:       "Asia/Tokyo",
		Params:     params.Of("name", key, "n", 7),
		Definition: definition(f, "w", 3),
		Created:    now,
	}
}

func (f *fixture) make(s store.Start) store.Attempt {
	f.Helper()
	a, made, err := f.store.StartAttempt(ctx, s)
	if err != nil || !made {
		f.Fatalf("StartAttempt(%q, %q) made %v, error %v", s.Session.Key, s.Name, made, err)
	}
	return a
}

// attempts makes n attempts of a session each, without owner.
func (f *fixture) attempts(n int) []model.AttemptID {
	f.Helper()
	ids := make([]model.AttemptID, n)
	for i := range ids {
		ids[i] = f.make(f.start(fmt.Sprintf("key%d", i))).ID
	}
	return ids
}

// owned makes n attempts for a new lease of owner.
func (f *fixture) owned(owner string, n int) (epoch int64, ids []model.AttemptID) {
	f.Helper()
	epoch = f.lease(owner)
	for i := range n {
		s := f.start(fmt.Sprintf("%s%d", owner, i))
		s.Owner, s.Epoch = owner, epoch
		ids = append(ids, f.make(s).ID)
	}
	return epoch, ids
}

// leaseFor is how long leases last. It is long, as stores have clocks of their
// own: however slow the machine is, half of it is less than all.
const leaseFor = time.Hour

// lease makes a new lease.
func (f *fixture) lease(owner string) int64 {
	f.Helper()
	epoch, err := f.store.Lease(ctx, owner, 0, leaseFor)
	if err != nil {
		f.Fatalf("Lease(%s): %v", owner, err)
	}
	return epoch
}

func (f *fixture) claim(owner string, epoch int64, at model.Instant, n int, only ...model.AttemptID) []model.AttemptID {
	f.Helper()
	ids, err := f.store.Claim(ctx, 0, owner, epoch, at, n, only...)
	if err != nil {
		f.Fatalf("Claim(%s, %d): %v", owner, epoch, err)
	}
	return ids
}

func (f *fixture) commit(b *store.Batch) {
	f.Helper()
	if err := f.store.Commit(ctx, b); err != nil {
		f.Fatalf("Commit: %v", err)
	}
}

func (f *fixture) load(id model.AttemptID) *store.Snapshot {
	f.Helper()
	s, err := f.store.Load(ctx, id)
	if err != nil {
		f.Fatalf("Load(%d): %v", id, err)
	}
	return s
}

func (f *fixture) attempt(id model.AttemptID) store.Attempt {
	f.Helper()
	a, err := f.store.Attempt(ctx, id)
	if err != nil {
		f.Fatalf("Attempt(%d): %v", id, err)
	}
	return a
}

func (f *fixture) events(id model.AttemptID) []engine.Event {
	f.Helper()
	events, err := f.store.Events(ctx, id, 0, 1_000_000)
	if err != nil {
		f.Fatalf("Events(%d): %v", id, err)
	}
	return events
}

// list returns the ids of all attempts that match, walking pages of a size.
func (f *fixture) list(filter store.Filter, size int) []model.AttemptID {
	f.Helper()
	return ids(walk(f, f.listAttempts(filter), store.Page{Limit: size}), attemptID)
}

func (f *fixture) listAttempts(filter store.Filter) listing[store.Attempt] {
	return func(page store.Page) ([]store.Attempt, string, error) { return f.store.ListAttempts(ctx, filter, page) }
}

func attemptID(a store.Attempt) model.AttemptID { return a.ID }

// ids returns the ids of entries.
func ids[E, ID any](list []E, id func(E) ID) (all []ID) {
	for _, e := range list {
		all = append(all, id(e))
	}
	return all
}

// many is how many calls are made at once.
const many = 12

// atOnce makes many calls at the same time.
func (f *fixture) atOnce(call func(i int) error) []error {
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	return errs
}

// wantOne checks that one call succeeded and the others were in conflict with
// it.
func (f *fixture) wantOne(what string, errs []error) {
	f.Helper()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		f.wantCode(what, err, model.Conflict)
	}
	if succeeded != 1 {
		f.Errorf("%d of %d calls of %s succeeded, want one", succeeded, len(errs), what)
	}
}

// wantCode fails the test unless err has a code.
func (f *fixture) wantCode(what string, err error, want model.Code) {
	f.Helper()
	if err == nil || model.CodeOf(err) != want {
		f.Errorf("%s: error %v (%s), want %s", what, err, model.CodeOf(err), want)
	}
}

// same compares what a store returned with what it should have. An empty
// list is as good as none.
func (f *fixture) same(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(workflow.Node{})); diff != "" {
		f.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// row returns a task that runs.
func row(attempt model.AttemptID, id model.TaskID) engine.TaskRow {
	return engine.TaskRow{
		Attempt: attempt, ID: id, Parent: id - 1, Name: fmt.Sprintf("+w+step%d", id),
		State: model.Running, Try: 1, Started: now,
	}
}

// event returns the event with a number.
func event(attempt model.AttemptID, seq int64) engine.Event {
	return engine.Event{
		Attempt: attempt, Seq: seq, At: now + model.Instant(seq), Kind: engine.TaskStarted,
		Task: model.TaskID(seq), Name: fmt.Sprintf("+w+step%d", seq), Try: 1, State: model.Running,
	}
}

// fullBatch returns a batch that has everything an attempt can have.
func fullBatch(t testing.TB, id model.AttemptID) *store.Batch {
	t.Helper()
	list := []params.Value{int64(1), "two", params.Of("three", 3.5)}
	done := engine.TaskRow{
		Attempt: id, ID: 0, Parent: model.NoTask, Name: "+w", State: model.Failed,
		Flags: engine.Broken | engine.Checking, Try: 3, Retries: 2,
		Started: now, Ended: now + 2*second, Deadline: now + 9*second,
		Detail: &engine.Detail{
			Export: params.Of("a", 1), Store: params.Of("b", nil), Reset: []string{"x.y", ""},
			Outputs: []string{"yes"}, Subtasks: params.Of("+sub", params.Of("echo>", "é")),
			Error: params.Of("message", "it broke"), State: params.Of("cursor", list),
		},
	}
	waiting := engine.TaskRow{
		Attempt: id, ID: 2, Parent: 0, Name: "+w+wait", State: model.Waiting, Wake: now + 5*second,
		Detail: &engine.Detail{
			Keys:  []engine.Key{{Topic: "t", Param: "p", Value: "v", One: true}, {Topic: "u"}},
			Inbox: []engine.Message{{Source: "t/0/1", Topic: "t", Body: params.Of("k", "v")}, {Source: "t/0/2"}},
		},
	}
	event := engine.Event{
		Attempt: id, Seq: 1, At: now, Kind: engine.TaskEnded, Task: 0, Name: "+w", Try: 3,
		State: model.Failed, Data: params.Of("error", params.Of("message", "it broke")),
	}
	first := engine.Event{Attempt: id, Seq: 2, At: now - second, Kind: engine.SkippedTo, Task: model.NoTask}
	sub := definition(t, "sub", 2).Root
	return &store.Batch{
		Attempts: []engine.AttemptRow{{
			ID: id, State: engine.AttemptFailed, CancelAsked: true, Edits: params.Of("e", true),
			Shared: params.Of("s", list), Tasks: 12, Started: now, Ended: now + 3*second,
		}},
		Tasks: []engine.TaskRow{done, waiting},
		Grown: []engine.Growth{
			{Attempt: id, First: 4, Parent: 1, Kind: engine.GrowSub, Node: sub, Export: params.Of("x", 1)},
			{Attempt: id, First: 7, Parent: 2, Kind: engine.GrowItems, Items: list},
			{Attempt: id, First: 10, Parent: 1, Kind: engine.GrowAgain, Replaces: 3},
		},
		Events: []engine.Event{event, first},
	}
}

// wantFull checks that the store has what fullBatch says.
func (f *fixture) wantFull(made store.Attempt, def *workflow.Workflow) {
	f.Helper()
	b := fullBatch(f, made.ID)
	want := &store.Snapshot{Attempt: made, Definition: def, Tasks: b.Tasks, Growths: b.Grown, Seq: 2}
	want.Attempt.AttemptRow = b.Attempts[0]
	want.Attempt.Params = made.Params
	f.same("Load", f.load(made.ID), want)
	f.same("Attempt", f.attempt(made.ID), want.Attempt)
	f.same("Events", f.events(made.ID), b.Events)
}
