// Package files keeps the records of products that are files or folders: beside
// each, in a hidden file, where Ploomber keeps them too. It finds out fast what
// is there, and sees to it that no record outlives what it says.
//
// A run of a task is between Begin and Commit. Begin replaces the records of the
// products by marks that say so, and Commit puts new records in place of the
// marks once the products are there. However a run ends otherwise, the marks
// stay, and the task counts as outdated; for Ploomber a mark is a record without
// entries, which is outdated as well.
//
// This holds when the machine loses power, too. A mark that replaces a record is
// on disk before Begin returns. Commit writes products to disk, files below a
// folder included, before their records can get there. What a task has written
// elsewhere, and content that it changes after it has ended, is its own affair.
// The file system has to keep the order of what happens in one folder, as those
// with a journal do.
//
// The package decides nothing and knows neither pipelines nor remote storages.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/product"
)

// MetadataPath returns where the record of a product is kept.
func MetadataPath(path string) string {
	dir, name := filepath.Split(path)
	return dir + metadataName(name)
}

func metadataName(name string) string { return "." + name + ".metadata" }

// legacyPath returns where Ploomber before 0.10 kept the source of a product.
func legacyPath(path string) string { return path + ".source" }

// Read returns the record of a product, an empty one where there is none or its
// file is empty. A product that does not exist has none that counts, but is not
// looked for.
func Read(path string) (product.Record, error) {
	text, err := os.ReadFile(MetadataPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		if err = adopt(path); err != nil {
			return product.Record{}, err
		}
		text, err = os.ReadFile(MetadataPath(path))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return product.Record{}, nil
	}
	if err != nil {
		return product.Record{}, err
	}
	return parse(path, text)
}

// parse reads what the record of a product says.
func parse(path string, text []byte) (product.Record, error) {
	if len(text) == 0 { // as a crash of the machine can leave it
		return product.Record{}, nil
	}
	r, err := product.ParseRecord(text)
	if err != nil {
		return product.Record{}, fmt.Errorf("metadata of %s is damaged: %w; remove %s to build it again", path, err, MetadataPath(path))
	}
	return r, nil
}

// adopt gives a record in a place of old the name that it has now. Where a
// product has both, the one in the new place counts; a file in the old place
// that is no record belongs to somebody else.
func adopt(path string) error {
	info, err := os.Stat(legacyPath(path))
	if err != nil || !info.Mode().IsRegular() {
		return nil // there is nothing to adopt
	}
	text, err := os.ReadFile(legacyPath(path))
	if err != nil {
		return err
	}
	if r, err := product.ParseRecord(text); err != nil || r.Source == nil {
		return nil
	}
	return os.Rename(legacyPath(path), MetadataPath(path))
}

// Delete removes a product, a folder with all that is in it, but not its record,
// which counts for nothing without it. One that does not exist is no error.
func Delete(path string) error {
	return os.RemoveAll(path)
}

// Forget removes the record of a product, so that it counts as never built. A
// missing one is no error.
func Forget(path string) error {
	if err := adopt(path); err != nil {
		return err
	}
	if err := os.Remove(MetadataPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
