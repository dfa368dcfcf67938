package listing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pawlhq/pawl/internal/model"
)

// Reach looks whether the database of a query answers, without a query, and tells what
// it is. Neither that nor an error has a password. A relative path is below dir.
func Reach(ctx context.Context, database, dir string) (what string, err error) {
	if !strings.Contains(database, "://") {
		name := filepath.FromSlash(database)
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if _, err := os.Stat(name); err != nil {
			return "", model.Errorf(model.NotFound, "there is no file %s now", database)
		}
		return "SQLite, " + database, nil
	}
	cfg, err := pgx.ParseConfig(database)
	if err != nil {
		return "", model.Errorf(model.Invalid, "the address is none of PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	at := fmt.Sprintf("PostgreSQL at %s, database %s", net.JoinHostPort(cfg.Host, fmt.Sprint(cfg.Port)), cfg.Database)
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", model.Errorf(model.Unavailable, "%s: %s", at, reason(err))
	}
	version := c.PgConn().ParameterStatus("server_version")
	if err := c.Close(ctx); err != nil {
		return "", model.Errorf(model.Unavailable, "%s: %s", at, reason(err))
	}
	return at + ", version " + version, nil
}

// reason is why a database can't be reached, in words that have nothing of its address.
func reason(err error) string {
	var told *pgconn.PgError
	var of *net.OpError
	switch {
	case errors.As(err, &told):
		return told.Message
	case errors.Is(err, context.DeadlineExceeded):
		return "it does not answer in time"
	case errors.As(err, &of):
		return of.Err.Error()
	}
	return "it can't be reached"
}
