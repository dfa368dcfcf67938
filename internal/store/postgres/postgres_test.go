package postgres

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject { return subject(t, openTemp(t)) })
}

func TestDurable(t *testing.T) {
	t.Parallel()
	var configs sync.Map // by directory
	storetest.RunDurable(t, func(t *testing.T, dir string) storetest.Subject {
		cfg, ok := configs.Load(dir)
		if !ok {
			cfg = emptyConfig(t)
			configs.Store(dir, cfg)
		}
		return subject(t, openAt(t, cfg.(Config)))
	})
}

func subject(t *testing.T, s *Store) storetest.Subject {
	return storetest.Subject{Store: s, Pass: func(d time.Duration) { pass(t, s, d) }}
}

// pass lets time go by for leases.
func pass(t testing.TB, s *Store, d time.Duration) {
	t.Helper()
	err := s.useConn(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, `UPDATE leases SET until = until - $1`, d.Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
