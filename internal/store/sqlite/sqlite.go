// Package sqlite is the store that keeps its state in one SQLite file. Several
// processes on one machine may share the file; one of them writes at a time.
//
// Each commit is on disk when it returns (write-ahead log, synchronous=FULL).
// A lease also holds a lock on a file beside the database, which the operating
// system frees when the process dies, so that a takeover need not wait for
// the lease to run out.
package sqlite

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Store is an open database.
type Store struct {
	*tables.Tables
	store.Watchers
	path    string
	writer  writer
	copier  copier
	readers *readers
	locks   *locks
	// looking is set where nothing is written.
	looking bool
}

var _ store.Store = (*Store)(nil)

// patience is how long a call waits for another process that is writing.
const patience = 10 * time.Second

// Open opens the database at path and makes it, and the folders above it,
// when there is none. It is Invalid to open a file that is something else, or
// that a newer version of this program has written, Forbidden where the folder
// can't be written, and Unavailable while another process keeps it locked.
func Open(path string) (*Store, error) {
	return open(path, patience)
}

func open(path string, patience time.Duration) (*Store, error) {
	path, err := filepath.Abs(path)
	if err == nil {
		err = makeFolder(filepath.Dir(path))
	}
	if err == nil {
		err = makeFile(path)
	}
	if err != nil {
		return nil, explain("open database "+path, err)
	}
	c, err := dialWriter(path, patience)
	if err != nil {
		return nil, explain("open database "+path, err)
	}
	another := func() (*conn, error) { return dial(path, patience) }
	return newStore(path, c, another, false), nil
}

// newStore returns the store at path, given the connection that writes and how others
// are opened.
func newStore(path string, c *conn, another func() (*conn, error), looking bool) *Store {
	s := &Store{path: path, writer: writer{conn: c}, readers: newReaders(another), locks: newLocks(path + ".owners"), looking: looking}
	s.copier.dial, s.copier.writer, s.writer.full = another, &s.writer, s.copier.begin
	s.Tables = tables.New(database{s}, dialect)
	return s
}

// CROSS JOIN keeps SQLite from starting with the table on the right, which is
// not in the order that lists have.
var dialect = tables.Dialect{
	Position: "instr", Holds: "instr(%s, ?) > 0", Ordered: "CROSS JOIN", Numbers: "SELECT value FROM json_each(?)",
	OfPlace:  "CROSS JOIN attempts a ON a.id = q.attempt",
	Elements: "json_each(?) AS e", Hide: "+",
	Caller:   "CASE WHEN a.name GLOB '^[0-9]*.*' AND substr(a.name, 2, instr(a.name, '.') - 2) NOT GLOB '*[^0-9]*' THEN CAST(substr(a.name, 2) AS INTEGER) END",
	Returned: "FALSE",
	Now:      "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
}

// dialWriter opens the connection that writes. While another process makes the
// same database, SQLite gives up at once where both would wait for each other.
func dialWriter(path string, patience time.Duration) (*conn, error) {
	for late := time.After(patience); ; {
		c, err := dialPrepared(path, patience)
		if !isBusy(err) {
			return c, err
		}
		select {
		case <-late:
			return nil, err
		case <-time.After(retryOpen):
		}
	}
}

// retryOpen is how long another process is left alone that makes a database.
const retryOpen = 10 * time.Millisecond

func dialPrepared(path string, patience time.Duration) (*conn, error) {
	c, err := dial(path, patience)
	if err != nil {
		return nil, err
	}
	if err := prepare(c); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// Close waits for the calls that are under way and closes the database. The
// attempts that the process owned can be claimed at once after that.
func (s *Store) Close() error {
	err := errors.Join(s.readers.close(), s.writer.close())
	s.copier.ended.Wait()
	err = errors.Join(err, s.locks.close())
	return explain("close database "+s.path, err)
}

var errClosed = model.Errorf(model.Unavailable, "the store is closed")
