package keeper

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// tell tells that the products were made, but for those of which the task has told
// itself. A product that can't be told of is made all the same.
func (m *making) tell(t *operator.Task) {
	if t.Facts == nil {
		return
	}
	for i := range m.products {
		p := &m.products[i]
		f := operator.Fact{Product: p.key(cmp.Or(m.root, t.Project))}
		if t.Facts.Made(f.Product) {
			continue
		}
		if path := p.file(); path == "" {
			f.Metadata = params.Of("class", p.Class)
		} else if info, err := os.Stat(path); err == nil && !info.IsDir() {
			f.Metadata = params.Of("size", info.Size())
		}
		if err := t.Facts.Tell(f); err != nil && t.Output != nil {
			_, _ = fmt.Fprintf(t.Output, "pawl: %s is not listed among the products: %v\n", p, err)
		}
	}
}

// key is what a product is listed as: a file by its path in the project.
func (p *Product) key(root string) string {
	path := p.file()
	if path == "" {
		return p.String()
	}
	if rel, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}
