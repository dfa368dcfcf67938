// Package scratch makes folders for files that nobody needs once a process has
// ended, and removes those of processes that have died.
//
// A folder is locked as long as the process that made it lives, however it
// ends: one that is not locked is litter. The package knows nothing of what is
// in the folders. Where the system has no such locks, litter stays.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder is a folder of this process.
type Folder struct {
	path string
	lock *os.File
}

// MakeAt makes a folder of a name that nobody else gives.
func MakeAt(path string) (*Folder, error) {
	return held("the folder "+path, func() (string, error) { return path, os.MkdirAll(path, 0o700) })
}

// Make makes a folder below parent, which is made where it is missing. Its name
// begins with the prefix, and no other one has it. Only the user can look into
// it.
func Make(parent, prefix string) (*Folder, error) {
	return held("a folder in "+parent, func() (string, error) {
		path, err := os.MkdirTemp(parent, prefix)
		if errors.Is(err, fs.ErrNotExist) {
			if err = os.MkdirAll(parent, 0o755); err == nil {
				path, err = os.MkdirTemp(parent, prefix)
			}
		}
		return path, err
	})
}

// makeTries bounds how often a folder is made anew because another process has
// taken it for litter before it was locked.
const makeTries = 100

// held makes a folder and locks it.
func held(what string, create func() (path string, err error)) (*Folder, error) {
	for range makeTries {
		path, err := create()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody has just removed the empty parent
		}
		if err != nil {
			return nil, err
		}
		lock, err := hold(path)
		if err == nil {
			return &Folder{path, lock}, nil
		}
		if !errors.Is(err, errTaken) {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
	}
	return nil, fmt.Errorf("make %s: others remove it", what)
}

// errTaken says that a folder is another's, or gone.
var errTaken = errors.New("the folder is taken")

// Path returns the absolute or relative path, as parent was.
func (f *Folder) Path() string { return f.path }

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	err := os.RemoveAll(f.path) // before the lock is free for others
	return errors.Join(err, f.lock.Close())
}

// Release lets go of the folder and leaves it where it is.
func (f *Folder) Release() error { return f.lock.Close() }

// Sweep removes the folders below parent that Make has made with that prefix in
// processes of this user which have died. It does what it can: what stays is
// only litter.
func Sweep(parent, prefix string) {
	for _, f := range Abandoned(parent, prefix) {
		_ = f.Remove()
	}
}

// Abandoned returns the folders that Sweep would remove, as folders of this
// process.
func Abandoned(parent, prefix string) []*Folder {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	var list []*Folder
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		path := filepath.Join(parent, e.Name())
		if lock, err := take(path); err == nil {
			list = append(list, &Folder{path, lock})
		}
	}
	return list
}
