//go:build linux

package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// What make chaos asks for; the defaults are what every run of the tests has.
var (
	seed      = flag.Uint64("seed", 1, "what the faults are drawn from; 0 takes the time")
	kills     = flag.Int("kills", 10, "how many processes are killed at least")
	workflows = flag.Int("workflows", 60, "how many workflows are started at least")
	lasts     = flag.Duration("for", 0, "how long there are faults at least")
	cuts      = flag.Int("cuts", 40, "how many power cuts are tried")
	messages  = flag.Int("messages", 1500, "how many messages each test of Kafka sends at least")
	outages   = flag.Int("outages", 3, "how many processes each test of Kafka kills at least")
)

func TestMain(m *testing.M) {
	if text := os.Getenv(asOrders); text != "" {
		if err := serveOrders(text); err != nil {
			fmt.Fprintln(os.Stderr, "orders:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir := built.dir; dir != "" {
			_ = os.RemoveAll(dir) // what stays is for the system to remove
		}
		os.Exit(code)
	}))
}

// dice returns a stream of random numbers that depends on the seed and its own
// name, so that one does not change with what is drawn from others.
func dice(t *testing.T, of uint64) *rand.Rand {
	t.Helper()
	t.Logf("seed %d", drawn())
	return rand.New(rand.NewPCG(drawn(), of))
}

// drawn is the seed of all tests.
var drawn = sync.OnceValue(func() uint64 {
	if *seed == 0 {
		return uint64(time.Now().UnixNano())
	}
	return *seed
})

var built struct {
	once sync.Once
	dir  string
	err  error
}

// program returns the path of pawl, built from the sources as they are.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "pawl-chaos-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "pawl"), "../../cmd/pawl").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build pawl: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "pawl")
}
