package files

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of a path, or returns errLocked. A path has a place of
// its own in one file, which is empty and lies apart from the products: to make
// and remove a file for each lock would take longer than many a task.
func tryLock(path string) (release func(), err error) {
	dir, err := lockDir()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "products")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(path))
	place := unix.Flock_t{
		Type: unix.F_WRLCK, Whence: io.SeekStart, Len: 1,
		Start: int64(binary.LittleEndian.Uint64(digest[:]) % math.MaxInt64),
	}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &place)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES), err == nil && !named(f, name):
		err = errLocked
	case err != nil:
		err = fmt.Errorf("lock %s: %w", name, err)
	default:
		err = keepYoung(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // nothing was written
}

// keepYoung keeps a file from those who remove what is old from folders of
// temporary files.
func keepYoung(f *os.File) error {
	info, err := f.Stat()
	if now := time.Now(); err == nil && now.Sub(info.ModTime()) > time.Hour {
		err = os.Chtimes(f.Name(), now, now)
	}
	return err
}
