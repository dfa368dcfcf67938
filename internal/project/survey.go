package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
)

// surveyor finds the members of an archive.
type surveyor struct {
	roots  []string // the names of the folder: as given, and with links resolved
	ignore dig.Ignore
	copies bool // what outgoing links lead to
	found  []member
}

// survey returns the members of a project's archive in order.
func survey(dir string, copies bool) ([]member, error) {
	given, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find project: %w", err)
	}
	resolved, err := filepath.EvalSymlinks(given)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, model.Errorf(model.NotFound, "there is no project folder %q", dir)
	case err != nil:
		return nil, fmt.Errorf("find project: %w", err)
	}
	ignore, err := dig.ReadIgnore(os.DirFS(resolved))
	if err != nil {
		return nil, err
	}
	s := &surveyor{roots: []string{resolved, given}, ignore: ignore, copies: copies}
	if err := s.folder("", resolved, nil); err != nil {
		return nil, err
	}
	slices.SortFunc(s.found, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return s.found, nil
}

// folder adds what is in a folder. The chain is where the outgoing links led
// that it was reached by.
func (s *surveyor) folder(name, dir string, chain []string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read project: %w", err)
	}
	for _, e := range entries {
		inner, file := path.Join(name, e.Name()), filepath.Join(dir, e.Name())
		if !fs.ValidPath(inner) {
			return model.Errorf(model.Invalid, "the name of the file %q is not UTF-8", inner)
		}
		if e.Type()&fs.ModeSymlink != 0 {
			err = s.link(inner, file, chain)
		} else {
			err = s.add(inner, file, e.Type(), chain)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// InstanceFile is the configuration of whoever runs the project, beside its files
// at the top. It may hold passwords, and is not the project's.
const InstanceFile = "pawl.yaml"

func (s *surveyor) leaveOut(name string, folder bool) bool {
	return name == InstanceFile || s.ignore.Match(name, folder)
}

func (s *surveyor) add(name, file string, kind fs.FileMode, chain []string) error {
	switch {
	case s.leaveOut(name, kind.IsDir()):
		return nil
	case kind.IsDir():
		return s.folder(name, file, chain)
	case !kind.IsRegular():
		return model.Errorf(model.Invalid, "%s is neither a file nor a folder nor a link", name).
			WithHint("name it in %s to leave it out", dig.IgnoreFile)
	}
	s.found = append(s.found, member{name: name, path: file})
	return nil
}

// link adds a symbolic link, or what it leads to if that is outside.
func (s *surveyor) link(name, file string, chain []string) error {
	if s.leaveOut(name, false) {
		return nil
	}
	if end, err := filepath.EvalSymlinks(file); err == nil {
		if rel, ok := s.within(end); ok && rel == InstanceFile {
			return model.Errorf(model.Invalid, "the symbolic link %s leads to %s, which is not archived", name, InstanceFile).
				WithHint("name the link in %s to leave it out, too", dig.IgnoreFile)
		}
	}
	target, err := os.Readlink(file)
	if err != nil {
		return fmt.Errorf("read project: %w", err)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	if rel, ok := s.within(filepath.Clean(target)); ok {
		link, err := filepath.Rel(filepath.FromSlash(path.Dir(name)), rel)
		if err != nil {
			return fmt.Errorf("read project: %w", err)
		}
		s.found = append(s.found, member{name: name, link: filepath.ToSlash(link)})
		return nil
	}
	if !s.copies {
		return model.Errorf(model.Invalid, "the symbolic link %s leads out of the project to %s", name, target).
			WithHint("use --copy-outgoing-symlinks to archive what is there, or name the link in %s", dig.IgnoreFile)
	}
	return s.outgoing(name, file, chain)
}

// within returns a file's path relative to the project if it is in there.
func (s *surveyor) within(file string) (string, bool) {
	for _, root := range s.roots {
		if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
			return rel, true
		}
	}
	return "", false
}

// outgoing adds what an outgoing link leads to.
func (s *surveyor) outgoing(name, file string, chain []string) error {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return model.Errorf(model.Invalid, "the symbolic link %s leads nowhere: %w", name, err)
	}
	if slices.Contains(chain, target) {
		return model.Errorf(model.Invalid, "the symbolic link %s leads in a circle", name)
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("read project: %w", err)
	}
	return s.add(name, target, info.Mode().Type(), append(slices.Clip(chain), target))
}
