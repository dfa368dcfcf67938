package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"modernc.org/sqlite"

	pawlsqlite "github.com/pawlhq/pawl/internal/store/sqlite"
)

// bareSQLite writes with statements that stay prepared, many rows at a time,
// to a write-ahead log with synchronous=FULL. It speaks to the driver without
// database/sql, which would cost as much as writing a row.
type bareSQLite struct {
	conn  driver.Conn
	stmts map[string]driver.Stmt
	args  []driver.NamedValue
}

func (h *harness) newBareSQLite() (bare, error) {
	path := h.newPath()
	s, err := pawlsqlite.Open(path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return openBareSQLite(path, "FULL")
}

// openBareSQLite opens a database that is there.
func openBareSQLite(path, synchronous string) (*bareSQLite, error) {
	conn, err := (&sqlite.Driver{}).Open("file:" + path)
	if err != nil {
		return nil, err
	}
	b := &bareSQLite{conn: conn, stmts: make(map[string]driver.Stmt)}
	for _, pragma := range []string{ // as a store has them
		"PRAGMA journal_mode = WAL", "PRAGMA synchronous = " + synchronous,
		"PRAGMA wal_autocheckpoint = 4096", "PRAGMA cache_size = 8192", "PRAGMA temp_store = MEMORY",
	} {
		if err := b.exec(pragma); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

// bareRows are how many rows statements have that add them.
var bareRows = []int{100, 10, 1}

func (b *bareSQLite) commit(t *transaction) error {
	return b.within(func() error { return b.write(t) })
}

// within writes in one transaction.
func (b *bareSQLite) within(write func() error) error {
	if err := b.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return b.exec("COMMIT")
}

func (b *bareSQLite) write(t *transaction) error {
	for _, r := range t.inserts {
		for rest := r.values; len(rest) > 0; {
			n := bareRows[0]
			for i := 0; n > len(rest); i++ {
				n = bareRows[i+1]
			}
			if err := b.exec(r.insert(n), rest[:n]...); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	for _, values := range t.advance {
		if err := b.exec(`UPDATE attempts SET state = ?, tasks = ?, started = ?, ended = ? WHERE id = ?`, values); err != nil {
			return err
		}
	}
	for _, c := range t.changes {
		values := make([]driver.Value, len(c.ids))
		for i, id := range c.ids {
			values[i] = id
		}
		if err := b.exec(c.text+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values); err != nil {
			return err
		}
	}
	return nil
}

// insert returns the statement that adds n rows.
func (t *table) insert(n int) string {
	row := "(?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " + row + strings.Repeat(", "+row, n-1) + t.conflict
}

// exec runs a statement with the values of rows.
func (b *bareSQLite) exec(text string, values ...[]driver.Value) error {
	stmt, err := b.prepare(text, values)
	if err != nil {
		return err
	}
	_, err = stmt.(driver.StmtExecContext).ExecContext(context.Background(), b.args)
	return err
}

// prepare returns the statement with a text, whose arguments are in args then.
func (b *bareSQLite) prepare(text string, values [][]driver.Value) (driver.Stmt, error) {
	stmt := b.stmts[text]
	if stmt == nil {
		var err error
		if stmt, err = b.conn.Prepare(text); err != nil {
			return nil, err
		}
		b.stmts[text] = stmt
	}
	b.args = b.args[:0]
	for _, row := range values {
		for _, v := range row {
			b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
		}
	}
	return stmt, nil
}

// count reads the result of a query and returns how many rows it has.
func (b *bareSQLite) count(text string, values ...driver.Value) (n int, err error) {
	stmt, err := b.prepare(text, [][]driver.Value{values})
	if err != nil {
		return 0, err
	}
	result, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), b.args)
	if err != nil {
		return 0, err
	}
	row := make([]driver.Value, len(result.Columns()))
	for err = result.Next(row); err == nil; err = result.Next(row) {
		n++
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, errors.Join(err, result.Close())
}

func (b *bareSQLite) close() error {
	for _, s := range b.stmts {
		if err := s.Close(); err != nil {
			return err
		}
	}
	return b.conn.Close()
}
