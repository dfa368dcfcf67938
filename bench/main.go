// Command bench measures pawl beside its peers and the limits of the machine.
//
// Each benchmark runs its cases in turn, several times over, so that a drift
// of the machine hits all alike, and prints for each case
//
//	figure NAME MEDIAN UNIT min= max= runs=
//
// for pairs the median of the ratios, run by run:
//
//	ratio NAME/OTHER MEDIAN min= max=
//
// and at its end a table of what it aims at and whether that was met.
//
// Every case checks its result. Nothing here decides a test.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// benchmark is one row of the suite.
type benchmark struct {
	name string
	what string
	run  func(*harness) error
	aims []aim
}

func main() {
	if played, err := playPart(); played || err != nil {
		end(err)
		return
	}
	end(run(os.Args[1:], say))
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func say(format string, args ...any) { fmt.Printf(format, args...) }

func run(args []string, say func(string, ...any)) (err error) {
	h := &harness{}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	only := flags.String("only", "", "comma-separated names of benchmarks (default: all)")
	list := flags.Bool("list", false, "list the benchmarks and run none")
	flags.IntVar(&h.runs, "runs", 5, "counted runs of each case")
	flags.BoolVar(&h.quick, "quick", false, "run each case once, on next to nothing: to see that it works, not how fast")
	flags.StringVar(&h.pawl, "pawl", "bin/pawl", "the program to measure")
	flags.StringVar(&h.temporal, "temporal", "", "the program that bench/peers builds: measure Temporal, too")
	flags.StringVar(&h.profiles, "profiles", "", "`folder` for processor profiles of the last run of each case")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if h.pawl, err = filepath.Abs(h.pawl); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stopCluster(), h.stopKafka()) }()
	for _, b := range chosen {
		say("# %s: %s\n", b.name, b.what)
		if *list {
			continue
		}
		if err := h.runOne(&b, say); err != nil {
			return err
		}
	}
	return nil
}

// choose returns the benchmarks with the names given, or all.
func choose(only string) ([]benchmark, error) {
	if only == "" {
		return benchmarks, nil
	}
	var chosen []benchmark
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(benchmarks, func(b benchmark) bool { return b.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no benchmark %q: see -list", name)
		}
		chosen = append(chosen, benchmarks[i])
	}
	return chosen, nil
}

// runOne runs a benchmark in a folder of its own and removes what it made.
func (h *harness) runOne(b *benchmark, say func(string, ...any)) (err error) {
	if h.dir, err = os.MkdirTemp("", "pawl-bench-"); err != nil {
		return err
	}
	h.report = report{say, make(map[string]*series)}
	if err := errors.Join(b.run(h), os.RemoveAll(h.dir)); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	h.report.print(b.aims, h.quick)
	return nil
}
