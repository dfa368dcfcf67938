package sqlite

import (
	"context"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// database is a store as its tables see it.
type database struct{ *Store }

var _ tables.DB = database{}

// Write implements tables.DB.
func (d database) Write(ctx context.Context, what string, job func(tables.Conn) error) error {
	return d.write(ctx, what, func(c *conn) error { return job(c) })
}

// Take implements tables.DB.
func (d database) Take(ctx context.Context, what string, in *tables.Intake) error {
	return d.writeJob(ctx, what, &job{intake: in})
}

// Read implements tables.DB.
func (d database) Read(ctx context.Context, what string, read func(tables.Conn) error) error {
	return d.read(ctx, what, func(c *conn) error { return read(c) })
}

// ReadMoment implements tables.DB.
func (d database) ReadMoment(ctx context.Context, what string, read func(tables.Conn) error) error {
	return d.read(ctx, what, func(c *conn) error {
		return c.atOneMoment(func() error { return read(c) })
	})
}

// Hold implements tables.Locks.
func (d database) Hold(_ tables.Conn, epoch int64) error { return d.locks.hold(epoch) }

// Drop implements tables.Locks.
func (d database) Drop(epoch int64) { d.locks.drop(epoch) }

// Alive implements tables.Locks.
func (d database) Alive(_ tables.Conn, epoch int64) (bool, error) { return d.locks.alive(epoch), nil }

// write runs a job in a transaction of its own, as far as it can tell.
func (s *Store) write(ctx context.Context, what string, run func(*conn) error) error {
	return s.writeJob(ctx, what, &job{run: run})
}

func (s *Store) writeJob(ctx context.Context, what string, j *job) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	if s.looking {
		return explain(what, errLooking)
	}
	return explain(what, s.writer.do(j))
}

// read calls a function with a connection that sees what was committed.
func (s *Store) read(ctx context.Context, what string, read func(*conn) error) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	return explain(what, s.readers.do(ctx, read))
}

// atOneMoment lets several queries see the same state.
func (c *conn) atOneMoment(read func() error) error {
	if _, err := c.Exec("BEGIN"); err != nil {
		return err
	}
	err := read()
	if _, e := c.Exec("COMMIT"); err == nil {
		err = e
	}
	return err
}
