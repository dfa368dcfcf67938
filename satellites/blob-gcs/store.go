package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/pawlhq/pawl/blobplugin"
)

// chunk is how much of a large object is sent at a time, and kept in memory so that
// it can be sent again. Google wants a multiple of 256 KiB.
const chunk = 4 << 20

// store is a bucket.
type store struct {
	client *storage.Client
	bucket *storage.BucketHandle
}

var _ blobplugin.Store = (*store)(nil)

// Close closes the connections.
func (s *store) Close() error { return s.client.Close() }

// Put uploads an object. What is larger than a chunk is in the bucket once its
// last chunk is; the last byte of a body comes only if the body is as it must be.
func (s *store) Put(ctx context.Context, key string, body io.Reader, options blobplugin.PutOptions) error {
	if err := blobplugin.CheckKey(key); err != nil {
		return err
	}
	object := s.bucket.Object(key)
	if options.IfAbsent {
		object = object.If(storage.Conditions{DoesNotExist: true})
	}
	uploading, abort := context.WithCancel(ctx)
	defer abort()
	w := object.NewWriter(uploading)
	w.ChunkSize, w.ContentType = chunk, options.ContentType
	if w.ContentType == "" {
		w.ContentType = "application/octet-stream"
	}
	body = &source{r: blobplugin.Until(ctx, blobplugin.Exactly(body, options.Size))}
	if _, err := io.Copy(w, body); err != nil {
		abort() // else Close completes the object
		closed := w.Close()
		if failed := body.(*source).err; failed != nil {
			return failed
		}
		return explain(ctx, "put", key, errors.Join(err, closed))
	}
	return explain(ctx, "put", key, w.Close())
}

// source keeps the error of a body apart from those of the upload.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Get opens an object as it is stored.
func (s *store) Get(ctx context.Context, key string) (io.ReadCloser, blobplugin.Object, error) {
	if err := blobplugin.CheckKey(key); err != nil {
		return nil, blobplugin.Object{}, err
	}
	r, err := s.bucket.Object(key).ReadCompressed(true).NewReader(ctx)
	if err != nil {
		return nil, blobplugin.Object{}, explain(ctx, "get", key, err)
	}
	return &body{r, ctx, key}, blobplugin.Object{Key: key, Size: r.Attrs.Size, Modified: r.Attrs.LastModified}, nil
}

// body gives errors of a connection their code.
type body struct {
	*storage.Reader
	ctx context.Context
	key string
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = explain(b.ctx, "get", b.key, err)
	}
	return n, err
}

// Stat asks for the attributes of an object.
func (s *store) Stat(ctx context.Context, key string) (blobplugin.Object, error) {
	if err := blobplugin.CheckKey(key); err != nil {
		return blobplugin.Object{}, err
	}
	attrs, err := s.bucket.Object(key).Attrs(ctx)
	if err != nil {
		return blobplugin.Object{}, explain(ctx, "get", key, err)
	}
	return object(attrs), nil
}

func object(attrs *storage.ObjectAttrs) blobplugin.Object {
	return blobplugin.Object{Key: attrs.Name, Size: attrs.Size, Modified: attrs.Updated}
}

// List asks for as many pages as it takes. What others put into the bucket under
// names that are no keys is left out.
func (s *store) List(ctx context.Context, prefix, after string, limit int) ([]blobplugin.Object, error) {
	if err := blobplugin.CheckLimit(limit); err != nil {
		return nil, err
	}
	query := &storage.Query{Prefix: prefix, StartOffset: after, Projection: storage.ProjectionNoACL}
	if err := query.SetAttrSelection([]string{"Name", "Size", "Updated"}); err != nil {
		return nil, err
	}
	objects := s.bucket.Objects(ctx, query)
	objects.PageInfo().MaxSize = min(limit+1, 1000) // one may be after itself
	var found []blobplugin.Object
	for len(found) < limit {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, explain(ctx, "list", prefix, err)
		}
		if attrs.Name > after && blobplugin.CheckKey(attrs.Name) == nil {
			found = append(found, object(attrs))
		}
	}
	return found, nil
}

// Delete asks to remove an object.
func (s *store) Delete(ctx context.Context, key string) error {
	if err := blobplugin.CheckKey(key); err != nil {
		return err
	}
	err := s.bucket.Object(key).Delete(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil
	}
	return explain(ctx, "delete", key, err)
}

// maxLifetime is how long a signed URL can be good.
const maxLifetime = 7 * 24 * time.Hour

// SignGet signs a URL; its lifetime is from a second to seven days. Without a key
// in the credentials, Google is asked to sign. An emulator takes no signatures.
func (s *store) SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error) {
	if err := blobplugin.CheckKey(key); err != nil {
		return "", err
	}
	if lifetime < time.Second || lifetime > maxLifetime {
		return "", blobplugin.Errorf(blobplugin.Invalid, "a signed URL is good for a second to seven days, not for %v", lifetime)
	}
	if os.Getenv(emulator) != "" {
		return "", nil
	}
	url, err := s.bucket.SignedURL(key, &storage.SignedURLOptions{
		Method: http.MethodGet, Expires: time.Now().Add(lifetime), Scheme: storage.SigningSchemeV4,
	})
	return url, explain(ctx, "sign URL of", key, err)
}
