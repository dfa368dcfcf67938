package sqlite

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/store/tables"
)

const (
	// checkpointPages is how long the write-ahead log gets before it is copied
	// into the database. More makes that cheaper, as a page that changes often is
	// copied once, and the log larger: 16 MiB.
	checkpointPages = 4096
	// mostPages is how long it gets before the writer copies it after all: where
	// another connection reads for so long that the rest can't be copied, or other
	// processes write, too.
	mostPages = 4 * checkpointPages
	// A log can only begin anew when all of it is copied. So the writer waits while
	// the last pages are, of which there are few enough after some rounds, unless
	// they come faster than they can be copied.
	lastPages        = checkpointPages / 16
	checkpointRounds = 4
)

// copier copies the write-ahead log into the database beside the writer. SQLite
// would have the writer do it between two commits, while all others wait.
type copier struct {
	dial   func() (*conn, error)
	writer *writer
	busy   atomic.Bool
	ended  sync.WaitGroup
}

// begin copies the log, unless that is being done. Where it fails, the writer does
// it when the log gets too long.
func (k *copier) begin() {
	if k.busy.Swap(true) {
		return
	}
	k.ended.Go(func() {
		defer k.busy.Store(false)
		_ = k.copy()
	})
}

func (k *copier) copy() (err error) {
	c, err := k.dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for range checkpointRounds {
		left, err := c.checkpoint()
		if err != nil {
			return err
		}
		if left <= lastPages {
			break
		}
	}
	k.writer.turn.Lock()
	defer k.writer.turn.Unlock()
	_, err = c.checkpoint()
	return err
}

// checkpoint copies what can be copied without waiting for anybody, and returns how
// many pages are left.
func (c *conn) checkpoint() (left int, err error) {
	err = c.Query("PRAGMA wal_checkpoint(PASSIVE)", func(r tables.Row) error {
		left = int(r.Int(1) - r.Int(2))
		return nil
	})
	return left, err
}
