//go:build !(darwin || freebsd || linux || netbsd || openbsd)

package files

import "sync"

// locked are the paths that are locked in this process.
var locked sync.Map

// tryLock takes the lock of a path, or returns errLocked.
func tryLock(path string) (release func(), err error) {
	if _, taken := locked.LoadOrStore(path, struct{}{}); taken {
		return nil, errLocked
	}
	return func() { locked.Delete(path) }, nil
}
