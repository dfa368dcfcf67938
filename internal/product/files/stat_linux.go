package files

import (
	"errors"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// eyes look at files for one worker. Folders in which there is more than one are
// kept open for a while, so that the way to them is not walked for each.
type eyes struct {
	folders [8]folder
	next    int // the folder to be forgotten next
	links   int // how many symbolic links were seen at the end of paths
	buffer  []byte
}

// folder is one that was seen. It is opened when it is seen again.
type folder struct {
	path string
	open bool
	file int
}

// identify looks at what a name in a folder leads to, and whether there is
// anything. The two make a path when they are put together.
func (e *eyes) identify(dir, name string) (id identity, exists bool, err error) {
	at, path := e.near(dir, name)
	var st unix.Stat_t
	err = stat(at, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		e.links++
		err = stat(at, path, &st, 0)
	}
	switch {
	case err == nil:
		return identity{int64(st.Ino), st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, true, nil
	case isNothing(err):
		return identity{}, false, nil
	}
	return identity{}, false, &fs.PathError{Op: "stat", Path: dir + name, Err: err}
}

func stat(at int, name string, st *unix.Stat_t, flags int) error {
	return again(func() error { return unix.Fstatat(at, name, st, flags) })
}

// again makes a call of the system until no signal interrupts it.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// read returns the content of a file in a folder, of which it takes size bytes to
// be the whole. It holds until the next call.
func (e *eyes) read(dir, name string, size int64) ([]byte, error) {
	at, path := e.near(dir, name)
	var file int
	err := again(func() (err error) {
		file, err = unix.Openat(at, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir + name, Err: err}
	}
	defer unix.Close(file) //nolint:errcheck // it was only read
	e.buffer = slices.Grow(e.buffer[:0], int(size))
	content := e.buffer[:size]
	for got := 0; got < len(content); {
		n := 0
		err := again(func() (err error) {
			n, err = unix.Read(file, content[got:])
			return err
		})
		switch {
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: dir + name, Err: err}
		case n == 0:
			return content[:got], nil
		}
		got += n
	}
	return content, nil
}

// near returns an open folder and the rest of a path from there.
func (e *eyes) near(dir, name string) (at int, rest string) {
	if dir == "" || name == "" {
		return unix.AT_FDCWD, dir + name
	}
	for i := range e.folders {
		f := &e.folders[i]
		if f.path != dir {
			continue
		}
		if !f.open {
			file, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err != nil {
				return unix.AT_FDCWD, dir + name // the path says what is wrong
			}
			f.file, f.open = file, true
		}
		return f.file, name
	}
	e.folders[e.next].forget()
	e.folders[e.next].path = dir
	e.next = (e.next + 1) % len(e.folders)
	return unix.AT_FDCWD, dir + name
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
