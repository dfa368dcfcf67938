package postgres

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// now is when tests happen.
const now model.Instant = 1_790_000_000_000_000

var ctx = context.Background()

func configOf(t testing.TB, schema string) Config {
	t.Helper()
	return Config{URL: postgrestest.URL(t), Schema: schema}
}

// tempConfig names a schema that does not exist yet.
func tempConfig(t testing.TB) Config {
	t.Helper()
	return configOf(t, postgrestest.Schema(t))
}

// openTemp opens a new store and closes it when the test ends.
func openTemp(t testing.TB) *Store {
	t.Helper()
	return openAndClose(t, emptyConfig(t))
}

// emptied has schemas whose tests are over: to empty tables costs less than to
// make them.
var emptied = make(chan string, 100)

// emptyConfig names a schema whose tables are empty, or that does not exist.
func emptyConfig(t testing.TB) Config {
	t.Helper()
	var cfg Config
	select {
	case schema := <-emptied:
		cfg = configOf(t, schema)
	default:
		cfg = tempConfig(t)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			empty(t, cfg)
			emptied <- cfg.Schema
		}
	})
	return cfg
}

func empty(t testing.TB, cfg Config) {
	t.Helper()
	err := cfg.withDefaults().connected(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, `
			DO $$
			DECLARE name text;
			BEGIN
				FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND tablename <> 'pawl_versions' LOOP
					EXECUTE format('DELETE FROM %I', name);
				END LOOP;
				PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE schemaname = current_schema;
			END
			$$`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func openAndClose(t testing.TB, cfg Config) *Store {
	t.Helper()
	s := openAt(t, cfg)
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func openAt(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	settle.Do(func() { settled(t, s) })
	return s
}

var settle sync.Once

// settled returns once the server counts no longer as one that has only just
// started, under which no lease ends.
func settled(t testing.TB, s *Store) {
	t.Helper()
	err := s.useConn(ctx, func(c *pgx.Conn) (err error) {
		for young := true; young && err == nil; {
			err = c.QueryRow(ctx, `SELECT `+returned+` FROM pg_sleep(0.05)`).Scan(&young)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What tests of both databases are made of.
var (
	startOf    = storetest.StartOf
	step       = storetest.Step
	startOne   = storetest.Started
	newLease   = storetest.Leased
	wantClaim  = storetest.WantClaim
	closeStore = storetest.Closed
)
