package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/product"
)

// MissingError says which products are not there although the task that makes
// them has ended well.
type MissingError struct {
	Paths []string // in the order of the products
}

// Error names the products.
func (e *MissingError) Error() string {
	return "the task ended well, but did not make " + strings.Join(e.Paths, ", ")
}

// Begin prepares a run that makes products: it makes their parent folders and
// marks each as being made. After an error the task must not run; products that
// were marked until then stay so.
func Begin(paths ...string) error {
	mark := product.AppendRecord(nil, product.Record{Unfinished: true})
	var changed []string
	for _, path := range paths {
		dir := filepath.Dir(path)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		old, err := hasRecord(path)
		if err != nil {
			return err
		}
		// Without a record the product is outdated also if the mark gets lost.
		if err := replace(MetadataPath(path), mark, old); err != nil {
			return err
		}
		if old && !slices.Contains(changed, dir) {
			changed = append(changed, dir)
		}
	}
	return syncDirs(changed)
}

// hasRecord tells whether a product has a record, and brings it to where it is
// replaced.
func hasRecord(path string) (bool, error) {
	_, err := os.Lstat(MetadataPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		if err = adopt(path); err == nil {
			_, err = os.Lstat(MetadataPath(path))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Made makes sure that a task has made its products: where some are missing, it
// returns a *MissingError.
func Made(paths ...string) error {
	var missing []string
	for _, path := range paths {
		switch _, err := os.Stat(path); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, path)
		case err != nil:
			return err
		}
	}
	if len(missing) > 0 {
		return &MissingError{Paths: missing}
	}
	return nil
}

// Commit ends a run: it stores the records of products, of which records has one
// for each path. Where products are missing it returns a *MissingError and
// stores nothing. After an error, and whenever it is stopped on the way, at
// least one product keeps its mark.
func Commit(paths []string, records []product.Record) error {
	if err := Made(paths...); err != nil {
		return err
	}
	for _, path := range paths {
		if err := syncTree(path); err != nil {
			return err
		}
	}
	var dirs []string
	for i, path := range paths {
		if err := replace(MetadataPath(path), product.AppendRecord(nil, records[i]), true); err != nil {
			return err
		}
		if dir := filepath.Dir(path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return syncDirs(dirs)
}
