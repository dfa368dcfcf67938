// Package tables is what the stores on SQL databases share: everything but
// how a connection is had, how a transaction is made, and the statements of
// starts and commits, which are too many for anything but the best that each
// database has to offer; what is to become of starts is decided here. Its SQL
// is what SQLite and PostgreSQL both understand.
package tables

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// DB is a database with the tables. Its methods are safe for concurrent use.
type DB interface {
	// Write runs a job in a transaction, and returns once that is durable.
	// Jobs that come together may share one: a job either refuses, with an
	// error that carries a code, before it writes anything, or its failure
	// undoes the transaction. It may be run more than once. what names it in
	// errors.
	Write(ctx context.Context, what string, job func(Conn) error) error
	// Take finds what an intake asks, lets it decide, and writes what it
	// decided, all in one transaction, which intakes that come together share.
	// It returns once that is durable.
	Take(ctx context.Context, what string, in *Intake) error
	// Route finds what mail asks, lets it decide, and writes what it decided, as
	// Take does.
	Route(ctx context.Context, what string, m *routing.Mail) error
	// Read calls a function with a connection that sees what was committed.
	Read(ctx context.Context, what string, read func(Conn) error) error
	// ReadMoment does so with a connection that sees the state of one moment.
	ReadMoment(ctx context.Context, what string, read func(Conn) error) error
	// Call calls those who watch the store.
	Call()
	Locks
}

// Locks prove that owners of leases live.
type Locks interface {
	// Hold takes the lock of an epoch, until the process ends. It is called
	// within the transaction that makes the lease.
	Hold(c Conn, epoch int64) error
	// Drop frees the lock of an epoch that is over, here or in a process that
	// is gone.
	Drop(epoch int64)
	// Alive reports whether the owner of an epoch may still live.
	Alive(c Conn, epoch int64) (bool, error)
}

// Conn is a connection, for one goroutine. Parameters are written as '?'. A
// bound of rows is written as LIMIT ? + 0, because SQLite plans a statement
// anew for each run whose LIMIT is a parameter.
type Conn interface {
	// Query calls each with every row of a result, until that returns an
	// error; ErrEnough ends it well. A row is valid until each returns.
	Query(text string, each func(Row) error, args ...driver.Value) error
	// Exec runs a statement and returns the number of rows that it changed.
	Exec(text string, args ...driver.Value) (int64, error)
	// Insert runs a statement that adds one row to a table with a column id,
	// and returns the id.
	Insert(text string, args ...driver.Value) (int64, error)
}

// Row is one row of a result. Columns are read by their place, from 0; NULL is
// a zero value.
type Row []driver.Value

// Int returns a column with a number.
func (r Row) Int(i int) int64 { v, _ := r[i].(int64); return v }

// Text returns a column with a text.
func (r Row) Text(i int) string { v, _ := r[i].(string); return v }

// Blob returns a column with bytes.
func (r Row) Blob(i int) []byte { v, _ := r[i].([]byte); return v }

// ErrEnough ends a query early.
var ErrEnough = errors.New("enough")

// number returns the first column of the only row of a result, and whether
// there is one.
func number(c Conn, text string, args ...driver.Value) (n int64, found bool, err error) {
	err = c.Query(text, func(r Row) error {
		n, found = r.Int(0), true
		return nil
	}, args...)
	return n, found, err
}

// Tables implements the parts of store.Store that are the same for all
// databases. Stores embed it.
type Tables struct {
	db          DB
	dialect     Dialect
	definitions *definitions
	// selectAttempts and selectSessions give rows that readAttempt reads.
	selectAttempts, selectSessions string
	// selectLeases gives rows that readLease reads.
	selectLeases string
	// pruned is the place of the last fact that was old and was looked at.
	pruning sync.Mutex
	pruned  store.Mark
}

// Dialect has what can't be said in the same way everywhere.
type Dialect struct {
	// Position is the function that gives the place of a text in another, from
	// 1, or 0.
	Position string
	// Holds is the condition that the bytes of a column, in the place of %s, have
	// those of a parameter somewhere.
	Holds string
	// Ordered is the join that keeps the order of the table on its left.
	Ordered string
	// OfPlace joins the attempt "a" to each row "q" of the run queue, and never those
	// rows to attempts.
	OfPlace string
	// Caller is the id in the name of the attempt "a" that says who has called it (see
	// the package calls); NULL, or no id, is nobody.
	Caller string
	// Numbers is the query of the numbers in a parameter that is a JSON array
	// of them.
	Numbers string
	// Elements is the table "e" of what a parameter has that is a JSON array, one
	// "value" each.
	Elements string
	// Hide, before a column, keeps its indexes from being used. It is empty
	// where the database knows what each of them leads to.
	Hide string
	// Now is the time, in microseconds since the Unix epoch, by the clock of the
	// database: all who share it have the same.
	Now string
	// Settled is the query of the number below which no event can be missing that
	// will ever be. It is empty where events get their numbers in order.
	Settled string
	// Returned is a condition: the database has only just come back, and those
	// who have leases may not have. None has run out meanwhile.
	Returned string
}

// New returns the tables of a database.
func New(db DB, d Dialect) *Tables {
	return &Tables{
		db: db, dialect: d, definitions: newDefinitions(d.Numbers),
		selectAttempts: attemptColumns + ` FROM attempts a ` + d.Ordered + ` sessions s ON s.id = a.session` + withOwner,
		selectSessions: attemptColumns + ` FROM sessions s ` + d.Ordered + ` attempts a ON a.id = s.last` + withOwner,
		selectLeases:   `SELECT id, until > ` + d.Now + ` OR ` + d.Returned + ` FROM leases`,
	}
}

// Refused reports whether a job failed before it wrote anything.
func Refused(err error) bool {
	var coded *model.Error
	return errors.As(err, &coded)
}
