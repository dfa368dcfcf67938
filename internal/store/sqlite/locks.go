package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// locks proves that the owner of a lease lives: while it does, it holds a lock
// on a file that is named after the epoch of the lease. As no epoch is used
// twice, a file that is missing or not locked means that the owner is gone.
// Where there are no such locks, all owners count as alive until their leases
// run out.
type locks struct {
	dir string

	mu   sync.Mutex
	held map[int64]*os.File
}

func newLocks(dir string) *locks {
	return &locks{dir: dir, held: make(map[int64]*os.File)}
}

func (l *locks) file(epoch int64) string {
	return filepath.Join(l.dir, strconv.FormatInt(epoch, 10)+".lock")
}

// hold takes the lock of an epoch.
func (l *locks) hold(epoch int64) error {
	if !locksFiles {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(l.file(epoch), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := lockFile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	l.held[epoch] = f
	return nil
}

// drop frees the lock of an epoch that is over, here or in a process that is
// gone, and removes its file. What can't be removed does no harm.
func (l *locks) drop(epoch int64) {
	if epoch == 0 || !locksFiles {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = os.Remove(l.file(epoch))
	if f := l.held[epoch]; f != nil {
		_ = f.Close()
		delete(l.held, epoch)
	}
}

// alive reports whether the owner of a lease may still live.
func (l *locks) alive(epoch int64) bool {
	if !locksFiles {
		return true
	}
	f, err := os.OpenFile(l.file(epoch), os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	free := lockFile(f) == nil
	return f.Close() != nil || !free
}

// close frees all locks. The files stay: the leases are not over.
func (l *locks) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for epoch, f := range l.held {
		errs = append(errs, f.Close())
		delete(l.held, epoch)
	}
	return errors.Join(errs...)
}
