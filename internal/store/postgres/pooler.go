package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
)

// hintDirect is what to do about a connection pooler.
const hintDirect = "name PostgreSQL itself: with a pooler such as PgBouncer between, in transaction mode, locks, notifications and settings are lost"

// direct makes sure that a connection is one to PostgreSQL, which keeps its
// settings and its locks from one transaction to the next.
func (c Config) direct(ctx context.Context, conn *pgx.Conn) error {
	var path string
	if err := conn.QueryRow(ctx, "SELECT current_setting('search_path')").Scan(&path); err != nil {
		return err
	}
	if path != c.parameters()["search_path"] {
		return errPooled
	}
	pid, err := backend(ctx, conn)
	if err != nil || pid == conn.PgConn().PID() {
		return err
	}
	return c.connected(ctx, func(other *pgx.Conn) error { return apart(ctx, pid, other) })
}

// apart makes sure that another connection does not have the backend with that
// id, which was that of a connection that is still open.
func apart(ctx context.Context, pid uint32, other *pgx.Conn) error {
	shared, err := backend(ctx, other)
	if err == nil && shared == pid {
		err = errPooled
	}
	return err
}

// backend returns the id of the process that serves a connection at present.
func backend(ctx context.Context, conn *pgx.Conn) (pid uint32, err error) {
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid)
	return pid, err
}

var errPooled = model.Errorf(model.Invalid, "the connection to the database is shared with others, by a pooler").WithHint("%s", hintDirect)
