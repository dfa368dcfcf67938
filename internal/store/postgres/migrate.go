package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pawlhq/pawl/internal/model"
)

// Migrations are numbered from 1 without gaps and go forward only. A file that
// was ever released does not change.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// oldestServer is the oldest version of PostgreSQL that has all that is used.
const oldestServer = 13_00_00

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
		steps, err := migrations()
		if err != nil {
			return err
		}
		version, err := cfg.version(ctx, c, len(steps))
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
	err := cfg.connected(ctx, func(c *pgx.Conn) error {
		steps, err := migrations()
		if err != nil {
			return err
		}
		return cfg.migrate(ctx, c, steps)
	})
	return explain("migrate the database", err)
}

// connected calls a function with a connection of its own.
func (c Config) connected(ctx context.Context, use func(*pgx.Conn) error) (err error) {
	config, err := c.parse()
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		if e := conn.Close(ctx); err == nil {
			err = e
		}
	}()
	return lost(conn, use(conn))
}

// prepare makes sure that the tables are those of this version.
func (c Config) prepare(ctx context.Context, pool *pgxpool.Pool) error {
	return pool.AcquireFunc(ctx, func(pooled *pgxpool.Conn) error {
		conn := pooled.Conn()
		steps, err := migrations()
		if err != nil {
			return err
		}
		if err := c.direct(ctx, conn); err != nil {
			return lost(conn, err)
		}
		version, err := c.version(ctx, conn, len(steps))
		switch {
		case err != nil || version == len(steps):
			return lost(conn, err)
		case c.KeepVersion:
			return model.Errorf(model.Invalid, "the database has version %d, and this program needs version %d", version, len(steps)).
				WithHint("migrate it, once all programs that use it know version %d", len(steps))
		}
		return lost(conn, c.migrate(ctx, conn, steps))
	})
}

// version returns the version of the tables, 0 when there are none, or an
// error when they aren't such that this program can use.
func (c Config) version(ctx context.Context, conn *pgx.Conn, newest int) (version int, err error) {
	var server, tables int
	var ours bool
	err = conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::integer, coalesce(bool_or(relname = 'pawl_versions'), false), count(*)
		FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND relnamespace = to_regnamespace($1)`,
		pgx.Identifier{c.Schema}.Sanitize()).Scan(&server, &ours, &tables)
	switch {
	case err != nil:
		return 0, err
	case server < oldestServer:
		return 0, model.Errorf(model.Invalid, "the server has version %d of PostgreSQL, and %d or newer is needed", server/10_000, oldestServer/10_000)
	case tables == 0:
		return 0, nil
	case !ours:
		return 0, model.Errorf(model.Invalid, "the schema %q has the tables of another program", c.Schema).
			WithHint("name another schema; it is made when there is none of its name")
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM pawl_versions`).Scan(&version)
	if err == nil && version > newest {
		err = model.Errorf(model.Invalid, "the database has version %d, and this program knows versions up to %d", version, newest).
			WithHint("use the newer version of pawl that wrote it")
	}
	return version, err
}

// migrate does the steps that are to be done, each in a transaction, while no
// other process does.
func (c Config) migrate(ctx context.Context, conn *pgx.Conn, steps []migration) (err error) {
	if _, err := conn.Exec(ctx, "SET statement_timeout = 0"); err != nil {
		return err // how long a migration takes is not known
	}
	defer func() {
		if !conn.IsClosed() {
			_, e := conn.Exec(ctx, "RESET statement_timeout")
			_, e2 := conn.Exec(ctx, "SELECT pg_advisory_unlock_all()")
			err = errors.Join(err, e, e2)
		}
	}()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", space(c.Schema), migrateLock); err != nil {
		return err
	}
	version, err := c.version(ctx, conn, len(steps))
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
	if river, ok := riverVersions[step.name]; ok {
		if err := migrateRiver(ctx, tx, river); err != nil {
			return err
		}
	}
	if _, err := tx.Conn().PgConn().Exec(ctx, step.text).ReadAll(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO pawl_versions (version, name) VALUES ($1, $2)`, version, step.name)
	return err
}
