package main

import (
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// latency10 measures from the call that starts a workflow of ten steps to its
// result.
func latency10(h *harness) error {
	const steps = 10
	w, err := chain(steps)
	if err != nil {
		return err
	}
	r, err := recordRun(w)
	if err != nil {
		return err
	}
	l := load{1, h.size(300, 5)}
	for _, on := range []medium{h.inMemory(), h.onSQLite(), h.onPostgres()} {
		cases := []testCase{h.latency("latency-10-"+on.name, on.open, w, l)}
		if on.bare != nil {
			cases = append(cases, bareLatency("bare-10-"+on.name+"-p50", on.bare, r, l.workflows))
		}
		if on.name == "pg" {
			cases = append(cases, h.riverLatency("river-10", steps, load{1, h.size(100, 2)}))
			cases = append(cases, h.temporalLatency("temporal-10", steps, load{1, 30})...)
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	return nil
}

// latencyLoaded measures workflows of three steps while 50 are in flight.
func latencyLoaded(h *harness) error {
	w, err := chain(stepsOfWorkflow)
	if err != nil {
		return err
	}
	on, l := h.onPostgres(), load{50, h.size(6_000, 60)}
	return h.measure(append([]testCase{
		h.latency("latency-loaded", on.open, w, l),
		h.riverLatency("river-loaded", stepsOfWorkflow, load{l.inFlight, h.size(1_000, 60)}),
	}, h.temporalLatency("temporal-loaded", stepsOfWorkflow, load{l.inFlight, 300})...)...)
}

// latency measures a new store: the median, and besides it the 99th of 100.
func (h *harness) latency(name string, open func() (store.Store, error), w *workflow.Workflow, l load) testCase {
	return testCase{name + "-p50", "ms", func() (float64, error) {
		s, err := open()
		if err != nil {
			return 0, err
		}
		m, err := newMachine(s, shared)
		if err != nil {
			return 0, err
		}
		took, err := m.runMany(w, l.workflows, l.inFlight)
		if err != nil {
			return 0, err
		}
		h.note(name+"-p99", "ms", percentile(took, 99))
		return percentile(took, 50), m.close()
	}}
}

// percentile returns the time, in milliseconds, that so many of 100 did not
// take longer than.
func percentile(took []time.Duration, of int) float64 {
	sorted := slices.Sorted(slices.Values(took))
	return inMilliseconds(sorted[min(len(sorted)*of/100, len(sorted)-1)])
}

func inMilliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// bareLatency measures a program that commits the same rows in as many
// transactions, one workflow after the other.
func bareLatency(name string, open func() (bare, error), r *recording, workflows int) testCase {
	return testCase{name, "ms", func() (float64, error) {
		b, err := open()
		if err != nil {
			return 0, err
		}
		transactions := r.replay(workflows, 1)
		each := len(transactions) / workflows
		took := make([]time.Duration, workflows)
		for i := range took {
			if took[i], err = commitAll(b, transactions[i*each:(i+1)*each]); err != nil {
				return 0, err
			}
		}
		return percentile(took, 50), b.close()
	}}
}

// riverLatency measures chains of jobs.
func (h *harness) riverLatency(name string, steps int, l load) testCase {
	return testCase{name + "-p50", "ms", func() (float64, error) {
		took, _, err := h.chains(steps, l.workflows, l.inFlight)
		if err != nil {
			return 0, err
		}
		h.note(name+"-p99", "ms", percentile(took, 99))
		return percentile(took, 50), nil
	}}
}
