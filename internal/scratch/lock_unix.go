//go:build darwin || freebsd || linux || netbsd || openbsd

package scratch

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// hold locks a folder that this process has just made.
func hold(path string) (*os.File, error) { return take(path) }

// take locks a folder of this user that nobody else has locked. It is errTaken
// where that can't be, also if the folder has vanished meanwhile.
func take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errTaken
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = errTaken
	case err == nil && !ours(f, path):
		err = errTaken
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ours reports whether an open folder is still the one of that path, and the
// user's own.
func ours(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	if err != nil || !os.SameFile(opened, named) {
		return false
	}
	stat, ok := opened.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
