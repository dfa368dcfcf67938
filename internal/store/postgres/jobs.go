package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Jobs opens a pool of up to n connections of its own to the schema, where
// there are the tables of River. The caller closes it.
func (s *Store) Jobs(ctx context.Context, n int) (*pgxpool.Pool, error) {
	config := s.pool.Config()
	config.MaxConns = int32(n)
	for key := range planning {
		delete(config.ConnConfig.RuntimeParams, key)
	}
	config.ConnConfig.RuntimeParams["application_name"] = "pawl queue"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return pool, explain("open the queue", err)
}

// riverVersions has the version that River's tables have after a migration.
var riverVersions = map[string]int{"0003_river.sql": 4, "0004_queue.sql": 8}

// migrateRiver brings the tables of River to a version.
func migrateRiver(ctx context.Context, tx pgx.Tx, version int) error {
	m, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return err
	}
	options := &rivermigrate.MigrateOpts{TargetVersion: version}
	_, err = m.MigrateTx(ctx, tx, rivermigrate.DirectionUp, options) //nolint:staticcheck // versions that can't share a transaction are in steps of ours that don't either
	return err
}
