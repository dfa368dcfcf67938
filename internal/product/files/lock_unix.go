//go:build darwin || freebsd || linux || netbsd || openbsd

package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// tryLock takes the lock of a path, or returns errLocked. The file that is
// locked lies apart from the product, whose folder may not be there yet, and
// lasts as long as the lock.
func tryLock(path string) (release func(), err error) {
	dir, err := lockDir()
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(path))
	name := filepath.Join(dir, hex.EncodeToString(digest[:16]))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK), err == nil && !named(f, name):
		err = errLocked
	case err != nil:
		err = fmt.Errorf("lock %s: %w", name, err)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		_ = os.Remove(name) // one that stays is locked by the next one
		_ = f.Close()       // nothing was written
	}, nil
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
