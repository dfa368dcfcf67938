package conductor_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// shaky is a store whose calls a test can fail or watch. A hook gets what the
// call would do.
type shaky struct {
	store.Store
	mu      sync.Mutex
	batches []store.Batch
	commit  func(next func() error) error
	start   func(next func() error) error
	load    func(next func() error) error
	claim   func(next func() error) error
	// read fails what it returns an error for. Those are counted.
	read  func(model.AttemptID) error
	reads int
	// fetch fails a call of FetchItems.
	fetch error
	// garbled are posts that can't be read.
	garbled map[store.PostID]bool
	// whole fails a call of LoadAll.
	whole  func([]model.AttemptID) error
	claims int
}

func memoryAt(c clock.Clock) store.Store { return memory.NewWith(c) }

func newShaky(t *testing.T, c clock.Clock) *shaky {
	s := &shaky{Store: memoryAt(c)}
	t.Cleanup(func() { _ = s.Store.Close() }) // it never fails
	return s
}

func through(hook func(func() error) error, next func() error) error {
	if hook == nil {
		return next()
	}
	return hook(next)
}

func (s *shaky) Commit(ctx context.Context, b *store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return through(s.commit, func() error {
		err := s.Store.Commit(ctx, b)
		if err == nil {
			s.batches = append(s.batches, store.Batch{
				Attempts: slices.Clone(b.Attempts), Tasks: slices.Clone(b.Tasks),
				Grown: slices.Clone(b.Grown), Events: slices.Clone(b.Events),
			})
		}
		return err
	})
}

func (s *shaky) StartAttempt(ctx context.Context, start store.Start) (a store.Attempt, made bool, err error) {
	err = through(s.start, func() (err error) {
		a, made, err = s.Store.StartAttempt(ctx, start)
		return err
	})
	return a, made, err
}

func (s *shaky) LoadAll(ctx context.Context, ids []model.AttemptID) (list []store.Loaded, err error) {
	err = through(s.load, func() (err error) {
		if s.whole != nil {
			if err := s.whole(ids); err != nil {
				return err
			}
		}
		list, err = s.Store.LoadAll(ctx, ids)
		for i, id := range ids {
			if s.read == nil || err != nil {
				break
			}
			if err := s.read(id); err != nil {
				s.reads++
				list[i] = store.Loaded{Err: err}
			}
		}
		return err
	})
	return list, err
}

func (s *shaky) Claim(ctx context.Context, pool store.Pool, owner string, epoch int64, now model.Instant, n int, only ...model.AttemptID) (ids []model.AttemptID, err error) {
	s.claims++
	err = through(s.claim, func() (err error) {
		ids, err = s.Store.Claim(ctx, pool, owner, epoch, now, n, only...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func (s *shaky) FetchItems(ctx context.Context, attempt model.AttemptID, task model.TaskID, f engine.Fetch) ([]engine.Item, error) {
	if s.fetch != nil {
		return nil, s.fetch
	}
	return s.Store.FetchItems(ctx, attempt, task, f)
}

func (s *shaky) Posted(ctx context.Context, owner string, epoch int64, after store.PostID, n int) ([]store.Post, error) {
	posts, err := s.Store.Posted(ctx, owner, epoch, after, n)
	for i := range posts {
		if s.garbled[posts[i].ID] {
			posts[i].Command, posts[i].Err = engine.Command{}, errBroken
		}
	}
	return posts, err
}

var errStore = model.Errorf(model.Unavailable, "the store does not answer")

// refuse fails a call without making it; lose makes it and fails all the same.
func refuse(func() error) error { return errStore }

func lose(next func() error) error { return errors.Join(errStore, next()) }

// desk is a runner whose jobs the test answers, or answer does at once.
type desk struct {
	mu        sync.Mutex
	report    func([]runner.Report)
	jobs      []runner.Job
	calls     []string
	startErr  error
	answer    func(runner.Job) engine.Command
	answering sync.WaitGroup
}

func (d *desk) Start(report func([]runner.Report)) error {
	d.report = report
	return d.startErr
}

func (d *desk) Submit(batch []runner.Job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range batch {
		d.jobs = append(d.jobs, j)
		d.calls = append(d.calls, "submit "+j.ID.String())
		if d.answer != nil {
			d.answering.Go(func() { d.report([]runner.Report{{ID: j.ID, Outcome: d.answer(j)}}) })
		}
	}
}

func (d *desk) Cancel(id runner.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "cancel "+id.String())
}

func (d *desk) Close() error {
	d.answering.Wait()
	return nil
}

// did returns what the runner was asked for since the last call.
func (d *desk) did() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

func open(a store.Attempt, _ *workflow.Workflow) func(*engine.Effect) runner.Job {
	return func(e *engine.Effect) runner.Job {
		return runner.Job{ID: runner.ID{Attempt: a.ID, Task: e.Task, Try: e.Try}, Task: e.Name}
	}
}

// chain returns a workflow of actions one after the other.
func chain(t testing.TB, actions ...*workflow.Node) *workflow.Workflow {
	t.Helper()
	for i, n := range actions {
		n.Operator = "act"
		if i > 0 {
			n.After = []workflow.Edge{{From: i - 1}}
		}
	}
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: actions}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return w
}

func start(key string, def *workflow.Workflow) store.Start {
	return store.Start{
		Session:    store.Session{UUID: key, Project: 1, Workflow: def.Name, Key: key},
		Params:     params.Of("key", key),
		Definition: def,
	}
}

// stopwatch is a clock that stands still until it is moved.
type stopwatch struct{ now time.Time }

func (s *stopwatch) Now() time.Time { return s.now }

func (s *stopwatch) After(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// rig is a core with all that it works with, in one goroutine.
type rig struct {
	*testing.T
	clock *stopwatch
	store *shaky
	desk  *desk
	taken []model.AttemptID // attempts that were another's
	*conductor.Core
}

func newRig(t *testing.T) *rig {
	t.Helper()
	c := &stopwatch{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	r := &rig{T: t, store: newShaky(t, c), desk: &desk{}, clock: c}
	r.Core = r.another("one")
	return r
}

// another returns another core that works with the same store.
func (r *rig) another(owner string) *conductor.Core {
	r.Helper()
	core := conductor.NewCore(conductor.Config{
		Store: r.store, Runner: r.desk, Open: open, Owner: owner, Clock: r.clock,
		TakeOver: func(s *store.Snapshot) { r.taken = append(r.taken, s.Attempt.ID) },
	})
	if err := core.Step(ctx, nil); err != nil {
		r.Fatal(err)
	}
	return core
}

func (r *rig) step(stimuli ...conductor.Stimulus) {
	r.Helper()
	if err := r.Step(ctx, stimuli); err != nil {
		r.Fatalf("Step: %v", err)
	}
}

// begin starts an attempt and returns its id.
func (r *rig) begin(key string, def *workflow.Workflow) model.AttemptID {
	r.Helper()
	var a store.Attempt
	r.step(do(func(c *conductor.Core) (err error) {
		a, _, err = c.Start(ctx, start(key, def))
		return err
	}))
	return a.ID
}

func do(f func(*conductor.Core) error) conductor.Stimulus { return conductor.Stimulus{Do: f} }

func command(id model.AttemptID, c engine.Command) conductor.Stimulus {
	return conductor.Stimulus{Attempt: id, Command: c}
}

func succeed(id model.AttemptID, task model.TaskID, try int32) conductor.Stimulus {
	return command(id, engine.Command{Kind: engine.Succeed, Task: task, Try: try})
}

// stored returns the state of a task as the store has it.
func (r *rig) stored(id model.AttemptID, task model.TaskID) model.State {
	r.Helper()
	s, err := r.store.Store.Load(ctx, id)
	if err != nil {
		r.Fatal(err)
	}
	for _, row := range s.Tasks {
		if row.ID == task {
			return row.State
		}
	}
	return model.Blocked
}

// expect checks what the runner was asked for since the last time.
func (r *rig) expect(want ...string) {
	r.Helper()
	if got := r.desk.did(); !slices.Equal(got, want) {
		r.Errorf("the runner was asked for %q, want %q", got, want)
	}
}
