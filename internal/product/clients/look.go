package clients

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/product"
)

// Copy is what a storage has of a product.
type Copy struct {
	// Stamp is that of the record; zero if the storage lacks the content or the
	// record, since then there is no copy that counts.
	Stamp product.Stamp
	// Record is the record, unless it can't be read: then Stamp is Damaged, and
	// Err says why.
	Record product.Record
	Err    error
}

// Look finds out which products have copies, for all at once. The answers are in
// the order of the paths.
func (s *Storage) Look(ctx context.Context, paths []string) ([]Copy, error) {
	copies := make([]Copy, len(paths))
	err := each(ctx, len(paths), func(ctx context.Context, i int) (err error) {
		copies[i], err = s.lookAt(ctx, paths[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return copies, nil
}

func (s *Storage) lookAt(ctx context.Context, path string) (Copy, error) {
	content, record, err := s.key(path)
	if err != nil {
		return Copy{}, err
	}
	text, err := read(ctx, s.store, record)
	if model.CodeOf(err) == model.NotFound {
		return Copy{}, nil
	}
	if err != nil {
		return Copy{}, err
	}
	if has, err := s.store.has(ctx, content); err != nil || !has {
		return Copy{}, err
	}
	r, err := s.parse(path, text)
	if err != nil {
		return Copy{Stamp: product.Stamp{State: product.Damaged}, Err: err}, nil
	}
	return Copy{Stamp: product.StampOf(r), Record: r}, nil
}

func (s *Storage) parse(path string, text []byte) (product.Record, error) {
	r, err := product.ParseRecord(text)
	if err != nil {
		return r, fmt.Errorf("metadata of %s in %s is damaged: %w", path, s, err)
	}
	return r, nil
}
