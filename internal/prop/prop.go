// Package prop checks properties with the same cases in every run of the
// tests. It is for tests only and knows nothing of what they test.
package prop

import (
	"flag"
	"hash/fnv"
	"io"
	"os"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

const seedFlag = "rapid.seed"

// seeding is held while a check reads its seed, of which rapid has one for
// all checks.
var seeding sync.Mutex

// chosen reports whether whoever runs the tests gave a seed.
var chosen = sync.OnceValue(func() bool {
	_, found := os.LookupEnv("RAPID_SEED")
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == seedFlag })
	return found
})

// Check is rapid.Check with cases that depend on the test's name alone. The
// environment can ask for others: RAPID_SEED=0 for new ones in each run,
// RAPID_SEED=n or the flag -rapid.seed for those of a seed, RAPID_CHECKS for
// more.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	seeding.Lock()
	seeded := sync.OnceFunc(seeding.Unlock)
	defer seeded()
	if !chosen() {
		if err := flag.Set(seedFlag, seedOf(t.Name())); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		seeded()
		property(rt)
	})
}

func seedOf(name string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name) // a hash takes everything
	return strconv.FormatUint(h.Sum64(), 10)
}
