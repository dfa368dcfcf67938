package sim

import (
	"cmp"
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
	simulateAll(t, alone, *seeds)
}

// So does every history of servers that share a store.
func TestHistoriesOfServersKeepThePromises(t *testing.T) {
	t.Parallel()
	simulateAll(t, servers, *seeds)
}

// So does every one of servers that share workers, too. Of those a fourth is
// simulated.
func TestHistoriesOfWorkersKeepThePromises(t *testing.T) {
	t.Parallel()
	simulateAll(t, workers, max(1, *seeds/4))
}

// So does every one of servers whose attempts wait in a queue, and their tasks for
// slots. Of those an eighth is simulated.
func TestHistoriesOfQueuesKeepThePromises(t *testing.T) {
	t.Parallel()
	simulateAll(t, queues, max(1, *seeds/8))
}

// So does every one of servers that evaluate sensors, and whose backfills are cancelled
// and run again. Of those an eighth is simulated.
func TestHistoriesOfSensorsKeepThePromises(t *testing.T) {
	t.Parallel()
	simulateAll(t, sensed, max(1, *seeds/8))
}

// mode is what a history is of.
type mode string

const (
	alone   mode = ""
	servers mode = "Servers"
	workers mode = "Workers"
	queues  mode = "Queues"
	sensed  mode = "Sensors"
)

// options returns those of a mode.
func (m mode) options() Options {
	return Options{Servers: m != alone, Workers: m == workers, Queue: m == queues, Sensors: m == sensed}
}

func simulateAll(t *testing.T, m mode, seeds int) {
	t.Helper()
	for b := range batches {
		t.Run(fmt.Sprint("batch", b), func(t *testing.T) {
			t.Parallel()
			for i := b; i < seeds && !t.Failed(); i += batches {
				simulate(t, *first+uint64(i), m)
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
		text, m := strings.TrimSpace(line), alone
		for _, other := range []mode{servers, workers, queues, sensed} {
			if rest, ok := strings.CutPrefix(text, strings.ToLower(string(other))+" "); ok {
				text, m = rest, other
			}
		}
		seed, why, _ := strings.Cut(text, " ")
		if seed == "" || seed[0] == '#' {
			continue
		}
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatalf("testdata/seeds.txt: %v", err)
		}
		t.Run(text+" "+why, func(t *testing.T) {
			t.Parallel()
			simulate(t, n, m)
		})
	}
}

func simulate(t *testing.T, seed uint64, m mode) {
	t.Helper()
	which := cmp.Or(string(m), "Histories")
	rerun := fmt.Sprintf("rerun with: go test ./internal/sim -run %sKeep -seeds 1 -seed %d -trace", which, seed)
	o := m.options()
	o.Trace = tracer(t)
	r := Run(seed, o)
	if r.Err != nil {
		t.Errorf("seed %d: %v\n%s", seed, r.Err, rerun)
		return
	}
	if !r.Steady {
		return
	}
	o.Faultless, o.Trace = true, nil
	calm := Run(seed, o)
	if calm.Err != nil {
		t.Errorf("seed %d without faults: %v\n%s", seed, calm.Err, rerun)
		return
	}
	if !calm.Steady {
		return
	}
	for i, want := range calm.Outcomes {
		if got := r.Outcomes[i]; got != want {
			t.Errorf("seed %d: with faults attempt %d ends as\n%s\nwithout as\n%s\n%s", seed, i, got, want, rerun)
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
	for seed := range uint64(100) {
		o := []mode{alone, servers, workers, queues, sensed}[seed%5].options()
		one, two := Run(seed, o), Run(seed, o)
		if one.Hash != two.Hash || one.Lines != two.Lines {
			t.Errorf("seed %d: %d lines with hash %x, then %d with %x", seed, one.Lines, one.Hash, two.Lines, two.Hash)
		}
	}
}
