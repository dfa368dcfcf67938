package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// makeFolder makes a folder and those above it, if there is none, which only
// the user of this process may look into, and returns once they are durable: SQLite cares for the entries of its files, and nobody
// else for that of their folder.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o700) // which knows what is wrong with what is there
	}
	above := filepath.Dir(dir)
	if err := makeFolder(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(above)
}

// making keeps a file that is being made from being opened in this process: to
// close a file gives up all locks that the process has on it.
var making sync.Mutex

// makeFile makes the file of a database, which only the user of this process
// may read, if there is none. SQLite makes those beside it alike.
func makeFile(path string) error {
	making.Lock()
	defer making.Unlock()
	f, _ := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if f == nil {
		return nil // there is one, or else SQLite says why there can't be
	}
	return f.Close()
}
