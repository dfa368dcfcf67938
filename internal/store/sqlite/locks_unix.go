//go:build darwin || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"os"
	"syscall"
)

const locksFiles = true

// lockFile locks an open file until it is closed, or fails at once.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
