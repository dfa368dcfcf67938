//go:build darwin || freebsd || linux

package serve

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// endings are those of the files of programs.
var endings = []string{""}

func executable(mode fs.FileMode) bool { return mode&0o111 != 0 }

// freeSpace returns the bytes that are left for the user on the disk of a
// folder.
func freeSpace(dir string) (uint64, bool) {
	var of unix.Statfs_t
	if err := unix.Statfs(dir, &of); err != nil || of.Bavail <= 0 {
		return 0, err == nil
	}
	return uint64(of.Bavail) * uint64(of.Bsize), true //nolint:unconvert // it is signed on FreeBSD
}

// fileLimit returns how many files the process may open at a time.
func fileLimit() (uint64, bool) {
	var of unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &of); err != nil {
		return 0, false
	}
	return uint64(of.Cur), true //nolint:unconvert // it is signed on FreeBSD
}
