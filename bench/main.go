// Command bench measures pawl beside its peers and the limits of the machine.
//
// Each benchmark runs its cases in turn, several times over, so that a drift
// of the machine hits all alike, and prints for each case
//
//	figure NAME MEDIAN UNIT min= max= runs=
//
// and for pairs the median of the ratios, run by run:
//
//	ratio NAME/OTHER MEDIAN min= max=
//
// Every case checks its result. Nothing here decides a test.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// harness runs cases and prints what they measured.
type harness struct {
	runs int
	pawl string
	dir  string
}

// benchmark is one row of the suite.
type benchmark struct {
	name string
	what string
	run  func(*harness) error
}

var benchmarks = []benchmark{
	{"engine", "the state machine alone: ns per transition", engineAlone},
	{"dag-noop", "layered DAG of no-op tasks in memory: µs per task", dagNoop},
	{"dag-noop-durable", "the same on SQLite, synchronous=FULL: µs per task", dagNoopDurable},
	{"sh-true", "2,000 x `sh>: true`: tasks per second", shTrue},
	{"sh-direct", "2,000 x `sh>: /bin/true`: tasks per second", shDirect},
	{"sh-40", "40 x `sh>: true` from cold start: ms", sh40},
	{"py-light", "40 x fibo(10) in Python: ms", pyLight},
	{"plan-load", "a workflow of 10,000 tasks: ms", planLoad},
	{"latency-10", "10 no-op steps in a row, one workflow at a time: ms", latency10},
	{"start", "start of the program: ms; its size: MB", start},
	{"expr", "expressions: evaluations per second", expressions},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	h := &harness{}
	only := flag.String("only", "", "comma-separated names of benchmarks (default: all)")
	flag.IntVar(&h.runs, "runs", 5, "counted runs of each case")
	flag.StringVar(&h.pawl, "pawl", "bin/pawl", "the program to measure")
	flag.Parse()
	for _, b := range benchmarks {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), b.name) {
			continue
		}
		fmt.Printf("# %s: %s\n", b.name, b.what)
		dir, err := os.MkdirTemp("", "pawl-bench-")
		if err != nil {
			return err
		}
		h.dir = dir
		err = b.run(h)
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// testCase measures one thing once and returns the figure.
type testCase struct {
	name, unit string
	run        func() (float64, error)
}

// measure runs all cases in turn, once uncounted and then h.runs times, and
// prints their figures and the ratio of the first to each other of the same
// unit.
func (h *harness) measure(cases ...testCase) error {
	values := make([][]float64, len(cases))
	for round := range h.runs + 1 {
		for i, c := range cases {
			v, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				values[i] = append(values[i], v)
			}
		}
	}
	for i, c := range cases {
		low, mid, high := spread(values[i])
		fmt.Printf("figure %s %.4g %s min=%.4g max=%.4g runs=%d\n", c.name, mid, c.unit, low, high, len(values[i]))
	}
	for i, c := range cases[1:] {
		if c.unit != cases[0].unit {
			continue
		}
		ratios := make([]float64, len(values[0]))
		for k := range ratios {
			ratios[k] = values[0][k] / values[i+1][k]
		}
		low, mid, high := spread(ratios)
		fmt.Printf("ratio %s/%s %.3g min=%.3g max=%.3g\n", cases[0].name, c.name, mid, low, high)
	}
	return nil
}

func spread(values []float64) (low, mid, high float64) {
	v := slices.Sorted(slices.Values(values))
	return v[0], v[len(v)/2], v[len(v)-1]
}
