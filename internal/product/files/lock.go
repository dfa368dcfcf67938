package files

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"
)

// lockEvery is how often somebody who waits for a lock looks whether it is free.
const lockEvery = 20 * time.Millisecond

// Lock waits until nobody else on this machine makes any of the products, and
// keeps others from it until unlock is called. It holds between goroutines, and
// between the processes of a user that have the same folder for temporary files;
// where systems have no flock only within the process. Paths are told apart as
// they are written, once they are absolute and clean. If the context ends first,
// the error is its cause.
//
// All that is needed has to be locked by one call, or two callers can wait for
// each other. Who has a lock must not ask for it again.
func Lock(ctx context.Context, paths ...string) (unlock func(), err error) {
	names, err := lockNames(paths)
	if err != nil {
		return nil, err
	}
	var held []func()
	unlock = func() {
		for _, release := range slices.Backward(held) {
			release()
		}
		held = nil
	}
	for _, name := range names { // everybody takes them in the same order
		release, err := lockOne(ctx, name)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, release)
	}
	return unlock, nil
}

// lockNames returns the paths as they are locked: each once, in order.
func lockNames(paths []string) ([]string, error) {
	names := make([]string, len(paths))
	for i, path := range paths {
		var err error
		if names[i], err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// errLocked says that somebody else has a lock.
var errLocked = errors.New("somebody else makes this product")

func lockOne(ctx context.Context, path string) (release func(), err error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if release, err = tryLock(path); !errors.Is(err, errLocked) {
			return release, err
		}
		timer := time.NewTimer(lockEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}
