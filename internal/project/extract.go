package project

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl/internal/model"
)

// maxPath is how long the name of an entry may be, and where a link leads.
const maxPath = 1024

// extractor writes the entries of an archive.
type extractor struct {
	root   *os.Root
	limits Limits
	left   int64           // bytes that may still come
	kinds  map[string]byte // what there is under a name: a type of package tar
	links  []link
	modes  []folderMode
}

// link is a symbolic link. All are made last, so that no entry goes through one.
type link struct{ name, target string }

// folderMode is what a folder's permissions become once it is filled.
type folderMode struct {
	name string
	mode fs.FileMode
}

func (x *extractor) entry(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil // says something about the archive
	}
	name := path.Clean(h.Name)
	if len(h.Name) > maxPath || len(h.Linkname) > maxPath {
		return refused(h.Name[:min(len(h.Name), maxPath)], "has a name or link of more than %d bytes", maxPath)
	}
	if path.IsAbs(h.Name) || !fs.ValidPath(name) || name == "." && h.Typeflag != tar.TypeDir {
		return refused(h.Name, "is not the name of something in the project")
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return x.folder(name, h)
	case tar.TypeReg:
		return x.file(name, h, content)
	case tar.TypeLink:
		return x.hardLink(name, h)
	case tar.TypeSymlink:
		return x.symlink(name, h)
	}
	return refused(name, "is neither a file nor a folder nor a link")
}

func refused(name, format string, args ...any) *model.Error {
	return model.Errorf(model.Invalid, "%q in the archive "+format, append([]any{name}, args...)...)
}

// take reserves a new name and makes the folders that it is in.
func (x *extractor) take(name string, kind byte) error {
	if _, ok := x.kinds[name]; ok {
		return refused(name, "comes twice")
	}
	if dir := path.Dir(name); dir != "." {
		if err := x.mkdir(dir); err != nil {
			return err
		}
	}
	x.kinds[name] = kind
	if len(x.kinds) > x.limits.Entries {
		return model.Errorf(model.Invalid, "the archive has more than %d files and folders", x.limits.Entries)
	}
	return nil
}

// mkdir makes a folder unless it is there.
func (x *extractor) mkdir(name string) error {
	switch kind, ok := x.kinds[name]; {
	case ok && kind != tar.TypeDir:
		return refused(name, "is a folder and something else")
	case ok:
		return nil
	}
	if err := x.take(name, tar.TypeDir); err != nil {
		return err
	}
	return unpackable(name, x.root.Mkdir(name, 0o755))
}

// unpackable explains why something can't be written.
func unpackable(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return model.Errorf(model.Conflict, "unpack archive: there is a file %q already", name)
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, fs.ErrInvalid):
		return refused(name, "can't be unpacked: %w", err)
	}
	return fmt.Errorf("unpack archive: %w", err)
}

func (x *extractor) folder(name string, h *tar.Header) error {
	if name == "." {
		return nil
	}
	if err := x.mkdir(name); err != nil {
		return err
	}
	x.modes = append(x.modes, folderMode{name, fs.FileMode(h.Mode)&fs.ModePerm | 0o700})
	return nil
}

func (x *extractor) file(name string, h *tar.Header, content io.Reader) (err error) {
	if h.Size > x.left {
		return TooLarge(x.limits.Bytes)
	}
	if err := x.take(name, tar.TypeReg); err != nil {
		return err
	}
	x.left -= h.Size
	f, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unpackable(name, err)
	}
	defer func() { err = errors.Join(err, unpackable(name, f.Close())) }()
	w := &sink{writer: f}
	if _, err := io.Copy(w, content); err != nil && w.err == nil {
		return broken("tar", err)
	}
	if w.err != nil {
		return unpackable(name, w.err)
	}
	return unpackable(name, f.Chmod(fileMode(h)))
}

// sink tells faults of writing from faults of what is written.
type sink struct {
	writer io.Writer
	err    error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.writer.Write(p)
	s.err = err
	return n, err
}

// fileMode returns a file's permissions. Some who make archives give none.
func fileMode(h *tar.Header) fs.FileMode {
	mode := fs.FileMode(h.Mode) & fs.ModePerm
	if mode == 0 {
		mode = 0o644
	}
	return mode | 0o400
}

func (x *extractor) hardLink(name string, h *tar.Header) error {
	target := path.Clean(h.Linkname)
	if x.kinds[target] != tar.TypeReg {
		return refused(name, "is a link to %q, which is no file before it", h.Linkname)
	}
	if err := x.take(name, tar.TypeReg); err != nil {
		return err
	}
	return unpackable(name, x.root.Link(target, name))
}

func (x *extractor) symlink(name string, h *tar.Header) error {
	target, ok := linkTarget(name, h.Linkname)
	if !ok {
		return refused(name, "is a link that leads out of the project, to %q", h.Linkname)
	}
	if err := x.take(name, tar.TypeSymlink); err != nil {
		return err
	}
	x.links = append(x.links, link{name, target})
	return nil
}

// linkTarget returns where a link leads, with ".." at the start only: what the
// name of another link before a ".." means, no text can tell. The folder of a
// link is real and each link stays inside if it is followed from there, so they
// all do, one after the other.
func linkTarget(name, target string) (string, bool) {
	if target == "" || path.IsAbs(target) || strings.Contains(target, `\`) { // a slash on Windows
		return "", false
	}
	target = path.Clean(target)
	if !fs.ValidPath(path.Join(path.Dir(name), target)) {
		return "", false
	}
	return target, true
}

// finish makes what has to wait for all files: links, and permissions of folders
// from the innermost on.
func (x *extractor) finish() error {
	for _, l := range x.links {
		if err := x.root.Symlink(l.target, l.name); err != nil {
			return unpackable(l.name, err)
		}
	}
	slices.SortStableFunc(x.modes, func(a, b folderMode) int { return strings.Compare(b.name, a.name) })
	for _, m := range x.modes {
		if err := x.root.Chmod(m.name, m.mode); err != nil {
			return unpackable(m.name, err)
		}
	}
	return nil
}
