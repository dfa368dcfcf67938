package clients

import (
	"context"
	"crypto/md5"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/model"
)

// bucket is a store in a bucket, below a prefix of keys.
type bucket struct {
	objects blob.Store
	name    string
	parent  string
}

var _ store = (*bucket)(nil)

func (b *bucket) String() string { return strings.TrimSuffix("s3://"+b.name+"/"+b.parent, "/") }

func (b *bucket) close() error { return b.objects.Close() }

func (b *bucket) full(key string) string { return path.Join(b.parent, key) }

func (b *bucket) has(ctx context.Context, key string) (bool, error) {
	_, err := b.objects.Stat(ctx, b.full(key))
	if model.CodeOf(err) != model.NotFound {
		return err == nil, err
	}
	below, err := b.objects.List(ctx, b.full(key)+"/", "", 1)
	return len(below) > 0, err
}

func (b *bucket) list(ctx context.Context, key string) ([]entry, error) {
	o, err := b.objects.Stat(ctx, b.full(key))
	if err == nil {
		return []entry{{key: key, size: o.Size, tag: o.Tag}}, nil
	}
	if model.CodeOf(err) != model.NotFound {
		return nil, err
	}
	var found []entry
	prefix, after := b.full(key)+"/", ""
	for {
		page, err := b.objects.List(ctx, prefix, after, blob.MaxLimit)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			name := strings.TrimPrefix(o.Key, prefix)
			found = append(found, entry{key: below(key, name), name: name, size: o.Size, tag: o.Tag})
		}
		if len(page) < blob.MaxLimit {
			return found, nil
		}
		after = page[len(page)-1].Key
	}
}

func (b *bucket) get(ctx context.Context, key string) (io.ReadCloser, error) {
	r, _, err := b.objects.Get(ctx, b.full(key))
	return r, err
}

func (b *bucket) same(ctx context.Context, e entry, path string) (bool, error) {
	known, err := b.compare(ctx, e, path)
	return known == s3.Same, err
}

func (b *bucket) compare(ctx context.Context, e entry, path string) (s3.Content, error) {
	f, err := os.Open(path)
	if err != nil {
		return s3.Unknown, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return s3.Unknown, err
	}
	return s3.Compare(blob.Object{Size: e.size, Tag: e.tag}, blob.Until(ctx, f), info.Size())
}

// check compares with the tag. One that differs may be none of the content: then
// what comes a second time is the same.
func (b *bucket) check(ctx context.Context, e entry, path string) error {
	if known, err := b.compare(ctx, e, path); err != nil || known != s3.Different {
		return err
	}
	r, err := b.get(ctx, e.key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // as above
	first, second := md5.New(), md5.New()
	_, ferr := io.Copy(first, f)
	_, rerr := io.Copy(second, r)
	if err := errors.Join(ferr, rerr); err != nil {
		return err
	}
	if string(first.Sum(nil)) != string(second.Sum(nil)) {
		return model.Errorf(model.Unavailable, "%q of %s was damaged on its way", e.key, b)
	}
	return nil
}

func (b *bucket) put(ctx context.Context, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return b.objects.Put(ctx, b.full(key), f, blob.PutOptions{Size: info.Size()})
}

func (b *bucket) delete(ctx context.Context, key string) error {
	return b.objects.Delete(ctx, b.full(key))
}
