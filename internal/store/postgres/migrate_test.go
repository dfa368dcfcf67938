package postgres

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/model"
)

func pending(t *testing.T, cfg Config) []string {
	t.Helper()
	names, err := Pending(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// script runs statements in the schema of a configuration.
func script(t testing.TB, cfg Config, text string) {
	t.Helper()
	err := cfg.withDefaults().connected(ctx, func(c *pgx.Conn) error {
		return c.PgConn().Exec(ctx, text).Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// steps returns all migrations, of which there are at least two.
func steps(t *testing.T) []migration {
	t.Helper()
	all, err := migrations()
	if err != nil || len(all) < 2 {
		t.Fatalf("%d migrations, error %v", len(all), err)
	}
	return all
}

func TestMigrationsArePendingUntilDone(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	var all []string
	for _, step := range steps(t) {
		all = append(all, step.name)
	}
	if diff := cmp.Diff(all, pending(t, cfg)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	cfg.KeepVersion = true
	if _, err := Open(ctx, cfg); model.CodeOf(err) != model.Invalid || model.HintsOf(err) == "" {
		t.Errorf("opened without tables: error %v", err)
	}
	for range 2 {
		if err := Migrate(ctx, cfg); err != nil {
			t.Fatal(err)
		}
	}
	if names := pending(t, cfg); len(names) > 0 {
		t.Errorf("still pending: %v", names)
	}
	startOne(t, openAndClose(t, cfg), "k")
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	stores := make([]*Store, 8)
	var group errgroup.Group
	for i := range stores {
		group.Go(func() (err error) {
			stores[i], err = Open(ctx, cfg)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		closeStore(t, s)
	}
}

func TestAMigrationThatFailedIsResumed(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t).withDefaults()
	all := steps(t)
	broken := slices.Clone(all)
	broken[1].text = "CREATE TABLE half (); SELECT 1 / 0"
	err := cfg.connected(ctx, func(c *pgx.Conn) error { return cfg.migrate(ctx, c, broken) })
	if err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Fatalf("error %v", err)
	}
	if names := pending(t, cfg); len(names) != len(all)-1 {
		t.Errorf("pending: %v, want all but the first", names)
	}
	startOne(t, openAndClose(t, cfg), "k")
	script(t, cfg, "CREATE TABLE half ()") // nothing of it stayed
}

func TestANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	if err := Migrate(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	script(t, cfg, "INSERT INTO pawl_versions (version, name) VALUES (99, '0099_new.sql')")
	_, opened := Open(ctx, cfg)
	_, looked := Pending(ctx, cfg)
	for name, err := range map[string]error{"Open": opened, "Migrate": Migrate(ctx, cfg), "Pending": looked} {
		if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(err.Error(), "version 99") || model.HintsOf(err) == "" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestTheSchemaOfAnotherProgramIsRefused(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	schema := pgx.Identifier{cfg.Schema}.Sanitize()
	script(t, cfg, "CREATE SCHEMA "+schema+"; CREATE TABLE customers (id integer)")
	if _, err := Open(ctx, cfg); model.CodeOf(err) != model.Invalid || model.HintsOf(err) == "" {
		t.Errorf("error %v with hint %q", err, model.HintsOf(err))
	}
}

func TestASchemaMayHaveAnyName(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	cfg.Schema = `Of "' $1, ` + cfg.Schema
	s := openAndClose(t, cfg)
	startOne(t, s, "k")
	if names := pending(t, cfg); len(names) > 0 {
		t.Errorf("pending: %v", names)
	}
}

func TestAUserWithoutRightsIsToldSo(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	role := "poor_" + cfg.Schema
	script(t, cfg, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { script(t, cfg, "DROP ROLE "+role) })
	poor := cfg
	poor.URL = strings.Replace(cfg.URL, "//pawl@", "//"+role+"@", 1)
	if _, err := Open(ctx, poor); model.CodeOf(err) != model.Forbidden || model.HintsOf(err) == "" {
		t.Errorf("error %v with hint %q", err, model.HintsOf(err))
	}
}
