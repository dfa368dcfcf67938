package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/items"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// machine is a conductor on a store with the real executor and local runner.
type machine struct {
	store     store.Store
	runner    runner.Runner
	conductor *conductor.Conductor
	end       func() error
}

// alone makes a conductor as that of `pawl run`, which shares its store with
// nobody.
func alone(*conductor.Config) {}

// shared makes a conductor as that of a server: it looks for what others left,
// and lets go of attempts that only wait.
func shared(c *conductor.Config) { c.Patrol, c.Unload = time.Second, 30*time.Second }

// observed makes a conductor as that of a server that tells of each commit.
func observed(f func(*store.Batch)) func(*conductor.Config) {
	return func(c *conductor.Config) {
		shared(c)
		c.Observe = f
	}
}

func newMachine(s store.Store, as func(*conductor.Config)) (*machine, error) {
	all, end := operators.All(nil)
	all.Register(operator.Spec{Name: "tell", Operator: operator.Func(tell), Light: true})
	all.Register(operator.Spec{Name: "numbers", Operator: operator.Func(listNumbers)})
	x := &executor.Executor{Operators: all, Now: time.Now}
	open := func(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
		return x.Open(executor.AttemptInfo{
			ID: a.ID, Zone: time.UTC, Dialect: w.Dialect, ProjectDir: "/", Workdir: "/",
			Services: operator.Services{Messages: true}, Items: items.Lists{Store: s},
		}).Job
	}
	m := &machine{store: s, end: end, runner: local.New(local.Config{Slots: 2})}
	cfg := conductor.Config{Store: s, Runner: m.runner, Open: open, Owner: uuid.NewString(), Clock: clock.System{}}
	as(&cfg)
	m.conductor = conductor.New(cfg)
	return m, m.conductor.Start(context.Background())
}

// starting asks for an attempt of a new session.
func starting(w *workflow.Workflow, key string) store.Start {
	return store.Start{
		Session: store.Session{UUID: uuid.NewString(), Project: 1, Workflow: w.Name, Key: key},
		Zone:    "UTC", Definition: w, Created: model.InstantOf(time.Now()),
	}
}

// run runs a workflow to its end.
func (m *machine) run(w *workflow.Workflow, key string) error {
	ctx := context.Background()
	a, _, err := m.conductor.StartAttempt(ctx, starting(w, key))
	if err != nil {
		return err
	}
	row, err := m.conductor.Wait(ctx, a.ID)
	if err == nil && row.State != engine.AttemptSuccess {
		err = fmt.Errorf("attempt is %v", row.State)
	}
	return err
}

// runMany runs a workflow n times, so many at a time, and returns how long each
// took.
func (m *machine) runMany(w *workflow.Workflow, n, inFlight int) ([]time.Duration, error) {
	return inTurn(n, inFlight, func(i int) error { return m.run(w, fmt.Sprint(i)) })
}

// inTurn calls f for 0 to n-1, so many at a time, and returns how long each
// took.
func inTurn(n, atATime int, f func(i int) error) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	var next atomic.Int64
	var group errgroup.Group
	for range min(atATime, n) {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := f(i); err != nil {
					return err
				}
				took[i] = time.Since(began)
			}
			return nil
		})
	}
	return took, group.Wait()
}

// checkSucceeded returns an error unless the store has n attempts of a workflow
// that succeeded.
func checkSucceeded(s store.Store, w *workflow.Workflow, n int) error {
	got, page := 0, store.Page{Limit: store.MaxLimit}
	for {
		list, next, err := s.ListAttempts(context.Background(), store.Filter{Workflow: w.Name, Project: 1}, page)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].State == engine.AttemptSuccess {
				got++
			}
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	if got != n {
		return fmt.Errorf("%d of %d attempts succeeded", got, n)
	}
	return nil
}

func (m *machine) close() error {
	return errors.Join(m.runner.Close(), m.end(), m.conductor.Stop(), m.store.Close())
}
