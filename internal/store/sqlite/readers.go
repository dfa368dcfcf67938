package sqlite

import (
	"context"
	"errors"
	"sync"
)

// readers are the connections that read. They are opened when they are
// needed, and never wait for the writer.
type readers struct {
	dial func() (*conn, error)
	busy chan struct{} // holds an entry for each that is in use
	free chan *conn
	// closed is closed when reading ends.
	closed chan struct{}
	once   sync.Once
}

const maxReaders = 4

func newReaders(dial func() (*conn, error)) *readers {
	return &readers{
		dial: dial, busy: make(chan struct{}, maxReaders), free: make(chan *conn, maxReaders),
		closed: make(chan struct{}),
	}
}

// do calls read with a connection.
func (r *readers) do(ctx context.Context, read func(*conn) error) error {
	select {
	case <-r.closed:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	case r.busy <- struct{}{}:
	}
	defer func() { <-r.busy }()
	c, err := r.take()
	if err != nil {
		return err
	}
	defer func() { r.free <- c }()
	return read(c)
}

func (r *readers) take() (*conn, error) {
	select {
	case c := <-r.free:
		return c, nil
	default:
		return r.dial()
	}
}

// close waits for the calls that read and closes their connections.
func (r *readers) close() error {
	var errs []error
	r.once.Do(func() {
		close(r.closed)
		for range cap(r.busy) {
			r.busy <- struct{}{}
		}
		close(r.free)
		for c := range r.free {
			errs = append(errs, c.close())
		}
	})
	return errors.Join(errs...)
}
