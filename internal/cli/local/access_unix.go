//go:build unix

package local

import "golang.org/x/sys/unix"

// canWrite reports whether files can be made in a folder.
func canWrite(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }
