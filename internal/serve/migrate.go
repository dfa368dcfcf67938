package serve

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// Pending returns the names of the migrations that the configured database
// lacks. None says that it has no tables at all, so that all are pending.
func Pending(ctx context.Context, cfg *config.Config) (names []string, none bool, err error) {
	s := newSettings(cfg)
	kind, file, server := s.databaseKind(), s.databaseFile(), s.postgres()
	switch {
	case s.err != nil:
		return nil, false, s.err
	case kind == kindMemory:
		return nil, false, errNothingKept
	case kind == kindPostgres:
		names, err = postgres.Pending(ctx, server)
	default:
		names, err = sqlite.Pending(file)
	}
	return names, slices.ContainsFunc(names, isFirst), err
}

// isFirst reports whether a migration is the one that makes the tables.
func isFirst(name string) bool { return len(name) > 4 && name[:4] == "0001" }

// Migrate brings the tables of the configured database to this version, or
// makes them. What was done stays done when it fails.
func Migrate(ctx context.Context, cfg *config.Config) error {
	s := newSettings(cfg)
	kind, file, server := s.databaseKind(), s.databaseFile(), s.postgres()
	switch {
	case s.err != nil:
		return s.err
	case kind == kindMemory:
		return errNothingKept
	case kind == kindPostgres:
		return postgres.Migrate(ctx, server)
	}
	return sqlite.Migrate(file)
}

var errNothingKept = model.Errorf(model.Invalid, "a database in memory has nothing to migrate").
	WithHint("name one with -o FOLDER, or in a file with -c FILE")
