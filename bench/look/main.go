// Command look looks at the files whose names a file has, one a line, with as
// many workers as there are processors, and does nothing else: the limit for
// finding out that none of them changed. It also reads and digests the files
// whose names a second file has.
package main

import (
	"bytes"
	"crypto/sha256"
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
	for i, do := range []func(string) error{lstat, digest} {
		if i+1 >= len(os.Args) {
			return
		}
		list, err := os.ReadFile(os.Args[i+1])
		if err == nil {
			err = each(names(list), do)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "look:", err)
			os.Exit(1)
		}
	}
}

func names(list []byte) []string {
	names := make([]string, 0, bytes.Count(list, []byte("\n")))
	for name := range strings.Lines(string(list)) {
		names = append(names, name[:len(name)-1])
	}
	return names
}

// digest reads a file and digests what is in it.
func digest(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	_ = sha256.Sum256(content)
	return nil
}

// each fails if something can't be done with a file. One that is not there has
// been looked at, too.
func each(names []string, do func(string) error) error {
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
					if err := do(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
