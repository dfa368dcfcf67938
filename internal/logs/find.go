package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/scratch"
)

// find returns the pieces of a try, or those of all tries of an attempt where the
// name has no stem, in their order.
func (b *Bucket) find(ctx context.Context, of name) ([]piece, error) {
	// A piece moves from a file to an object, so this order finds it.
	files, err := b.files(of)
	if err != nil {
		return nil, err
	}
	objects, err := b.objects(ctx, of)
	return merge(files, objects), err
}

// folders are those in the spool that belong to this process, its own first.
func (b *Bucket) folders() []*scratch.Folder {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*scratch.Folder{b.own}, b.dead...)
}

// files returns the pieces that are on this machine.
func (b *Bucket) files(of name) ([]piece, error) {
	var found []piece
	for _, folder := range b.folders() {
		entries, err := os.ReadDir(folder.Path())
		if errors.Is(err, os.ErrNotExist) {
			continue // all of it was uploaded
		}
		if err != nil {
			return nil, fmt.Errorf("list logs that are not uploaded: %w", err)
		}
		for _, e := range entries {
			n, ok := parseFileName(e.Name())
			if !ok || n.try.Attempt != of.try.Attempt || of.stem != "" && (n.stem != of.stem || n.try != of.try) {
				continue
			}
			if info, err := e.Info(); err == nil { // else it has just been uploaded
				found = append(found, piece{name: n, path: filepath.Join(folder.Path(), e.Name()), size: info.Size()})
			}
		}
	}
	return found, nil
}

// objects returns the pieces that are uploaded.
func (b *Bucket) objects(ctx context.Context, of name) ([]piece, error) {
	var found []piece
	err := b.eachObject(ctx, of, func(o blob.Object) error {
		base, whole := strings.CutSuffix(o.Key[strings.LastIndexByte(o.Key, '/')+1:], wholeObject)
		base, part := strings.CutSuffix(base, strings.TrimSuffix(partObject, wholeObject))
		n, ok := parseName(of.try.Attempt, base)
		if !ok || !whole {
			return nil
		}
		p := piece{name: n, object: o.Key, size: o.Size, stored: o.Modified.UnixNano()}
		if last := len(found) - 1; last >= 0 && found[last].name == n {
			if !part {
				found[last] = p
			}
			return nil
		}
		found = append(found, p)
		return nil
	})
	return found, err
}

// eachObject calls f with the objects of a try, or of an attempt.
func (b *Bucket) eachObject(ctx context.Context, of name, f func(blob.Object) error) error {
	prefix := b.folder(of.try.Attempt)
	if of.stem != "" {
		prefix += strings.TrimSuffix(of.String(), ending) + "."
	}
	for after := ""; ; {
		page, err := b.cfg.Objects.List(ctx, prefix, after, blob.MaxLimit)
		if err != nil {
			return err
		}
		for _, o := range page {
			if err := f(o); err != nil {
				return err
			}
		}
		if len(page) < blob.MaxLimit {
			return nil
		}
		after = page[len(page)-1].Key
	}
}

// merge puts pieces in order. One that is both a file and an object is the file,
// which has all.
func merge(files, objects []piece) []piece {
	all := slices.Concat(files, objects)
	slices.SortStableFunc(all, func(a, b piece) int { return compareNames(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b piece) bool { return a.name == b.name })
}
