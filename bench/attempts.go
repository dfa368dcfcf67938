package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/runners/local"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// layered returns a workflow of n tasks in layers of 100, each coming after
// three of the layer before.
func layered(n int) (*workflow.Workflow, error) {
	const width = 100
	root := &workflow.Node{Name: "+bench", Children: make([]*workflow.Node, n)}
	for i := range n {
		c := &workflow.Node{Name: fmt.Sprintf("+t%d", i), Operator: "nop", Config: params.Of("_type", "nop")}
		if i >= width {
			base := i - i%width - width
			for d := range 3 {
				c.After = append(c.After, workflow.Edge{From: base + (i+d)%width})
			}
		}
		root.Children[i] = c
	}
	w := &workflow.Workflow{Name: "bench", Dialect: "dig", Root: root}
	return w, w.Finish()
}

// chain returns a workflow of n no-op tasks in a row.
func chain(n int) (*workflow.Workflow, error) {
	root := &workflow.Node{Name: "+bench"}
	for i := range n {
		c := &workflow.Node{Name: fmt.Sprintf("+t%d", i), Operator: "nop", Config: params.Of("_type", "nop")}
		if i > 0 {
			c.After = []workflow.Edge{{From: i - 1}}
		}
		root.Children = append(root.Children, c)
	}
	w := &workflow.Workflow{Name: "bench", Dialect: "dig", Root: root}
	return w, w.Finish()
}

// engineAlone drives the state machine without a conductor.
func engineAlone(h *harness) error {
	var cases []testCase
	for _, n := range []int{1_000, 10_000, 100_000} {
		w, err := layered(n)
		if err != nil {
			return err
		}
		cases = append(cases, testCase{fmt.Sprintf("engine-%d", n), "ns/transition", func() (float64, error) {
			transitions := 0
			began := time.Now()
			for range max(1, 100_000/n) {
				t, err := drive(w)
				if err != nil {
					return 0, err
				}
				transitions += t
			}
			return float64(time.Since(began).Nanoseconds()) / float64(transitions), nil
		}})
	}
	return h.measure(cases...)
}

func drive(w *workflow.Workflow) (transitions int, err error) {
	a := engine.New(1, w, params.Map{})
	var step engine.Step
	queue := []engine.Command{{Kind: engine.Begin}}
	for i := 0; i < len(queue); i++ {
		step.Reset()
		if err := a.Apply(1, queue[i], &step); err != nil {
			return 0, err
		}
		transitions += 2
		for _, e := range step.Effects {
			if e.Kind == engine.Dispatch {
				queue = append(queue, engine.Command{Kind: engine.Succeed, Task: e.Task, Try: e.Try})
			}
		}
	}
	if a.Row().State != engine.AttemptSuccess {
		return 0, fmt.Errorf("attempt is %v", a.Row().State)
	}
	return transitions, nil
}

// machine is a conductor on a store with the real executor and local runner.
type machine struct {
	store     store.Store
	runner    runner.Runner
	conductor *conductor.Conductor
	end       func() error
}

func newMachine(s store.Store) (*machine, error) {
	all, end := operators.All()
	x := &executor.Executor{Operators: all, Now: time.Now}
	open := func(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
		return x.Open(executor.AttemptInfo{ID: a.ID, Zone: time.UTC, Dialect: w.Dialect, ProjectDir: "/", Workdir: "/"}).Job
	}
	m := &machine{store: s, end: end, runner: local.New(local.Config{Slots: 2})}
	m.conductor = conductor.New(conductor.Config{Store: s, Runner: m.runner, Open: open, Owner: uuid.NewString(), Clock: clock.System{}})
	return m, m.conductor.Start(context.Background())
}

func (m *machine) run(w *workflow.Workflow, key string) error {
	ctx := context.Background()
	a, _, err := m.conductor.StartAttempt(ctx, store.Start{
		Session: store.Session{UUID: uuid.NewString(), Project: 1, Workflow: w.Name, Key: key},
		Zone:    "UTC", Definition: w, Created: model.InstantOf(time.Now()),
	})
	if err != nil {
		return err
	}
	row, err := m.conductor.Wait(ctx, a.ID)
	if err == nil && row.State != engine.AttemptSuccess {
		err = fmt.Errorf("attempt is %v", row.State)
	}
	return err
}

func (m *machine) close() error {
	for _, end := range []func() error{m.runner.Close, m.end, m.conductor.Stop, m.store.Close} {
		if err := end(); err != nil {
			return err
		}
	}
	return nil
}

func dagNoop(h *harness) error {
	return h.dag([]int{1_000, 10_000, 100_000}, "dag-noop", func() (store.Store, error) { return memory.New(), nil })
}

func dagNoopDurable(h *harness) error {
	if err := h.dag([]int{10_000, 100_000}, "dag-noop-durable", h.newSQLite); err != nil {
		return err
	}
	fmt.Println("# SQLite: WAL, synchronous=FULL; every transition is recorded")
	return nil
}

func (h *harness) newSQLite() (store.Store, error) {
	return sqlite.Open(filepath.Join(h.dir, uuid.NewString(), "pawl.db"))
}

func (h *harness) dag(sizes []int, name string, open func() (store.Store, error)) error {
	for _, n := range sizes {
		w, err := layered(n)
		if err != nil {
			return err
		}
		cases := []testCase{{fmt.Sprintf("%s-%d", name, n), "µs/task", func() (float64, error) {
			s, err := open()
			if err != nil {
				return 0, err
			}
			m, err := newMachine(s)
			if err != nil {
				return 0, err
			}
			began := time.Now()
			if err := m.run(w, "1"); err != nil {
				return 0, err
			}
			took := time.Since(began)
			return float64(took.Microseconds()) / float64(n), m.close()
		}}}
		if n == 1_000 {
			cases = append(cases, h.ninjaEdges(2_000, "true", "ninja-edge", "µs/task"))
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	return nil
}

// latency10 measures from the call that starts a workflow of ten steps to its
// result.
func latency10(h *harness) error {
	w, err := chain(10)
	if err != nil {
		return err
	}
	const workflows = 300
	for _, s := range []struct {
		name string
		open func() (store.Store, error)
	}{
		{"memory", func() (store.Store, error) { return memory.New(), nil }},
		{"sqlite", h.newSQLite},
	} {
		var p99s []float64
		err := h.measure(testCase{"latency-10-" + s.name + "-p50", "ms", func() (float64, error) {
			opened, err := s.open()
			if err != nil {
				return 0, err
			}
			m, err := newMachine(opened)
			if err != nil {
				return 0, err
			}
			took := make([]float64, workflows)
			for i := range took {
				began := time.Now()
				if err := m.run(w, fmt.Sprint(i)); err != nil {
					return 0, err
				}
				took[i] = float64(time.Since(began).Microseconds()) / 1000
			}
			slices.Sort(took)
			p99s = append(p99s, took[workflows*99/100])
			return took[workflows/2], m.close()
		}})
		if err != nil {
			return err
		}
		low, mid, high := spread(p99s[1:])
		fmt.Printf("figure latency-10-%s-p99 %.4g ms min=%.4g max=%.4g runs=%d\n", s.name, mid, low, high, h.runs)
	}
	return h.commitFloor()
}

// commitFloor is the least that ten durable steps can take: as many writes
// that are forced to the disk.
func (h *harness) commitFloor() error {
	return h.measure(testCase{"fsync-11", "ms", func() (float64, error) {
		f, err := os.Create(filepath.Join(h.dir, "floor"))
		if err != nil {
			return 0, err
		}
		began := time.Now()
		for range 11 {
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				return 0, err
			}
			if err := f.Sync(); err != nil {
				return 0, err
			}
		}
		took := time.Since(began)
		return float64(took.Microseconds()) / 1000, f.Close()
	}})
}

// quietly is a log that nobody reads.
func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }
