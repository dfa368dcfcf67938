package main

import (
	"errors"
	"fmt"
	"os/exec"
)

// temporalSteps measures Temporal in steps per second, where it is there.
func (h *harness) temporalSteps(l load) []testCase {
	if h.temporal == "" {
		return nil
	}
	n := h.size(min(l.workflows, 6*l.inFlight+30), 2)
	return []testCase{{fmt.Sprintf("temporal-%d", l.inFlight), "steps/s", func() (float64, error) {
		a, err := h.runTemporal(stepsOfWorkflow, load{l.inFlight, n})
		return float64(n*stepsOfWorkflow) / a.seconds, err
	}}}
}

// temporalLatency measures Temporal's workflows, where it is there.
func (h *harness) temporalLatency(name string, steps int, l load) []testCase {
	if h.temporal == "" {
		return nil
	}
	l.workflows = h.size(l.workflows, 2)
	return []testCase{{name + "-p50", "ms", func() (float64, error) {
		a, err := h.runTemporal(steps, l)
		h.note(name+"-p99", "ms", a.p99)
		return a.p50, err
	}}}
}

// temporalAnswer is what the program of bench/peers says of a measurement.
type temporalAnswer struct{ seconds, p50, p99 float64 }

// runTemporal measures a server that keeps its state in memory and whose
// limits of polling are lifted, which is when it is quickest.
func (h *harness) runTemporal(steps int, l load) (t temporalAnswer, err error) {
	server, err := startActor(exec.Command(h.temporal, "-lifted"))
	if err != nil {
		return t, err
	}
	if err := server.expect("ready"); err != nil {
		return t, err
	}
	if err := server.say(fmt.Sprint(steps, l.inFlight, l.workflows)); err != nil {
		return t, err
	}
	line, err := server.line()
	if err == nil {
		_, err = fmt.Sscan(line, &t.seconds, &t.p50, &t.p99)
	}
	return t, errors.Join(err, server.leave())
}
