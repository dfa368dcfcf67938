package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// lane is a line of ordered transactions of this process, of which there is one
// at a time. Each leaves its number in the row of the lane: after the
// connection broke, that tells whether the last one was committed. Its id in
// the database would not tell, because after a crash PostgreSQL gives the ids
// of the transactions that it has lost to others.
type lane struct {
	id     uuid.UUID
	number int64 // of the last one that was begun
}

func newLane() *lane { return &lane{id: uuid.New()} }

const (
	markLane = `
		INSERT INTO lanes (id, number, used) VALUES ($1, $2, now())
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, used = excluded.used`
	// A transaction that has not ended has the lock.
	awaitOrder = `SELECT pg_advisory_xact_lock($1, $2)`
	selectLane = `SELECT coalesce((SELECT number FROM lanes WHERE id = $1), 0)`
	// What a process has left is of use until it has looked.
	deleteLanes = `DELETE FROM lanes WHERE used < now() - interval '1 day'`
)

// begin queues what a transaction of the lane begins with.
func (l *lane) begin(b *pgx.Batch, space int32) {
	l.number++
	b.Queue("begin")
	b.Queue(awaitOrder, space, orderLock)
	b.Queue(markLane, l.id, l.number)
}

// committed reports whether the last transaction of the lane was committed,
// whose connection broke before it said so. It waits for the end of that, and
// for a database that is being restarted.
func (l *lane) committed(s *Store) bool {
	ctx, cancel := context.WithTimeout(s.ctx, settleTimeout)
	defer cancel()
	for ctx.Err() == nil {
		var number int64
		err := s.useConn(ctx, func(c *pgx.Conn) error {
			if _, err := c.Exec(ctx, awaitOrder, s.space, orderLock); err != nil {
				return err
			}
			return c.QueryRow(ctx, selectLane, l.id).Scan(&number)
		})
		switch {
		case err == nil:
			return number == l.number
		case !unreachable(err):
			return false
		}
		select {
		case <-ctx.Done():
		case <-time.After(settlePause):
		}
	}
	return false
}

const (
	settleTimeout = idleTimeout + 5*time.Second
	settlePause   = 50 * time.Millisecond
)
