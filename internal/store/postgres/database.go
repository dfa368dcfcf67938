package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// database is a store as its tables see it.
type database struct{ *Store }

var _ tables.DB = database{}

// job is what a call of the tables writes.
type job func(tables.Conn) error

// Write implements tables.DB.
func (d database) Write(ctx context.Context, what string, run func(tables.Conn) error) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	return explain(what, d.jobs.do(ctx, run))
}

// runJobs runs jobs in one transaction, or in one each when that fails.
func (s *Store) runJobs(jobs []job) []error {
	return oneByOne(jobs, func(jobs []job, errs []error) error {
		return s.ordered(s.jobs.lane, nil, func(ctx context.Context, c *pgx.Conn, _ *pgx.Batch) error {
			for i, run := range jobs {
				errs[i] = run(conn{ctx, c})
				if errs[i] != nil && !tables.Refused(errs[i]) {
					return errs[i]
				}
			}
			return nil
		})
	})
}

// Read implements tables.DB.
func (d database) Read(ctx context.Context, what string, read func(tables.Conn) error) error {
	return explain(what, d.withConn(ctx, func(ctx context.Context, c *pgx.Conn) error { return read(conn{ctx, c}) }))
}

// ReadMoment implements tables.DB.
func (d database) ReadMoment(ctx context.Context, what string, read func(tables.Conn) error) error {
	return explain(what, d.withConn(ctx, func(ctx context.Context, c *pgx.Conn) error {
		moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return pgx.BeginTxFunc(ctx, c, moment, func(pgx.Tx) error { return read(conn{ctx, c}) })
	}))
}

// Call implements tables.DB.
func (d database) Call() { d.announce() }

// Hold implements tables.Locks.
func (d database) Hold(c tables.Conn, epoch int64) error { return d.link.hold(c.(conn).ctx, epoch) }

// Drop implements tables.Locks.
func (d database) Drop(epoch int64) { d.link.drop(epoch) }

// returned says that the server has only just started: its clients may take so
// long to come back. Until then neither a lock that nobody holds nor a lease
// that was not renewed proves a death.
const returned = `pg_postmaster_start_time() > clock_timestamp() - interval '5 seconds'`

// Alive implements tables.Locks.
func (d database) Alive(c tables.Conn, epoch int64) (alive bool, err error) {
	err = c.Query(`SELECT `+returned+` OR NOT pg_try_advisory_xact_lock_shared(?, ?)`, func(r tables.Row) error {
		alive = r.Int(0) != 0
		return nil
	}, int64(d.space), epoch)
	return alive, err
}

// announce calls all who watch, here and in other processes.
func (s *Store) announce() {
	s.Watchers.Call()
	s.link.notify()
}

// tries is how often a transaction is begun that is undone for others' sake.
const tries = 10

// withConn calls a function with a connection. What it does is undone when it
// fails, so that it may be called again.
func (s *Store) withConn(ctx context.Context, use func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var err error
	for range tries {
		if err = s.useConn(ctx, func(c *pgx.Conn) error { return use(ctx, c) }); err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *Store) useConn(ctx context.Context, use func(*pgx.Conn) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		if s.ctx.Err() != nil {
			return errClosed
		}
		return err
	}
	defer pooled.Release()
	return lost(pooled.Conn(), use(pooled.Conn()))
}

// errClosed is the error of calls of a store that is closed.
var errClosed = model.Errorf(model.Unavailable, "the store is closed")

// ordered makes a transaction of which there is one at a time in the whole
// database, so that what it numbers is in order of success and what it found
// free stays free. The commits of attempts go on beside it.
//
// read, if not nil, queues what is to be known first. write may use the
// connection, and queues the rest. Both may be called again.
func (s *Store) ordered(l *lane, read func(*pgx.Batch), write func(context.Context, *pgx.Conn, *pgx.Batch) error) error {
	var t transaction
	err := s.withConn(s.ctx, func(ctx context.Context, c *pgx.Conn) error {
		t = transaction{}
		err := t.run(ctx, c, s.space, l, read, write)
		if err == nil || c.IsClosed() {
			return err
		}
		_, e := c.Exec(ctx, "rollback")
		return errors.Join(err, e)
	})
	if err != nil && t.committing && errors.Is(err, errLost) && l.committed(s) {
		return nil
	}
	return err
}

// transaction is one that is alone.
type transaction struct {
	// committing is set when the database was told to commit.
	committing bool
}

func (t *transaction) run(ctx context.Context, c *pgx.Conn, space int32, l *lane, read func(*pgx.Batch), write func(context.Context, *pgx.Conn, *pgx.Batch) error) error {
	var first, rest pgx.Batch
	l.begin(&first, space)
	if read != nil {
		read(&first)
	}
	if err := c.SendBatch(ctx, &first).Close(); err != nil {
		return err
	}
	if err := write(ctx, c, &rest); err != nil {
		return err
	}
	rest.Queue("commit")
	t.committing = true
	return c.SendBatch(ctx, &rest).Close()
}
