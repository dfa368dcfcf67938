//go:build !(darwin || freebsd || linux)

package serve

import "io/fs"

// endings are those of the files of programs.
var endings = []string{"", ".exe", ".cmd", ".bat"}

func executable(fs.FileMode) bool { return true }

// freeSpace is not known here, and neither is fileLimit.
func freeSpace(string) (uint64, bool) { return 0, false }

func fileLimit() (uint64, bool) { return 0, false }
