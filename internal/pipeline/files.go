package pipeline

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files reads files and remembers which ones it was asked for.
type files struct {
	within  string                            // a folder that is not left; "" for none
	few     bool                              // so few are asked for that folders need not be read
	reader  int                               // the draft for which files are read, or whole
	seen    map[string]struct{}               // whatever decided something
	texts   map[string]*text                  // of files
	begun   map[string]func() (string, error) // reads of files that are not asked for yet
	dirs    map[string]string                 // folders without symbolic links in their names
	links   map[string][]string               // names of symbolic links, by folder
	targets map[string]string                 // of links that were followed, by path
}

type text struct {
	content string
	err     error
	readers []int // drafts that have read it, or whole
}

// whole stands for a pipeline in the place of a draft of it.
const whole = -1

func newFiles(within string) *files {
	return &files{
		within:  within,
		reader:  whole,
		seen:    map[string]struct{}{},
		texts:   map[string]*text{},
		dirs:    map[string]string{},
		links:   map[string][]string{},
		targets: map[string]string{},
	}
}

// maxBytes is the largest file that is read.
const maxBytes = 64 << 20

// read returns the content of a file, which it reads once.
func (f *files) read(path string) (string, error) {
	t, ok := f.texts[path]
	if !ok {
		if f.outside(path) {
			return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		t = new(text)
		if read := f.begun[path]; read != nil {
			t.content, t.err = read()
			delete(f.begun, path)
		} else {
			t.content, t.err = readFile(path)
		}
		f.texts[path] = t
	}
	if n := len(t.readers); n == 0 || t.readers[n-1] != f.reader {
		t.readers = append(t.readers, f.reader)
	}
	return t.content, t.err
}

// readers returns the drafts for which each file was read, of those files that
// were read for drafts alone.
func (f *files) readers() map[string][]int {
	all := make(map[string][]int, len(f.texts))
	for path, t := range f.texts {
		slices.Sort(t.readers)
		if t.readers = slices.Compact(t.readers); t.readers[0] != whole {
			all[path] = t.readers
		}
	}
	return all
}

// outside tells whether a path leads out of the folder that is not left.
func (f *files) outside(path string) bool {
	if f.within == "" {
		return false
	}
	rel, err := filepath.Rel(f.within, path)
	return err != nil || !filepath.IsLocal(rel)
}

// readFile takes as few system calls as it can: pipelines have many small files.
func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // it was only read
	buffer := make([]byte, 4096)
	n, err := file.Read(buffer)
	switch {
	case errors.Is(err, io.EOF):
		return "", nil
	case err != nil:
		return "", err
	case n < len(buffer):
		return string(buffer[:n]), nil // no file that matters gives less than it has
	}
	return readRest(file, buffer)
}

// readRest reads what comes after the beginning of a file.
func readRest(file *os.File, beginning []byte) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if info.Size() > maxBytes {
		return "", errors.New("it is larger than 64 MiB")
	}
	var b strings.Builder
	b.Grow(int(info.Size()))
	b.Write(beginning)
	_, err = io.Copy(&b, io.LimitReader(file, maxBytes))
	return b.String(), err
}

// forget makes the next read of a file look at it again.
func (f *files) forget(path string) {
	delete(f.texts, path)
	f.seen[path] = struct{}{}
}

// stat tells what there is at a path; the result is nil if there is nothing.
func (f *files) stat(path string) fs.FileInfo {
	f.seen[path] = struct{}{}
	if f.outside(path) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

// isFile tells whether there is something that is no folder.
func (f *files) isFile(path string) bool {
	info := f.stat(path)
	return info != nil && !info.IsDir()
}

func (f *files) isDir(path string) bool {
	info := f.stat(path)
	return info != nil && info.IsDir()
}

func (f *files) exists(path string) bool { return f.stat(path) != nil }

// matches returns the files that match a pattern. The folders in which more could
// appear are noted.
func (f *files) matches(pattern string) ([]string, error) {
	for dir, plain := filepath.Dir(pattern), false; !plain; dir = filepath.Dir(dir) {
		folders, err := filepath.Glob(dir)
		if err != nil {
			return nil, err
		}
		if plain = !strings.ContainsAny(dir, `*?[\`); plain {
			folders = []string{dir}
		}
		for _, folder := range folders {
			f.seen[folder] = struct{}{}
		}
	}
	return filepath.Glob(pattern)
}

// resolve returns a path without symbolic links. What does not exist has none.
func (f *files) resolve(path string) string {
	path = filepath.Clean(path)
	if f.outside(path) {
		return path
	}
	dir, name := filepath.Split(path)
	if name == "" {
		return path
	}
	dir = f.folder(filepath.Clean(dir))
	if f.isLink(dir, name) {
		if target, err := filepath.EvalSymlinks(filepath.Join(dir, name)); err == nil {
			f.targets[filepath.Join(dir, name)] = target
			return target
		}
	}
	if dir == "/" {
		return dir + name
	}
	return dir + "/" + name
}

// folder resolves a folder.
func (f *files) folder(dir string) string {
	if resolved, ok := f.dirs[dir]; ok {
		return resolved
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		if parent := filepath.Dir(dir); parent != dir {
			resolved = filepath.Join(f.folder(parent), filepath.Base(dir))
		} else {
			resolved = dir
		}
	}
	f.dirs[dir] = resolved
	return resolved
}

// isLink tells whether a name in a folder, of whose path no part is a link, is a
// symbolic link.
func (f *files) isLink(dir, name string) bool {
	if f.few {
		info, err := os.Lstat(filepath.Join(dir, name))
		return err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	links, ok := f.links[dir]
	if !ok {
		links = linksIn(dir)
		f.links[dir] = links
	}
	return slices.Contains(links, name)
}

// linksIn returns the symbolic links in a folder. One that can't be read has
// none that we could follow.
func linksIn(dir string) []string {
	var links []string
	folder, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer folder.Close() //nolint:errcheck // it was only read
	entries, _ := folder.ReadDir(-1)
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			links = append(links, e.Name())
		}
	}
	return links
}

// paths returns what paths lead to.
func (f *files) paths() map[string]string {
	all := maps.Clone(f.targets)
	maps.Copy(all, f.dirs)
	return all
}

// inputs returns what decided something, sorted.
func (f *files) inputs() []string {
	list := make([]string, 0, len(f.seen)+len(f.texts))
	for path := range f.seen {
		list = append(list, path)
	}
	for path := range f.texts {
		list = append(list, path)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
