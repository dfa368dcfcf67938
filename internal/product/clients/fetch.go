package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Fetch brings copies of products here, with their records, and returns these.
// Files that are here already are not fetched again.
//
// All that is fetched is written beside the products first, so that these do not
// change unless all is there. Then they count as being made (see package files)
// until all have their content and their records. The code is NotFound if one
// has no copy.
func (s *Storage) Fetch(ctx context.Context, paths ...string) (records []product.Record, err error) {
	var arrivals []*arrival
	defer func() {
		for _, a := range arrivals {
			err = errors.Join(err, os.RemoveAll(a.dir))
		}
	}()
	for _, path := range paths {
		a, r, err := s.arrive(ctx, path)
		if a != nil {
			arrivals = append(arrivals, a)
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	if err := files.Begin(paths...); err != nil {
		return nil, err
	}
	for _, a := range arrivals {
		if err := a.settle(); err != nil {
			return nil, err
		}
	}
	return records, files.Commit(paths, records)
}

// arrival is what was fetched of a product, in a folder beside it.
type arrival struct{ dir, path string }

func (a *arrival) content() string { return filepath.Join(a.dir, "new") }

// settle puts what was fetched in the place of the product.
func (a *arrival) settle() error {
	old := filepath.Join(a.dir, "old")
	if err := os.Rename(a.path, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(a.content(), a.path)
}

// arrive fetches the record of a product, and its content unless that is here.
// There may be an arrival in spite of an error.
func (s *Storage) arrive(ctx context.Context, path string) (*arrival, product.Record, error) {
	content, record, err := s.key(path)
	if err != nil {
		return nil, product.Record{}, err
	}
	text, err := s.record(ctx, path, record)
	if err != nil {
		return nil, product.Record{}, err
	}
	r, err := s.parse(path, text)
	if err != nil {
		return nil, r, err
	}
	a, err := s.content(ctx, path, content)
	if err != nil {
		return a, r, err
	}
	again, err := s.record(ctx, path, record)
	if err == nil && !bytes.Equal(again, text) {
		err = model.Errorf(model.Unavailable, "the copy of %s in %s is being replaced", path, s)
	}
	return a, r, err
}

// record returns the text of a product's record.
func (s *Storage) record(ctx context.Context, path, key string) ([]byte, error) {
	text, err := read(ctx, s.store, key)
	if model.CodeOf(err) == model.NotFound {
		err = s.missing(path)
	}
	return text, err
}

// content fetches the files of a product, unless all are here and no others.
func (s *Storage) content(ctx context.Context, path, key string) (*arrival, error) {
	there, err := s.store.list(ctx, key)
	if err == nil && len(there) == 0 {
		err = s.missing(path)
	}
	if err != nil {
		return nil, err
	}
	known, all, err := s.known(ctx, path, there)
	if err != nil || all {
		return nil, err
	}
	a, err := newArrival(path)
	if err != nil {
		return nil, err
	}
	return a, each(ctx, len(there), func(ctx context.Context, i int) error {
		name := filepath.FromSlash(there[i].name)
		to := filepath.Join(a.content(), name)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if known[i] && os.Link(filepath.Join(path, name), to) == nil {
			return nil
		}
		return s.fetch(ctx, there[i], to)
	})
}

func newArrival(path string) (*arrival, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".pawl-fetch-")
	if err != nil {
		return nil, err
	}
	return &arrival{dir, path}, nil
}

// known tells which files of a copy are here, and whether the product is the
// same as its copy. What can't be read here is to be replaced.
func (s *Storage) known(ctx context.Context, path string, there []entry) (known []bool, all bool, err error) {
	here, err := filesOf(path)
	if err != nil {
		here = nil
	}
	known = make([]bool, len(there))
	err = each(ctx, len(there), func(ctx context.Context, i int) (err error) {
		if name := there[i].name; here[name] {
			known[i], err = s.store.same(ctx, there[i], filepath.Join(path, filepath.FromSlash(name)))
		}
		return err
	})
	return known, len(here) == len(there) && !slices.Contains(known, false), err
}

// fetch writes a file of a copy to a path.
func (s *Storage) fetch(ctx context.Context, e entry, path string) (err error) {
	r, err := s.store.get(ctx, e.key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	if err := write(path, r); err != nil {
		return fmt.Errorf("fetch %q of %s: %w", e.key, s, err)
	}
	return s.store.check(ctx, e, path)
}

// write makes a file of what comes.
func write(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}
