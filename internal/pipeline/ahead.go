package pipeline

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pawlhq/pawl/internal/document"
)

// manySources are so many that it is worth reading them while others are looked
// at.
const manySources = 10

// ahead begins to read the sources of tasks that are files, before they are asked
// for. It returns what ends that, which has to be called.
func (l *loader) ahead(tasks []*document.Node) (end func()) {
	if l.described || len(tasks) < manySources {
		return func() {}
	}
	folder := l.pipeline.Root
	if len(l.meta.sourceFolders) > 0 {
		folder = l.meta.sourceFolders[0]
	}
	paths := make([]string, 0, len(tasks))
	for _, n := range tasks {
		source, _ := n.Text()
		for _, e := range n.Entries() {
			if e.Key == "source" {
				source, _ = e.Value.Text()
			}
		}
		if _, file := suffixes[pythonSuffix(source)]; file && !strings.Contains(source, "://") {
			paths = append(paths, join(folder, source))
		}
	}
	return l.files.ahead(paths)
}

// ahead begins to read files. Who asks for one that is not read yet, reads it.
func (f *files) ahead(paths []string) (end func()) {
	f.begun = make(map[string]func() (string, error), len(paths))
	reads := make([]func() (string, error), 0, len(paths))
	for _, path := range paths {
		if f.outside(path) || f.begun[path] != nil {
			continue
		}
		read := sync.OnceValues(func() (string, error) { return readFile(path) })
		f.begun[path], reads = read, append(reads, read)
	}
	var ended atomic.Bool
	var reading sync.WaitGroup
	reading.Go(func() {
		for _, read := range reads {
			if ended.Load() {
				return
			}
			_, _ = read() // who asks for it gets the error
		}
	})
	return func() {
		ended.Store(true)
		reading.Wait()
	}
}
