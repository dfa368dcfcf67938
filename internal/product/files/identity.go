package files

import (
	"errors"
	"io/fs"
	"syscall"
)

// identity tells a file, and its content, from others.
type identity struct {
	inode, size       int64
	modified, touched int64 // in nanoseconds since 1970
}

// changed returns when the file changed last.
func (id identity) changed() int64 { return max(id.modified, id.touched) }

// isNothing tells whether an error means that a path leads nowhere, for Python as
// for us.
func isNothing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
