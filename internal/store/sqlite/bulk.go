package sqlite

import (
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// bulk is a statement about many rows. One call of it covers several, which
// costs half as much as one each; more than these sizes gain nothing.
type bulk struct {
	texts [len(bulkSizes)]string
}

var bulkSizes = [...]int{32, 8, 1}

// newBulk makes a statement of what stands before the rows, one row, and what
// stands after them.
func newBulk(before, one, after string) *bulk {
	var b bulk
	for i, n := range bulkSizes {
		b.texts[i] = before + strings.Repeat(one+", ", n-1) + one + after
	}
	return &b
}

// each calls run with the statement and the arguments for rows 0 to n-1, a
// part of them at a time. fill appends the arguments of one row.
func (b *bulk) each(n int, fill func(args []driver.Value, i int) []driver.Value, run func(text string, rows int, args []driver.Value) error) error {
	var args []driver.Value
	for size, done := 0, 0; done < n; {
		rows := bulkSizes[size]
		if rows > n-done {
			size++
			continue
		}
		args = args[:0]
		for range rows {
			args = fill(args, done)
			done++
		}
		if err := run(b.texts[size], rows, args); err != nil {
			return err
		}
	}
	return nil
}

// exec runs the statement for rows 0 to n-1.
func (b *bulk) exec(c *conn, n int, fill func(args []driver.Value, i int) []driver.Value) error {
	return b.each(n, fill, func(text string, _ int, args []driver.Value) error {
		_, err := c.Exec(text, args...)
		return err
	})
}

// query calls each with the rows that the statement finds for rows 0 to n-1.
func (b *bulk) query(c *conn, n int, fill func(args []driver.Value, i int) []driver.Value, each func(tables.Row)) error {
	return b.each(n, fill, func(text string, _ int, args []driver.Value) error {
		return c.Query(text, func(r tables.Row) error {
			each(r)
			return nil
		}, args...)
	})
}
