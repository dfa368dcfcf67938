package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// medium is what a store keeps its state in.
type medium struct {
	name string
	// open opens a new store.
	open func() (store.Store, error)
	// bare opens tables like those of a new store for a program that only
	// writes rows. It is nil where there are none.
	bare func() (bare, error)
}

func (h *harness) inMemory() medium {
	return medium{name: "memory", open: func() (store.Store, error) { return memory.New(), nil }}
}

func (h *harness) onSQLite() medium { return medium{"sqlite", h.newSQLite, h.newBareSQLite} }

func (h *harness) onPostgres() medium { return medium{"pg", h.newPostgres, h.newBarePostgres} }

func (h *harness) newSQLite() (store.Store, error) { return sqlite.Open(h.newPath()) }

func (h *harness) newPath() string { return filepath.Join(h.dir, uuid.NewString(), "pawl.db") }

func (h *harness) newPostgres() (store.Store, error) {
	cfg, err := h.newSchema()
	if err != nil {
		return nil, err
	}
	s, err := postgres.Open(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	return dropping{s, cfg}, nil
}

// dropping is a store whose tables go when it is closed, so that the server
// does not clean up after one run during the next.
type dropping struct {
	store.Store
	cfg postgres.Config
}

func (d dropping) Close() error { return errors.Join(d.Store.Close(), drop(d.cfg)) }

func drop(cfg postgres.Config) error {
	return onServer(cfg.URL, `DROP SCHEMA IF EXISTS "`+cfg.Schema+`" CASCADE; CHECKPOINT`)
}

// onServer runs SQL on a database.
func onServer(url, text string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, text)
	return errors.Join(err, c.Close(ctx))
}

// newSchema returns where a new store can be.
func (h *harness) newSchema() (postgres.Config, error) {
	url, err := h.serverURL()
	return postgres.Config{URL: url, Schema: "bench_" + strings.ReplaceAll(uuid.NewString(), "-", "")}, err
}

// serverURL returns the URL of a PostgreSQL server of the benchmark's own, on
// this machine. It has room for its work in memory; each commit is forced to
// the disk.
func (h *harness) serverURL() (string, error) {
	if h.cluster == nil {
		c, err := postgrestest.Start("synchronous_commit = on", "full_page_writes = on", "shared_buffers = 1GB", "max_wal_size = 8GB")
		if err != nil {
			return "", err
		}
		h.cluster = c
	}
	return h.cluster.URL, nil
}

func (h *harness) stopCluster() error {
	if h.cluster == nil {
		return nil
	}
	c := h.cluster
	h.cluster = nil
	return c.Stop()
}
