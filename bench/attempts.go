package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
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
	for _, n := range h.sizes(1_000, 10_000, 100_000) {
		w, err := layered(n)
		if err != nil {
			return err
		}
		cases = append(cases, testCase{fmt.Sprintf("engine-%d", n), "ns/transition", func() (float64, error) {
			transitions := 0
			began := time.Now()
			for range max(1, h.size(100_000, n)/n) {
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

func dagNoop(h *harness) error {
	return h.dag(h.sizes(1_000, 10_000, 100_000), "dag-noop", func() (store.Store, error) { return memory.New(), nil })
}

func dagNoopDurable(h *harness) error {
	return h.dag(h.sizes(10_000, 100_000), "dag-noop-durable", h.newSQLite)
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
			m, err := newMachine(s, alone)
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
			cases = append(cases, h.ninjaEdges(h.size(2_000, 20), "true", "ninja-edge", "µs/task"))
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	return nil
}

// quietly is a log that nobody reads.
func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }
