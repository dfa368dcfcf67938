//go:build unix

package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// signalName returns the name of a signal, or "".
func signalName(n int) string {
	if n <= 0 {
		return ""
	}
	return unix.SignalName(syscall.Signal(n))
}
