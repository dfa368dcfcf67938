//go:build !(darwin || freebsd || linux || netbsd || openbsd)

package scratch

import "os"

// hold opens nothing: there are no locks.
func hold(string) (*os.File, error) { return os.Open(os.DevNull) }

// take takes nothing for litter, as nobody can know.
func take(string) (*os.File, error) { return nil, errTaken }
