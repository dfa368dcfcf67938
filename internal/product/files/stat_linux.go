package files

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// eyes look at files for one worker. Folders in which there is more than one are
// kept open for a while, so that the way to them is not walked for each.
type eyes struct {
	folders [8]folder
	next    int // the folder to be forgotten next
}

// folder is one that was seen. It is opened when it is seen again.
type folder struct {
	path string
	open bool
	file int
}

// identify looks at what a path leads to, and whether there is anything.
func (e *eyes) identify(path string) (id identity, exists bool, err error) {
	at, name := e.near(path)
	var st unix.Stat_t
	err = stat(at, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		err = stat(at, name, &st, 0)
	}
	switch {
	case err == nil:
		return identity{int64(st.Ino), st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, true, nil
	case isNothing(err):
		return identity{}, false, nil
	}
	return identity{}, false, &fs.PathError{Op: "stat", Path: path, Err: err}
}

func stat(at int, name string, st *unix.Stat_t, flags int) error {
	for {
		if err := unix.Fstatat(at, name, st, flags); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// near returns an open folder and the rest of a path from there.
func (e *eyes) near(path string) (at int, rest string) {
	dir, name := filepath.Split(path)
	if dir == "" || name == "" {
		return unix.AT_FDCWD, path
	}
	for i := range e.folders {
		f := &e.folders[i]
		if f.path != dir {
			continue
		}
		if !f.open {
			file, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err != nil {
				return unix.AT_FDCWD, path // the path says what is wrong
			}
			f.file, f.open = file, true
		}
		return f.file, name
	}
	e.folders[e.next].forget()
	e.folders[e.next].path = dir
	e.next = (e.next + 1) % len(e.folders)
	return unix.AT_FDCWD, path
}

func (f *folder) forget() {
	if f.open {
		_ = unix.Close(f.file) // nothing was written
	}
	*f = folder{}
}

// close lets go of what is open.
func (e *eyes) close() {
	for i := range e.folders {
		e.folders[i].forget()
	}
}
