package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/blob"
)

// List walks the folders that can hold such keys.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Object, error) {
	if err := blob.CheckLimit(limit); err != nil {
		return nil, err
	}
	l := lister{ctx: ctx, files: s.root.FS(), prefix: prefix, after: after, limit: limit}
	if err := l.walk(objects, ""); err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	return l.found, nil
}

type lister struct {
	ctx           context.Context
	files         fs.FS
	prefix, after string
	limit         int
	found         []blob.Object
}

// entry is what a folder holds: the key of an object, or what the keys of all
// objects in a folder start with, which ends in a slash.
type entry struct {
	key  string
	file fs.DirEntry
}

// walk adds the objects of a folder, whose keys start with the given one. To
// sort folders by their keys with the slash makes the walk follow the order of
// keys.
func (l *lister) walk(dir, start string) error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	files, err := fs.ReadDir(l.files, dir)
	if err != nil {
		return err
	}
	var entries []entry
	for _, f := range files {
		part, isFolder, ok := decode(f.Name())
		key := start + part
		if isFolder {
			key += "/"
		}
		if ok && isFolder == f.IsDir() && l.wanted(key, isFolder) {
			entries = append(entries, entry{key, f})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, e := range entries {
		if len(l.found) == l.limit {
			break
		}
		if err := l.add(dir, e); err != nil {
			return err
		}
	}
	return nil
}

// wanted tells whether a key is asked for, or a key in a folder may be.
func (l *lister) wanted(key string, isFolder bool) bool {
	if isFolder {
		return (strings.HasPrefix(key, l.prefix) || strings.HasPrefix(l.prefix, key)) &&
			(key > l.after || strings.HasPrefix(l.after, key))
	}
	return strings.HasPrefix(key, l.prefix) && key > l.after
}

func (l *lister) add(dir string, e entry) error {
	if e.file.IsDir() {
		return l.walk(path.Join(dir, e.file.Name()), e.key)
	}
	info, err := e.file.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since the folder was read
	}
	if err != nil {
		return err
	}
	l.found = append(l.found, object(e.key, info))
	return nil
}
