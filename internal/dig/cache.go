package dig

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// LoadProjectCached is LoadProject for the folder dir, of which root is the name
// for people, but keeps what it compiled in cacheDir, which it creates if there
// is something to keep. What is kept is used only while every file that went
// into it has the same content, so the result is always that of LoadProject. A
// cache that is damaged, was written by another build of the program, or cannot
// be read or written counts as empty.
func LoadProjectCached(dir, root, cacheDir string) (*Project, error) {
	project := os.DirFS(dir)
	names, err := digFiles(project, root)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(cacheDir, entryName(dir))
	if p, ok := readCached(file, project, root, names); ok {
		return p, nil
	}
	l := newLoader(project)
	var inputs []Input
	read := l.read
	l.read = func(name string) ([]byte, error) {
		in, err := input(name, read)
		inputs = append(inputs, in)
		return in.Content, err
	}
	p, err := l.loadProject(root, names)
	if err != nil || len(names) == 0 { // a folder that is no project gets nothing
		return p, err
	}
	e := entry{key: Key(build(), root, names, inputs), inputs: inputs, project: p}
	// A project that is not kept is compiled again, that is all.
	_ = replaceFile(file, e.encode())
	return p, nil
}

// Input is a file that was read to compile a project, or looked for.
type Input struct {
	Name    string
	Content []byte
	Exists  bool
}

func input(name string, read func(string) ([]byte, error)) (Input, error) {
	content, err := read(name)
	return Input{Name: name, Content: content, Exists: err == nil}, err
}

// Key returns the hash of all that the result of LoadProject depends on: the
// build of the program, the name of the root, the names of the files that look
// like workflows, and the files that were read.
func Key(build, root string, names []string, inputs []Input) [sha256.Size]byte {
	h := sha256.New()
	var size []byte
	add := func(content []byte) { // no two lists of contents give the same bytes
		size = binary.AppendUvarint(size[:0], uint64(len(content)))
		h.Write(size)
		h.Write(content)
	}
	add([]byte(build))
	add([]byte(root))
	add(binary.AppendUvarint(nil, uint64(len(names))))
	for _, n := range names {
		add([]byte(n))
	}
	for _, in := range inputs {
		add([]byte(in.Name))
		add(fmt.Append(nil, in.Exists))
		add(in.Content)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// build identifies the running program: what another one compiled may differ.
func build() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(exe)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// entryName tells projects apart that share a cache.
func entryName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(dir))
	return "dig-" + hex.EncodeToString(sum[:8])
}

func readCached(file string, project fs.FS, root string, names []string) (*Project, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, false
	}
	e, payload, err := decodeEntry(b)
	if err != nil {
		return nil, false
	}
	// Most often the key will fit: decode while it is made.
	var g errgroup.Group
	g.Go(func() error { return e.decodeWorkflows(payload) })
	l := newLoader(project)
	for i, in := range e.inputs {
		// One that is gone has another key.
		e.inputs[i], _ = input(in.Name, l.read)
	}
	key := Key(build(), root, names, e.inputs)
	if err := g.Wait(); err != nil || key != e.key {
		return nil, false
	}
	return e.project, true
}

// replaceFile writes a file in one step: readers find the old content or the
// new one.
func replaceFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
