//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsTerminal reports whether a file is a terminal.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), ioctlGet)
	return err == nil
}

// TerminalSize returns the columns and rows of a terminal.
func TerminalSize(f *os.File) (width, height int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 80, 24
	}
	return int(size.Col), int(size.Row)
}

// hideInput stops a terminal from showing what is typed, until the function
// that it returns is called.
func hideInput(f *os.File) (restore func()) {
	old, err := unix.IoctlGetTermios(int(f.Fd()), ioctlGet)
	if err != nil {
		return func() {}
	}
	hidden := *old
	hidden.Lflag &^= unix.ECHO
	if unix.IoctlSetTermios(int(f.Fd()), ioctlSet, &hidden) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(int(f.Fd()), ioctlSet, old) }
}
