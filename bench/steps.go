package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// stepsOfWorkflow is how many no-op steps in a row a workflow of the
// benchmarks of throughput has.
const stepsOfWorkflow = 3

// load is how many workflows are run, so many of them at a time.
type load struct{ inFlight, workflows int }

// loads are those of the benchmarks of throughput, with that many workflows
// where many are in flight, and a tenth of them where one is.
func (h *harness) loads(workflows int) []load {
	many := h.size(workflows, 60)
	return []load{{1, h.size(workflows/10, 5)}, {50, many}, {1_000, many}}
}

// stepsSQLite runs workflows of three steps, the result of each of which is on
// disk before the next one begins.
func stepsSQLite(h *harness) error {
	if err := h.steps(h.onSQLite(), 20_000, nil); err != nil {
		return err
	}
	return h.measure(h.fsyncs())
}

func stepsPostgres(h *harness) error {
	return h.steps(h.onPostgres(), 10_000, func(l load) []testCase {
		switch l.inFlight {
		case 50:
			return append([]testCase{h.riverChains(l)}, h.temporalSteps(l)...)
		case 1:
			return h.temporalSteps(l)
		}
		return nil
	})
}

// steps measures a medium beside the bare program and peers.
func (h *harness) steps(on medium, workflows int, peers func(load) []testCase) error {
	w, err := chain(stepsOfWorkflow)
	if err != nil {
		return err
	}
	r, err := recordRun(w)
	if err != nil {
		return err
	}
	for _, l := range h.loads(workflows) {
		name := fmt.Sprintf("%s-%d", on.name, l.inFlight)
		cases := []testCase{
			h.stepsCase("steps-"+name, on.open, w, l),
			bareSteps("bare-"+name, on.bare, r, stepsOfWorkflow, l.workflows, l.inFlight),
		}
		if peers != nil {
			cases = append(cases, peers(l)...)
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	return nil
}

// stepsCase measures a new store, in steps per second.
func (h *harness) stepsCase(name string, open func() (store.Store, error), w *workflow.Workflow, l load) testCase {
	return testCase{name, "steps/s", func() (float64, error) {
		s, err := open()
		if err != nil {
			return 0, err
		}
		m, err := newMachine(s, shared)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		if _, err := m.runMany(w, l.workflows, l.inFlight); err != nil {
			return 0, err
		}
		took := time.Since(began)
		if err := checkSucceeded(s, w, l.workflows); err != nil {
			return 0, err
		}
		return float64(stepsOfWorkflow*l.workflows) / took.Seconds(), m.close()
	}}
}

// fsyncs is how often a file can be forced to the disk: the limit for what is
// written one after the other.
func (h *harness) fsyncs() testCase {
	return testCase{"fsync", "commits/s", func() (float64, error) {
		f, err := os.Create(filepath.Join(h.dir, "fsync"))
		if err != nil {
			return 0, err
		}
		n := h.size(2_000, 20)
		began := time.Now()
		for range n {
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				return 0, err
			}
			if err := f.Sync(); err != nil {
				return 0, err
			}
		}
		return float64(n) / time.Since(began).Seconds(), f.Close()
	}}
}
