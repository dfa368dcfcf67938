package keeper

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/product/files"
)

// A task of a pushed pipeline has a folder of its own, which is removed once it
// has ended. What is below it is made by this try, fetched by it, or lost.

// clear removes products that an archive has brought: whatever they are, tasks
// of this installation have not made them.
func (m *making) clear(folder string) error {
	if !m.moved {
		return nil
	}
	for _, list := range append([]need{{products: m.products}}, m.needs...) {
		for k := range list.products {
			path := list.products[k].file()
			if _, ok := below(folder, path); !ok {
				continue
			}
			if err := errors.Join(files.Delete(path), files.Forget(path)); err != nil {
				return fmt.Errorf("remove what the archive has of %s: %w", path, err)
			}
		}
	}
	return nil
}

// present makes sure that what the products are made of is there.
func (m *making) present(folder string) error {
	if !m.moved {
		return nil
	}
	for _, n := range m.needs {
		for k := range n.products {
			path := n.products[k].file()
			if path == "" {
				continue
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				continue // what is wrong with it, the task finds out
			}
			if rel, ok := below(folder, path); ok {
				return fmt.Errorf("%s, which %s makes, is not here: on a server each task has a folder of its own, which is removed when it has ended. "+
					"Give the product an absolute path on storage that all machines share, or the pipeline a client for files; "+
					"`pawl scheduler --project` runs a pipeline where it is", rel, n.name)
			}
			return fmt.Errorf("%s, which %s makes, is not here: it has to be on storage that all machines share", path, n.name)
		}
	}
	return nil
}

// below returns a path relative to a folder that it is in.
func below(folder, path string) (rel string, ok bool) {
	if path == "" {
		return "", false
	}
	rel, err := filepath.Rel(folder, path)
	return rel, err == nil && rel != "." && filepath.IsLocal(rel)
}
