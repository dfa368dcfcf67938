package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// now is when tests happen.
const now model.Instant = 1_790_000_000_000_000

// openTemp opens a new store and closes it when the test ends.
func openTemp(t testing.TB) *Store {
	t.Helper()
	s := openAt(t, filepath.Join(t.TempDir(), "pawl.db"))
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What tests of both databases are made of.
var (
	startOf    = storetest.StartOf
	step       = storetest.Step
	start      = storetest.Started
	newLease   = storetest.Leased
	wantClaim  = storetest.WantClaim
	closeStore = storetest.Closed
)
