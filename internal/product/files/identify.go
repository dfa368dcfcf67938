package files

import (
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Identity tells a file, and its content, from others: one that has the same a
// moment later has not changed meanwhile, if it was settled.
type Identity [4]int64

// Identify returns the identity of what a path leads to, and whether there is
// something.
func Identify(path string) (Identity, bool, error) {
	var e eyes
	defer e.close()
	id, exists, err := e.identify(filepath.Split(path))
	return Identity{id.inode, id.size, id.modified, id.touched}, exists, err
}

// IdentifyEach calls f with the identity of what each path leads to, until f
// returns false. It is called by as many goroutines as there are processors.
func IdentifyEach(paths []string, f func(i int, id Identity, exists bool, err error) bool) {
	var next atomic.Int64
	var ended atomic.Bool
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(paths)/chunk+1) {
		workers.Go(func() {
			var e eyes
			defer e.close()
			for !ended.Load() {
				end := int(next.Add(chunk))
				for i := end - chunk; i < min(end, len(paths)); i++ {
					id, exists, err := e.identify(filepath.Split(paths[i]))
					if !f(i, Identity{id.inode, id.size, id.modified, id.touched}, exists, err) {
						ended.Store(true)
						return
					}
				}
				if end >= len(paths) {
					return
				}
			}
		})
	}
	workers.Wait()
}

// Settled reports whether the file can't change any more without another
// identity, because its last change is long enough ago.
func (id Identity) Settled(now time.Time) bool {
	return max(id[2], id[3]) <= now.Add(-racy).UnixNano()
}
