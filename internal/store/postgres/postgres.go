// Package postgres is the store that keeps its state in a PostgreSQL database
// (version 13 or newer), for any number of processes.
//
// A commit of attempts is one statement, and the commits of different
// conductors go on side by side. What gives out numbers (starts, posts,
// pushes, leases) is done by one transaction at a time, under an advisory
// lock; calls that come while one is under way share the next.
//
// A process holds an advisory lock for each of its leases on a connection that
// it has for nothing else, so that a takeover need not wait for the lease of
// a process that died. The same connection hears what others wrote.
package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Store is an open database.
type Store struct {
	*tables.Tables
	store.Watchers
	pool    *pgxpool.Pool
	link    *link
	space   int32
	timeout time.Duration
	jobs    *queue[job]
	starts  *queue[*tables.Intake]
	posts   *queue[*letter]
	mail    *queue[*routing.Mail]

	ctx    context.Context
	cancel context.CancelFunc
}

var _ store.Store = (*Store)(nil)

// Open connects to a database and brings its tables to this version, or makes
// them. It is Unavailable when the database can't be reached, Forbidden when
// it does not let the user in or the user lacks a right, and Invalid when the
// configuration is wrong, when the schema has the tables of another program or
// of a newer version of this one, or, with KeepVersion, of an older one.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	config, err := cfg.parse()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explain("open the database", err)
	}
	err = cfg.prepare(ctx, pool)
	if err == nil {
		_, err = pool.Exec(ctx, deleteLanes)
	}
	if err == nil {
		_, err = pool.Exec(ctx, "SELECT events_moved()")
	}
	if err != nil {
		pool.Close()
		return nil, explain("open the database", err)
	}
	s := &Store{pool: pool, space: space(cfg.Schema), timeout: cfg.Timeout}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.link = openLink(config.ConnConfig.Copy(), cfg.Schema, s.Watchers.Call)
	s.jobs = newQueue(s.runJobs)
	s.starts = newQueue(s.runStarts)
	s.posts = newQueue(s.runPosts)
	s.mail = newQueue(s.runMail)
	s.Tables = tables.New(database{s}, dialect)
	return s, nil
}

var dialect = tables.Dialect{
	Position: "strpos", Holds: "position(?::bytea IN %s) > 0", Ordered: "JOIN", Numbers: "SELECT jsonb_array_elements_text(?::text::jsonb)::bigint",
	OfPlace:  "JOIN LATERAL (SELECT * FROM attempts o WHERE o.id = q.attempt OFFSET 0) a ON TRUE", // what has an offset is not turned around
	Elements: "jsonb_array_elements(?::text::jsonb) AS e (value)",
	Caller:   `substring(a.name FROM '^\^([0-9]{1,18})\.')::bigint`,
	Settled:  "SELECT events_settled()",
	Returned: returned,
	Now:      "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
}

// Close ends the calls that are under way and all connections. The attempts
// that the process owned can be claimed at once after that.
func (s *Store) Close() error {
	s.cancel()
	s.link.close()
	s.pool.Close()
	return nil
}
