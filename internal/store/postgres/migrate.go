package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
)

// Migrations are numbered from 1 without gaps and go forward only. A file that
// was ever released does not change.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is a step from one version to the next.
type migration struct{ name, text string }

// migrations returns the steps in order: the one at n leads to version n+1.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	list := make([]migration, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			return nil, err
		}
		list[i] = migration{path.Base(name), string(text)}
	}
	return list, nil
}

// Pending returns the names of the migrations that a database lacks, in order.
func Pending(ctx context.Context, cfg Config) (names []string, err error) {
	cfg = cfg.withDefaults()
	err = cfg.connected(ctx, func(c *pgx.Conn) error {
		steps, version, err := cfg.steps(ctx, c)
		for i := version; err == nil && i < len(steps); i++ {
			names = append(names, steps[i].name)
		}
		return err
	})
	return names, explain("look for migrations", err)
}

// Migrate brings the tables of a database to this version, or makes them. What
// was done stays done when it fails. Several processes may do it at once.
func Migrate(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	err := cfg.connected(ctx, func(c *pgx.Conn) error { return cfg.migrate(ctx, c) })
	return explain("migrate the database", err)
}

func (c Config) connected(ctx context.Context, use func(*pgx.Conn) error) error {
	config, err := c.parse()
	if err != nil {
		return err
	}
	return withOne(ctx, config.ConnConfig, use)
}

// withOne calls a function with a connection of its own.
func withOne(ctx context.Context, config *pgx.ConnConfig, use func(*pgx.Conn) error) (err error) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		if e := c.Close(ctx); err == nil {
			err = e
		}
	}()
	return lost(c, use(c))
}

// prepare makes sure that the tables are those of this version.
func (c Config) prepare(ctx context.Context, config *pgx.ConnConfig) error {
	return withOne(ctx, config, func(conn *pgx.Conn) error {
		steps, version, err := c.steps(ctx, conn)
		switch {
		case err != nil || version == len(steps):
			return err
		case c.KeepVersion:
			return model.Errorf(model.Invalid, "the database has version %d, and this program needs version %d", version, len(steps)).
				WithHint("migrate it, once all programs that use it know version %d", len(steps))
		}
		return c.migrate(ctx, conn)
	})
}

// steps returns all migrations and the version of the database, or an error
// when it isn't one that this program can use.
func (c Config) steps(ctx context.Context, conn *pgx.Conn) (steps []migration, version int, err error) {
	if steps, err = migrations(); err != nil {
		return nil, 0, err
	}
	version, err = c.version(ctx, conn)
	if err == nil && version > len(steps) {
		err = model.Errorf(model.Invalid, "the database has version %d, and this program knows versions up to %d", version, len(steps)).
			WithHint("use the newer version of pawl that wrote it")
	}
	return steps, version, err
}

// version returns the version of the tables, 0 when there are none.
func (c Config) version(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	var ours bool
	var tables int
	err = conn.QueryRow(ctx, `
		SELECT coalesce(bool_or(relname = 'pawl_versions'), false), count(*)
		FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND relnamespace = to_regnamespace($1)`,
		pgx.Identifier{c.Schema}.Sanitize()).Scan(&ours, &tables)
	switch {
	case err != nil || tables == 0:
		return 0, err
	case !ours:
		return 0, model.Errorf(model.Invalid, "the schema %q has the tables of another program", c.Schema).
			WithHint("name another schema; it is made when there is none of its name")
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM pawl_versions`).Scan(&version)
	return version, err
}

// migrate does the steps that are to be done, each in a transaction, while no
// other process does.
func (c Config) migrate(ctx context.Context, conn *pgx.Conn) (err error) {
	if _, err := conn.Exec(ctx, "SET statement_timeout = 0"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", space(c.Schema), migrateLock); err != nil {
		return err
	}
	defer func() {
		if !conn.IsClosed() {
			_, e := conn.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", space(c.Schema), migrateLock)
			err = errors.Join(err, e)
		}
	}()
	steps, version, err := c.steps(ctx, conn)
	if err != nil {
		return err
	}
	if version == 0 {
		if err := c.makeSchema(ctx, conn); err != nil {
			return err
		}
	}
	for ; version < len(steps); version++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return migrateTo(ctx, tx, version+1, steps[version]) })
		if err != nil {
			return fmt.Errorf("bring to version %d: %w", version+1, err)
		}
	}
	return nil
}

// makeSchema makes the schema and the table of versions, where they are
// missing. Who may not make schemas may be given an empty one.
func (c Config) makeSchema(ctx context.Context, conn *pgx.Conn) error {
	name := pgx.Identifier{c.Schema}.Sanitize()
	var found bool
	if err := conn.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, name).Scan(&found); err != nil {
		return err
	}
	if !found {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS pawl_versions (
			version integer PRIMARY KEY,
			name    text NOT NULL,
			applied timestamptz NOT NULL DEFAULT now()
		)`)
	return err
}

func migrateTo(ctx context.Context, tx pgx.Tx, version int, step migration) error {
	if _, err := tx.Conn().PgConn().Exec(ctx, step.text).ReadAll(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO pawl_versions (version, name) VALUES ($1, $2)`, version, step.name)
	return err
}
