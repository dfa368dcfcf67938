package clients

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Upload makes the copies of products what the products and their records are.
// Files that a copy has already are not sent again, so that an upload that was
// stopped goes on where it was. Files that a folder no longer has are removed
// from its copy; empty folders are not copied.
//
// The code is Conflict if a product has no record, or is being made.
func (s *Storage) Upload(ctx context.Context, paths ...string) error {
	for _, path := range paths {
		if err := s.upload(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func (s *Storage) upload(ctx context.Context, path string) error {
	content, record, err := s.key(path)
	if err != nil {
		return err
	}
	text, err := finished(path)
	if err != nil {
		return err
	}
	send, remove, err := s.difference(ctx, content, path)
	if err != nil {
		return err
	}
	old, err := read(ctx, s.store, record)
	if err != nil && model.CodeOf(err) != model.NotFound {
		return err
	}
	changes := len(send)+len(remove) > 0
	switch {
	case !changes && err == nil && bytes.Equal(old, text):
		return nil
	case changes && err == nil:
		if err := s.store.delete(ctx, record); err != nil {
			return err
		}
	}
	err = each(ctx, len(remove), func(ctx context.Context, i int) error { return s.store.delete(ctx, remove[i]) })
	if err != nil {
		return err
	}
	err = each(ctx, len(send), func(ctx context.Context, i int) error { return s.store.put(ctx, send[i].key, send[i].path) })
	if err != nil {
		return err
	}
	return s.store.put(ctx, record, files.MetadataPath(path))
}

// finished returns the record of a product that was made.
func finished(path string) ([]byte, error) {
	text, err := os.ReadFile(files.MetadataPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, model.Errorf(model.Conflict, "%s has no metadata: only a product that a task has made is copied", path)
	}
	if err != nil {
		return nil, err
	}
	r, err := product.ParseRecord(text)
	if err != nil {
		return nil, model.Errorf(model.Conflict, "metadata of %s is damaged: %w", path, err)
	}
	if r.Unfinished {
		return nil, model.Errorf(model.Conflict, "%s is not finished: a task that makes it has begun", path)
	}
	return text, nil
}

// sending is a file that goes to a key.
type sending struct{ path, key string }

// difference returns which files of a product its copy lacks, and what the copy
// has that the product lacks.
func (s *Storage) difference(ctx context.Context, key, path string) (send []sending, remove []string, err error) {
	here, err := filesOf(path)
	if err != nil {
		return nil, nil, err
	}
	there, err := s.store.list(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	same := make([]bool, len(there))
	err = each(ctx, len(there), func(ctx context.Context, i int) (err error) {
		if name := there[i].name; here[name] {
			same[i], err = s.store.same(ctx, there[i], filepath.Join(path, filepath.FromSlash(name)))
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i, e := range there {
		if !here[e.name] {
			remove = append(remove, e.key)
		} else if same[i] {
			delete(here, e.name)
		}
	}
	for name := range here {
		send = append(send, sending{filepath.Join(path, filepath.FromSlash(name)), below(key, name)})
	}
	return send, remove, nil
}

// below is the key of a file of a product.
func below(key, name string) string {
	if name == "" {
		return key
	}
	return key + "/" + name
}

// filesOf returns the names of the files of a product, with slashes: that of a
// file alone is empty.
func filesOf(path string) (map[string]bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return map[string]bool{"": true}, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil { // a walk does not follow them
		return nil, err
	}
	names := map[string]bool{}
	return names, filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return model.Errorf(model.Invalid, "%s is neither a file nor in the folder itself: it can't be copied", file)
		}
		name, err := filepath.Rel(path, file)
		names[filepath.ToSlash(name)] = true
		return err
	})
}
