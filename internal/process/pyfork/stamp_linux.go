package pyfork

import (
	"golang.org/x/sys/unix"
)

// Stamp is what a file or folder looked like, from which its change is seen.
type Stamp struct {
	path     string
	device   uint64
	inode    uint64
	modified unix.Timespec
}

// StampOf returns the stamp of what is at path now; nothing has one as well.
func StampOf(path string) Stamp {
	s := Stamp{path: path}
	var info unix.Stat_t
	if unix.Stat(path, &info) == nil {
		s.device, s.inode, s.modified = info.Dev, info.Ino, info.Mtim
	}
	return s
}

// Changed tells whether something else is there now.
func (s Stamp) Changed() bool { return StampOf(s.path) != s }
