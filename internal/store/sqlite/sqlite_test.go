package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject { return subject(t, openTemp(t)) })
}

func TestDurable(t *testing.T) {
	t.Parallel()
	storetest.RunDurable(t, func(t *testing.T, dir string) storetest.Subject {
		return subject(t, openAt(t, filepath.Join(dir, "pawl.db")))
	})
}

func subject(t *testing.T, s *Store) storetest.Subject {
	return storetest.Subject{Store: s, Pass: func(d time.Duration) { pass(t, s, d) }}
}

// pass lets time go by for leases.
func pass(t testing.TB, s *Store, d time.Duration) {
	t.Helper()
	err := s.write(ctx, "pass", func(c *conn) error {
		_, err := c.Exec(`UPDATE leases SET until = until - ?`, d.Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
