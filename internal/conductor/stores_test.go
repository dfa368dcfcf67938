package conductor_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// inStores runs a test of what one conductor leaves to the next with each store that
// there is.
func inStores(t *testing.T, test func(r *rig)) {
	t.Helper()
	t.Parallel()
	for name, open := range map[string]func(*testing.T, clock.Clock) (store.Store, error){
		"memory": func(_ *testing.T, c clock.Clock) (store.Store, error) { return memoryAt(c), nil },
		"sqlite": func(t *testing.T, _ clock.Clock) (store.Store, error) {
			return sqlite.Open(filepath.Join(t.TempDir(), "pawl.db"))
		},
		"postgres": func(t *testing.T, _ clock.Clock) (store.Store, error) {
			return postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &stopwatch{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			s, err := open(t, c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			test(&rig{T: t, store: &shaky{Store: s}, desk: &desk{}, clock: c})
		})
	}
}
