package host_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// leases notes who has taken one.
type leases struct {
	*memory.Store
	mu   sync.Mutex
	last struct {
		owner string
		epoch int64
	}
	taken chan struct{}
}

func (l *leases) Lease(ctx context.Context, owner string, epoch int64, d time.Duration) (int64, error) {
	made, err := l.Store.Lease(ctx, owner, epoch, d)
	if err == nil && epoch == 0 {
		l.mu.Lock()
		l.last.owner, l.last.epoch = owner, made
		l.mu.Unlock()
		l.taken <- struct{}{}
	}
	return made, err
}

// end ends the lease that stands, as another does that has taken over.
func (l *leases) end(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.EndLease(t.Context(), l.last.owner, l.last.epoch); err != nil {
		t.Fatal(err)
	}
}

func config(s store.Store, do operator.Func) host.Config {
	var operators operator.Registry
	operators.Register(operator.Spec{Name: "do", Operator: do})
	return host.Config{
		Store: s, Project: 1, Operators: &operators, Slots: 2, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, dialect string, root *workflow.Node) store.Start {
	t.Helper()
	w := &workflow.Workflow{Name: "w", Dialect: dialect, Scope: workflow.Shared, Root: root}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return store.Start{Session: store.Session{UUID: "u", Project: 1, Workflow: "w", Key: "k"}, Zone: "UTC", Definition: w}
}

// A host whose lease another has ended begins anew under the next, and drives on
// what it has lost.
func TestAHostThatHasLostItsLeaseBeginsAnew(t *testing.T) {
	t.Parallel()
	s := &leases{Store: memory.New(), taken: make(chan struct{}, 9)}
	begun := make(chan int32, 2)
	h, err := host.Live(t.Context(), config(s, func(ctx context.Context, task *operator.Task) (operator.Result, error) {
		begun <- task.ID.Try
		if task.ID.Try == 1 {
			<-ctx.Done()
			return operator.Result{}, context.Cause(ctx)
		}
		return operator.Result{Store: params.Of("key", host.Key(ctx))}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}()
	<-s.taken
	a, _, err := h.Start(t.Context(), start(t, workflow.Program, &workflow.Node{Name: "+w", Operator: "do"}))
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	s.end(t)
	<-s.taken
	done, err := h.Wait(t.Context(), a.ID)
	if err != nil || <-begun != 2 {
		t.Fatal(err)
	}
	if key, _ := done.Shared.String("key"); key != "k" {
		t.Errorf("the task saw the key %q", key)
	}
}

func TestSteppedTimePassesBetweenSteps(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := host.NewClock(begin)
	var at []time.Duration
	cfg := config(memory.NewWith(c), func(context.Context, *operator.Task) (operator.Result, error) {
		at = append(at, c.Now().Sub(begin))
		return operator.Result{}, nil
	})
	cfg.Clock = c
	h, err := host.Step(t.Context(), cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	wait := func(name string, d time.Duration) *workflow.Node {
		return &workflow.Node{Name: name, Operator: "do", Wait: &workflow.Wait{For: d}}
	}
	a, made, err := h.Start(t.Context(), start(t, workflow.Program, &workflow.Node{
		Name: "+w", Children: []*workflow.Node{wait("+late", 3*time.Hour), wait("+soon", time.Hour), {Name: "+now", Operator: "do"}},
	}))
	if err != nil || !made {
		t.Fatal(err)
	}
	if err := h.Advance(t.Context(), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Wait(t.Context(), a.ID); model.CodeOf(err) != model.Conflict {
		t.Errorf("a wait that would never end: %v", err)
	}
	if err := h.Advance(t.Context(), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Wait(t.Context(), a.ID); err != nil {
		t.Error(err)
	}
	if len(at) != 3 || at[0] != 0 || at[1] != time.Hour || at[2] != 3*time.Hour || c.Now().Sub(begin) != 4*time.Hour {
		t.Errorf("ran at %v, and it is %v", at, c.Now().Sub(begin))
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

func TestPathsNameSteps(t *testing.T) {
	t.Parallel()
	for task, path := range map[string]string{
		"+w": "", "+w+a": "a", "+w+a+b c": "a/b c", "+w+a^error+x": "a/on failure/x", "+w+a^deadline+x": "a/on deadline/x",
	} {
		if got := host.Path(task); got != path {
			t.Errorf("%s is %q, want %q", task, got, path)
		}
		if got := host.Task("w", path); path != "" && got != task {
			t.Errorf("%s is %q, want %q", path, got, task)
		}
	}
	if got := host.Path("+w+a^decide"); got != "a" {
		t.Errorf("what decides is %q", got)
	}
}

// What was begun before an attempt that is forgotten can't be known, and keeps none
// of those that come after it from going on.
func TestAnAttemptGoesOnThoughOneBeforeTheLastIsForgotten(t *testing.T) {
	t.Parallel()
	s, c := memory.New(), host.NewClock(time.Now())
	var begun []model.AttemptID
	cfg := config(s, func(ctx context.Context, _ *operator.Task) (operator.Result, error) {
		id, _ := host.Begun(ctx)
		if begun = append(begun, id); len(begun) < 3 {
			return operator.Result{}, errors.New("no")
		}
		return operator.Result{}, nil
	})
	h, err := host.Step(t.Context(), cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	next := start(t, workflow.Program, &workflow.Node{Name: "+w", Children: []*workflow.Node{{Name: "+a", Operator: "do"}}})
	for range 3 {
		a, _, err := h.Start(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		snap, err := s.Load(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if next, err = rerun.Start(snap, rerun.Plan{}); err != nil {
			t.Fatal(err)
		}
		if a.ID == 2 {
			if _, err := s.DeleteAttempts(t.Context(), []model.AttemptID{1}, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []model.AttemptID{1, 1, 2}; !slices.Equal(begun, want) {
		t.Errorf("the work was begun in %v, want %v", begun, want)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
