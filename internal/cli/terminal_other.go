//go:build !unix

package cli

import "os"

// isTerminal reports whether a file is a terminal: here none is taken for one,
// so output is plain.
func isTerminal(*os.File) bool { return false }

func terminalSize(*os.File) (width, height int) { return 80, 24 }

func hideInput(*os.File) (restore func()) { return func() {} }
