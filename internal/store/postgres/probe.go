package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is what a database server says of itself.
type Server struct {
	// Version is that of PostgreSQL.
	Version string
	// Now is the server's time when it answered.
	Now time.Time
}

// Probe asks the server of a database what it is, on a connection of its own.
// It is Invalid when that leads to a pooler which shares connections.
func Probe(ctx context.Context, cfg Config) (s Server, err error) {
	cfg = cfg.withDefaults()
	err = cfg.connected(ctx, func(c *pgx.Conn) error {
		if err := cfg.direct(ctx, c); err != nil {
			return err
		}
		return c.QueryRow(ctx, "SELECT current_setting('server_version'), clock_timestamp()").Scan(&s.Version, &s.Now)
	})
	return s, explain("reach the database", err)
}
