package sim

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

var (
	seeds = flag.Int("seeds", 2000, "how many histories are simulated")
	first = flag.Uint64("seed", 1, "the first seed")
	trace = flag.Bool("trace", false, "print the whole history of each seed")
)

// batches is how many tests the seeds are split into, to run side by side.
const batches = 8

// Every history keeps every promise, and where the outcome does not depend on
// who is faster, it is the one of a history in which nothing goes wrong.
func TestHistoriesKeepThePromises(t *testing.T) {
	t.Parallel()
	for b := range batches {
		t.Run(fmt.Sprint("batch", b), func(t *testing.T) {
			t.Parallel()
			for i := b; i < *seeds && !t.Failed(); i += batches {
				simulate(t, *first+uint64(i))
			}
		})
	}
}

// Seeds that once found a fault are simulated for ever.
func TestSeedsThatOnceFailed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		seed, why, _ := strings.Cut(strings.TrimSpace(line), " ")
		if seed == "" || seed[0] == '#' {
			continue
		}
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatalf("testdata/seeds.txt: %v", err)
		}
		t.Run(seed+" "+why, func(t *testing.T) {
			t.Parallel()
			simulate(t, n)
		})
	}
}

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	const rerun = "rerun with: go test ./internal/sim -run Promises -seeds 1 -seed %d -trace"
	r := Run(seed, Options{Trace: tracer(t)})
	if r.Err != nil {
		t.Errorf("seed %d: %v\n"+rerun, seed, r.Err, seed)
		return
	}
	if !r.Steady {
		return
	}
	calm := Run(seed, Options{Faultless: true})
	if calm.Err != nil {
		t.Errorf("seed %d without faults: %v\n"+rerun, seed, calm.Err, seed)
		return
	}
	for i, want := range calm.Outcomes {
		if got := r.Outcomes[i]; got != want {
			t.Errorf("seed %d: with faults attempt %d ends as\n%s\nwithout as\n%s\n"+rerun, seed, i, got, want, seed)
		}
	}
}

// tracer returns what writes histories to the test's output, if that is wanted.
func tracer(t *testing.T) io.Writer {
	if !*trace {
		return nil
	}
	return t.Output()
}

// The same seed gives the same history.
func TestSameSeedSameHistory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		one, two := Run(seed, Options{}), Run(seed, Options{})
		if one.Hash != two.Hash || one.Lines != two.Lines {
			t.Errorf("seed %d: %d lines with hash %x, then %d with %x", seed, one.Lines, one.Hash, two.Lines, two.Hash)
		}
	}
}
