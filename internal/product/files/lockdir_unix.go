//go:build darwin || freebsd || linux || netbsd || openbsd

package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir returns the folder of the user's locks, which nobody else can write.
func lockDir() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("pawl-locks-%d", os.Geteuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is to hold locks, but is no folder that only you can write; remove it", dir)
	}
	return dir, nil
}

// named reports whether a file is still the one of that name: who had it before
// may have removed it after it was opened.
func named(f *os.File, name string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	found, err := os.Lstat(name)
	return err == nil && os.SameFile(opened, found)
}
