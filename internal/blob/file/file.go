// Package file keeps objects in a folder of this machine.
//
// Nobody but its user can read what it writes, nor the folders that it makes.
// What is written survives a crash: content and folders are on the disk before
// a change is acknowledged, and a change is one step of the file system. No key
// reaches outside of the folder. The file system must tell upper from lower
// case. Several processes may share a folder. A part of a key in which many
// characters are special to some file system is Invalid sooner than others: each
// takes three bytes of the name.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// The folders of a store. Content is written in one and then moved to the other.
const (
	objects = "objects"
	drafts  = "drafts"
)

// Objects may hold what is for nobody else's eyes: code and configuration.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// abandoned is the age from which a draft can only be that of a process that
// died.
const abandoned = 24 * time.Hour

// Store is a blob.Store in a folder.
type Store struct{ root *os.Root }

var _ blob.Store = (*Store)(nil)

// Open opens the store in a folder, which it creates if needed. It removes what
// processes that died in a Put have left.
func Open(dir string) (*Store, error) {
	if err := makeFolder(dir); err != nil {
		return nil, fmt.Errorf("open object storage: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open object storage: %w", err)
	}
	s := &Store{root}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("open object storage: %w", err), root.Close())
	}
	return s, nil
}

// makeFolder makes a folder durable, and those it is in, unless they are there.
func makeFolder(dir string) error {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, d)
	}
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return err
	}
	for _, d := range missing {
		parent, err := os.OpenRoot(filepath.Dir(d))
		if err != nil {
			return err
		}
		if err := errors.Join(syncFolder(parent, "."), parent.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) prepare() error {
	for _, dir := range []string{objects, drafts} {
		if err := s.root.MkdirAll(dir, folderMode); err != nil {
			return err
		}
	}
	if err := s.sync("."); err != nil {
		return err
	}
	list, err := fs.ReadDir(s.root.FS(), drafts)
	for _, e := range list {
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > abandoned {
			err = s.root.Remove(path.Join(drafts, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// Path returns the absolute path of the file that has an object, if there is one.
// Nobody may change what is there.
func (s *Store) Path(key string) (string, error) {
	name, err := fileOf(context.Background(), key)
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(s.root.Name(), filepath.FromSlash(name)))
}

// Close closes the folder.
func (s *Store) Close() error { return s.root.Close() }

// Put writes a draft, makes it durable and moves it to its place.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	name, err := fileOf(ctx, key)
	if err != nil {
		return err
	}
	draft := path.Join(drafts, uuid.NewString())
	body = blob.Until(ctx, blob.Exactly(body, options.Size))
	if err := s.write(draft, body); err != nil {
		return put(key, errors.Join(err, s.discard(draft)))
	}
	if err := s.root.MkdirAll(path.Dir(name), folderMode); err != nil {
		return put(key, errors.Join(err, s.discard(draft)))
	}
	if options.IfAbsent {
		err = errors.Join(s.root.Link(draft, name), s.discard(draft))
	} else {
		err = s.root.Rename(draft, name)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return model.Errorf(model.Conflict, "there is an object %q already", key)
	case err != nil:
		return put(key, errors.Join(err, s.discard(draft)))
	}
	if err := s.syncUp(path.Dir(name)); err != nil {
		return put(key, err)
	}
	return nil
}

func put(key string, err error) error { return fmt.Errorf("put object %q: %w", key, err) }

// write makes a durable file.
func (s *Store) write(name string, content io.Reader) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// discard removes a draft if it is there.
func (s *Store) discard(draft string) error {
	if err := s.root.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncUp makes the entries of a folder durable, and the folder itself. One that
// was there may have been made by another process just now, so none is spared.
func (s *Store) syncUp(dir string) error {
	for ; dir != "."; dir = path.Dir(dir) {
		if err := s.sync(dir); err != nil {
			return err
		}
	}
	return nil
}

// sync makes the entries of a folder durable.
func (s *Store) sync(dir string) error { return syncFolder(s.root, dir) }

// Get opens the file of an object. It stays as it is when the object is replaced
// or deleted meanwhile.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	name, err := fileOf(ctx, key)
	if err != nil {
		return nil, blob.Object{}, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, blob.Object{}, get(key, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, blob.Object{}, get(key, errors.Join(err, f.Close()))
	}
	body := struct {
		io.Reader
		io.Closer
	}{blob.Until(ctx, f), f}
	return body, object(key, info), nil
}

// Stat looks at the file of an object.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	name, err := fileOf(ctx, key)
	if err != nil {
		return blob.Object{}, err
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return blob.Object{}, get(key, err)
	}
	return object(key, info), nil
}

func get(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return model.Errorf(model.NotFound, "there is no object %q", key)
	}
	return fmt.Errorf("get object %q: %w", key, err)
}

func object(key string, info fs.FileInfo) blob.Object {
	return blob.Object{Key: key, Size: info.Size(), Modified: info.ModTime()}
}

// Delete removes the file of an object. Its folder stays: another Put may be
// about to use it.
func (s *Store) Delete(ctx context.Context, key string) error {
	name, err := fileOf(ctx, key)
	if err != nil {
		return err
	}
	switch err := s.root.Remove(name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("delete object %q: %w", key, err)
	}
	if err := s.sync(path.Dir(name)); err != nil {
		return fmt.Errorf("delete object %q: %w", key, err)
	}
	return nil
}

// SignGet returns "": a folder has no URLs that others can use.
func (s *Store) SignGet(ctx context.Context, key string, _ time.Duration) (string, error) {
	_, err := fileOf(ctx, key)
	return "", err
}

// fileOf returns the file of an object, unless the context has ended.
func fileOf(ctx context.Context, key string) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	parts := strings.Split(encode(key), "/")
	for i, part := range parts {
		if i < len(parts)-1 {
			part += folder
		}
		if parts[i] = part; len(part) > maxName {
			return "", model.Errorf(model.Invalid, "key %q is too long for a file name", key)
		}
	}
	return path.Join(objects, path.Join(parts...)), nil
}
