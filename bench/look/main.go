// Command look looks at the files whose names a file has, one a line, with as
// many workers as there are processors, and does nothing else: the limit for
// finding out that none of them changed.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// chunk is how many names a worker takes at a time.
const chunk = 512

func main() {
	list, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = look(names(list))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "look:", err)
		os.Exit(1)
	}
}

func names(list []byte) []string {
	names := make([]string, 0, bytes.Count(list, []byte("\n")))
	for name := range strings.Lines(string(list)) {
		names = append(names, name[:len(name)-1])
	}
	return names
}

// look fails if it can't look at a file. One that is not there has been looked
// at, too.
func look(names []string) error {
	var workers sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Value
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for failed.Load() == nil {
				end := int(next.Add(chunk))
				if end-chunk >= len(names) {
					return
				}
				for _, name := range names[end-chunk : min(end, len(names))] {
					if err := lstat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
						failed.CompareAndSwap(nil, fmt.Errorf("%s: %w", name, err))
						return
					}
				}
			}
		})
	}
	workers.Wait()
	err, _ := failed.Load().(error)
	return err
}
