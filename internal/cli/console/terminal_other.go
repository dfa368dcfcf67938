//go:build !unix

package console

import "os"

// IsTerminal reports whether a file is a terminal: here none is taken for one,
// so output is plain.
func IsTerminal(*os.File) bool { return false }

func TerminalSize(*os.File) (width, height int) { return 80, 24 }

func hideInput(*os.File) (restore func()) { return func() {} }
