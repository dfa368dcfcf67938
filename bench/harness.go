package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"

	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// harness runs cases and prints what they measured.
type harness struct {
	runs     int
	quick    bool
	pawl     string // absolute
	temporal string
	profiles string

	dir     string // of the benchmark that runs, removed at its end
	report  report
	noted   []string // figures of the comparison that runs beside its cases' own
	cluster *postgrestest.Server
	broker  *kafkatest.Cluster
}

// size is how large something is, or how little of it shows that it works.
func (h *harness) size(full, quick int) int {
	if h.quick {
		return quick
	}
	return full
}

// sizes are several of them, of which one is enough to show that it works.
func (h *harness) sizes(full ...int) []int {
	if h.quick {
		return []int{200}
	}
	return full
}

// testCase measures one thing once and returns the figure.
type testCase struct {
	name, unit string
	run        func() (float64, error)
}

// note adds a value to a figure that a case measures besides its own.
func (h *harness) note(name, unit string, value float64) {
	if !slices.Contains(h.noted, name) {
		h.noted = append(h.noted, name)
	}
	h.report.add(name, unit, value)
}

// measure runs all cases in turn, once uncounted and then h.runs times, and
// prints their figures and the ratio of the first to each other of the same
// unit.
func (h *harness) measure(cases ...testCase) error {
	h.noted = nil
	uncounted, counted := 1, h.runs
	if h.quick {
		uncounted, counted = 0, 1
	}
	for round := range uncounted + counted {
		if round == uncounted {
			for _, name := range h.noted {
				delete(h.report.figures, name)
			}
		}
		for _, c := range cases {
			v, err := h.profiled(round == uncounted+counted-1, &c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round >= uncounted {
				h.report.add(c.name, c.unit, v)
			}
		}
	}
	for _, c := range cases {
		h.report.printFigure(c.name)
	}
	for _, name := range h.noted {
		h.report.printFigure(name)
	}
	for _, c := range cases[1:] {
		if c.unit == cases[0].unit {
			h.report.printRatio(cases[0].name, c.name)
		}
	}
	return nil
}

// profiled runs a case once, with a processor profile where that is wanted and
// it is the last run.
func (h *harness) profiled(last bool, c *testCase) (v float64, err error) {
	if !last || h.profiles == "" {
		return c.run()
	}
	f, err := os.Create(filepath.Join(h.profiles, c.name+".pprof"))
	if err != nil {
		return 0, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	v, err = c.run()
	pprof.StopCPUProfile()
	return v, errors.Join(err, f.Close())
}
