// Package clients keeps copies of products that are files or folders elsewhere:
// in another folder, or in a bucket. It does what the clients of pipelines
// describe, in the places where Ploomber's put and find them.
//
// A copy of a product is its content and its record. One counts only if both are
// there, and so the record goes last, and first when the content has to change:
// whenever a transfer is stopped, what is there is whole, or does not count.
//
// The package takes paths. It knows neither pipelines nor Python, and decides
// nothing.
package clients

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/product/files"
)

// atOnce is how many requests and transfers of one call are under way at a time.
const atOnce = 64

// Storage has copies of products. Its methods may be called concurrently, but
// not two that change copies of the same product, or the product.
//
// Beside the codes that a method names, errors have those of blob.Store.
type Storage struct {
	store store
	root  string
}

// store keeps files under keys, which are paths with slashes. Its methods may be
// called concurrently.
type store interface {
	// has tells whether there is a file under a key, or any below it.
	has(ctx context.Context, key string) (bool, error)
	// list returns the file under a key, with no name, or those below it, with
	// what their keys have besides. There may be none.
	list(ctx context.Context, key string) ([]entry, error)
	// get opens a file. The code is NotFound if there is none.
	get(ctx context.Context, key string) (io.ReadCloser, error)
	// same tells whether a file here surely has the content of an entry.
	same(ctx context.Context, e entry, path string) (bool, error)
	// check refuses what was fetched of an entry if that can't be its content.
	check(ctx context.Context, e entry, path string) error
	// put stores the file at a path, whole or not at all. When it returns nil,
	// the file survives a crash.
	put(ctx context.Context, key, path string) error
	// delete removes a file, if there is one.
	delete(ctx context.Context, key string) error
	close() error
	String() string
}

// entry is a file of a product in a store.
type entry struct {
	key, name string
	size      int64
	tag       string // for the store
}

// Close releases what the storage holds.
func (s *Storage) Close() error { return s.store.close() }

// String tells where the copies are: a folder, or a bucket as s3://NAME/PARENT.
func (s *Storage) String() string { return s.store.String() }

// key returns where the copy of a product is, and where its record. The code is
// Invalid if the product is outside of the project.
func (s *Storage) key(path string) (content, record string, err error) {
	relative, err := filepath.Rel(s.root, path)
	if err != nil || !filepath.IsLocal(relative) {
		relative, err = realRelative(s.root, path)
	}
	if err != nil || !filepath.IsLocal(relative) || relative == "." {
		return "", "", model.Errorf(model.Invalid, "%s is not below %s: only products of the project are copied to %s", path, s.root, s).
			WithHint("write the product into the project, or give the client another path_to_project_root")
	}
	return filepath.ToSlash(relative), filepath.ToSlash(files.MetadataPath(relative)), nil
}

// realRelative is filepath.Rel where one of the two leads over symbolic links.
func realRelative(root, path string) (string, error) {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			rest, _ := filepath.Rel(dir, path) // path is below dir
			return filepath.Rel(root, filepath.Join(real, rest))
		}
		if !os.IsNotExist(err) || dir == filepath.Dir(dir) {
			return "", err
		}
	}
}

// missing says that there is no copy of a product.
func (s *Storage) missing(path string) error {
	return model.Errorf(model.NotFound, "there is no copy of %s in %s", path, s)
}

// each calls f with the numbers below n, many at a time, and returns the first
// error, after which no more are begun.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error { return f(inner, i) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// read returns all of a small file in a store.
func read(ctx context.Context, from store, key string) ([]byte, error) {
	r, err := from.get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %q of %s: %w", key, from, err)
	}
	return text, nil
}
