package serve_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

func TestDoctorAndMigrateKnowPostgreSQL(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "database.type", "postgresql", "database.url", postgrestest.URL(t),
		"database.schema", postgrestest.Schema(t), "database.migrate", "false")
	grade := func() serve.Grade {
		found := serve.Examine(t.Context(), cfg, nil)
		for _, check := range []string{"database", "clock"} {
			if got := grades(found, check); len(got) != 1 || got[0] != serve.Fine {
				t.Errorf("%s: %v in %+v", check, got, found)
			}
		}
		return grades(found, "migrations")[0]
	}
	if got := grade(); got != serve.Problem {
		t.Errorf("migrations that the server may not do are a %s", got)
	}
	if names, none, err := serve.Pending(t.Context(), cfg); len(names) == 0 || !none || err != nil {
		t.Errorf("pending %v, %v, %v", names, none, err)
	}
	if err := serve.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if got := grade(); got != serve.Fine {
		t.Errorf("no migrations are a %s", got)
	}
}

func TestDoctorSaysThatADatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "database.type", "postgresql", "database.url", "postgres://nobody:marker@127.0.0.1:1/x")
	found := serve.Examine(t.Context(), cfg, nil)
	if got := grades(found, "database"); len(got) != 1 || got[0] != serve.Problem {
		t.Errorf("found %+v", found)
	}
}
