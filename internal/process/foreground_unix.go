//go:build unix

package process

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// inForeground tells whether a file is a terminal that listens to our group.
func inForeground(f *os.File) bool {
	if f == nil {
		return false
	}
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// lend prepares for another group to be the one that a terminal listens to. What
// it returns takes the terminal back.
func lend(f *os.File) (restore func()) {
	if !inForeground(f) {
		return func() {}
	}
	signal.Ignore(unix.SIGTTOU) // by which the system stops who meddles from the background
	return func() {
		_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.TIOCSPGRP, unix.Getpgrp()) // it fails where the terminal has gone
		signal.Reset(unix.SIGTTOU)
	}
}
