package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// conn is a connection with the statements that were prepared on it. It
// speaks to the driver itself: what database/sql adds costs as much as
// writing a row. It is not safe for concurrent use.
type conn struct {
	raw   driver.Conn
	stmts map[string]driver.Stmt
	args  []driver.NamedValue
}

// dial opens a connection to the database at path, a new one when there is
// none, that waits up to patience for what others have locked.
func dial(path string, patience time.Duration) (*conn, error) { return dialAt(uri(path), patience) }

// dialAt is dial for a URI, which says what may be done.
func dialAt(uri string, patience time.Duration) (*conn, error) {
	raw, err := (&sqlite.Driver{}).Open(uri)
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw, stmts: make(map[string]driver.Stmt)}
	if err := c.script("PRAGMA busy_timeout = " + strconv.FormatInt(patience.Milliseconds(), 10)); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// uri names a file in the form that has no special characters.
func uri(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// script runs statements that have no arguments and are run once.
func (c *conn) script(text string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

// Exec implements tables.Conn: it runs a statement and returns the number of rows that it changed.
func (c *conn) Exec(text string, args ...driver.Value) (int64, error) {
	r, err := c.run(text, args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Insert runs a statement and returns the id of the row that it added.
func (c *conn) Insert(text string, args ...driver.Value) (int64, error) {
	r, err := c.run(text, args)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

func (c *conn) run(text string, args []driver.Value) (driver.Result, error) {
	s, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	return s.(driver.StmtExecContext).ExecContext(context.Background(), c.bind(args))
}

// Query runs a statement and calls each with every row of its result, until
// that returns an error. The row is valid until each returns.
func (c *conn) Query(text string, each func(tables.Row) error, args ...driver.Value) (err error) {
	s, err := c.prepare(text)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	r := make(tables.Row, len(rows.Columns()))
	for {
		if err := rows.Next(r); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := each(r); err != nil {
			if errors.Is(err, tables.ErrEnough) {
				return nil
			}
			return err
		}
	}
}

// number returns the first column of the only row of a result.
func (c *conn) number(text string, args ...driver.Value) (n int64, err error) {
	err = c.Query(text, func(r tables.Row) error {
		n = r.Int(0)
		return nil
	}, args...)
	return n, err
}

// pagesWritten returns how many pages the connection has written since the last
// call.
func (c *conn) pagesWritten() int {
	n, _, _ := c.raw.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true) // which it knows
	return n
}

func (c *conn) prepare(text string) (driver.Stmt, error) {
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	s, err := c.raw.Prepare(text)
	if err != nil {
		return nil, err
	}
	c.stmts[text] = s
	return s, nil
}

func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}
