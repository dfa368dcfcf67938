package sqlite

import (
	"sync"

	"github.com/pawlhq/pawl/internal/store/tables"
)

// writer is the only connection that writes. Calls that come while it is busy
// wait, and share the next transaction: they cost one sync of the disk.
type writer struct {
	conn *conn

	mu    sync.Mutex
	queue []*job

	// turn is held by the call that writes. It guards conn, and the fields of
	// the jobs that were taken from the queue.
	turn   sync.Mutex
	closed bool
	// full is called when the write-ahead log is long enough to be copied, and
	// pages is how many were written to it since then.
	full  func()
	pages int
}

// job is what one call writes. It either refuses, with an error that carries
// a code, before it writes anything, or its failure undoes the transaction.
// It may be run again after that.
type job struct {
	// run writes it; without it, intake says what is to be started.
	run    func(*conn) error
	intake *tables.Intake
	done   bool
	err    error
}

// do runs a job in a transaction and returns once that is durable.
func (w *writer) do(j *job) error {
	w.mu.Lock()
	w.queue = append(w.queue, j)
	w.mu.Unlock()

	w.turn.Lock()
	defer w.turn.Unlock()
	if !j.done {
		w.mu.Lock()
		jobs := w.queue
		w.queue = nil
		w.mu.Unlock()
		w.write(jobs)
	}
	return j.err
}

// write runs jobs in one transaction, or in one each when that fails, so that
// none fails for another's sake.
func (w *writer) write(jobs []*job) {
	err := w.transact(jobs)
	if err != nil && len(jobs) > 1 {
		for i := range jobs {
			w.write(jobs[i : i+1])
		}
		return
	}
	for _, j := range jobs {
		j.done = true
		if err != nil {
			j.err = err
		}
	}
}

func (w *writer) transact(jobs []*job) error {
	if w.closed {
		return errClosed
	}
	if _, err := w.conn.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := w.run(jobs); err != nil {
		return w.undo(err)
	}
	if _, err := w.conn.Exec("COMMIT"); err != nil {
		return w.undo(err)
	}
	if w.pages += w.conn.pagesWritten(); w.pages >= checkpointPages {
		w.pages = 0
		w.full()
	}
	return nil
}

// run runs jobs, those that start something first and together.
func (w *writer) run(jobs []*job) error {
	var starting []*job
	for _, j := range jobs {
		if j.intake != nil {
			starting = append(starting, j)
		}
	}
	if err := take(w.conn, starting); err != nil {
		return err
	}
	for _, j := range jobs {
		if j.intake != nil {
			continue
		}
		j.err = j.run(w.conn)
		if j.err != nil && !tables.Refused(j.err) {
			return j.err
		}
	}
	return nil
}

// undo leaves the transaction. Some failures have ended it already, so that
// there is nothing to roll back; cause says what is to be known in any case.
func (w *writer) undo(cause error) error {
	_, _ = w.conn.Exec("ROLLBACK")
	return cause
}

func (w *writer) close() error {
	w.turn.Lock()
	defer w.turn.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return w.conn.close()
}
