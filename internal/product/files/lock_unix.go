//go:build darwin || freebsd || netbsd || openbsd

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
