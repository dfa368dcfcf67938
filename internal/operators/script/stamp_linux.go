package script

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// stamp is what a file or folder looked like, from which its change is seen.
type stamp struct {
	path     string
	device   uint64
	inode    uint64
	modified unix.Timespec
}

// stampOf returns the stamp of what is at path now; nothing has one as well.
func stampOf(path string) stamp {
	s := stamp{path: path}
	var info unix.Stat_t
	if unix.Stat(path, &info) == nil {
		s.device, s.inode, s.modified = info.Dev, info.Ino, info.Mtim
	}
	return s
}

func (s stamp) changed() bool { return stampOf(s.path) != s }

// isScript tells whether another program interprets the one at path.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	var start [2]byte
	_, err = io.ReadFull(f, start[:])
	return err == nil && string(start[:]) == "#!"
}
