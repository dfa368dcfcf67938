package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/cli"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/parts"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// asPawl makes this program behave as pawl, which benchmarks start.
const asPawl = "PAWL_BENCH_AS_PAWL"

func TestMain(m *testing.M) {
	switch played, err := playPart(); {
	case played:
		end(err)
	case os.Getenv(asPawl) != "":
		os.Exit(cli.Main(context.Background(), os.Args[1:], cli.OS()))
	default:
		os.Exit(m.Run())
	}
}

// Benchmarks are run by people, and seldom. This keeps them from rotting in
// between; it says nothing about time.
func TestEveryBenchmarkRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers and programs")
	}
	for _, peer := range []string{"ninja", "python3"} {
		if _, err := exec.LookPath(peer); err != nil {
			parts.Missing(t, err)
		}
	}
	t.Setenv(asPawl, "1")
	h := &harness{quick: true, pawl: os.Args[0]}
	t.Cleanup(func() {
		if err := errors.Join(h.stopCluster(), h.stopKafka()); err != nil {
			t.Error(err)
		}
	})
	for _, b := range benchmarks {
		t.Run(b.name, func(t *testing.T) {
			err := h.runOne(&b, quiet)
			if errors.Is(err, postgrestest.ErrMissing) || errors.Is(err, kafkatest.ErrMissing) {
				parts.Missing(t, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range b.aims {
				if h.report.figures[a.figure] == nil && !inLargeRunsOnly[a.figure] && !strings.HasPrefix(a.figure, "noop-build-") {
					t.Errorf("nothing measures %s", a.figure)
				}
			}
		})
	}
}

// inLargeRunsOnly are figures of sizes that a quick run leaves out, or of what
// a few random moments may not show.
var inLargeRunsOnly = map[string]bool{
	"engine-100000": true, "dag-noop-100000": true, "dag-noop-durable-100000": true,
	"crash-takeover": true,
}

func quiet(string, ...any) {}

func TestAimsAreJudgedByTheMedian(t *testing.T) {
	t.Parallel()
	r := report{quiet, make(map[string]*series)}
	for _, v := range []float64{1, 9, 3} {
		r.add("ours", "ms", v)
		r.add("theirs", "ms", 2*v)
	}
	for _, c := range []struct {
		aim   aim
		value float64
		want  string
	}{
		{atMost("ours", 3), 3, "met"}, {atMost("ours", 2), 3, "missed"},
		{atLeast("ours", 3), 3, "met"}, {atLeast("ours", 4), 3, "missed"},
		{atMost("ours", 0.5).of("theirs"), 0.5, "met"}, {atMost("ours", 0), 3, "missed"},
	} {
		value := r.value(c.aim)
		if got := c.aim.verdict(value, false); value != c.value || got != c.want {
			t.Errorf("%+v is %v, %s", c.aim, value, got)
		}
		if got := c.aim.verdict(value, true); got != "" {
			t.Errorf("a quick run says %q", got)
		}
	}
}
