// Package s3 keeps objects in a bucket of Amazon S3 or of a service that speaks
// its protocol.
package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// partSize is from how many bytes on an object is sent in parts, and how many
// bytes of one are in memory at a time.
const partSize = 8 << 20

// Store is a blob.Store in a bucket.
type Store struct {
	client    minio.Core
	transport *http.Transport
	bucket    string
}

var _ blob.Store = (*Store)(nil)

// Open returns the store in a bucket, which must exist. It does not connect.
func Open(options Options) (*Store, error) {
	options = options.withDefaults()
	endpoint, err := options.check()
	if err != nil {
		return nil, err
	}
	transport := newTransport(options.Timeout)
	lookup := minio.BucketLookupAuto
	if options.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:        options.credentials(),
		Secure:       endpoint.Scheme == "https",
		Transport:    transport,
		Region:       options.Region,
		BucketLookup: lookup,
		MaxRetries:   options.Tries,
	})
	if err != nil {
		return nil, model.Errorf(model.Invalid, "open object storage: %w", err)
	}
	return &Store{client: minio.Core{Client: client}, transport: transport, bucket: options.Bucket}, nil
}

// Close closes connections that are not in use.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Put sends an object. Unless it must be absent, a small one is in memory
// meanwhile, so that it can be sent again when the connection breaks, and a
// large one goes in parts.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	o := minio.PutObjectOptions{
		ContentType: options.ContentType,
		PartSize:    partSize,
		// Else, without TLS, the body would be cut into signed chunks, which not
		// all services read.
		DisableContentSha256: true,
		SendContentMd5:       true,
	}
	if options.IfAbsent {
		o.SetMatchETagExcept("*")
		// Not all services look at this when an object comes in parts. Nor may it
		// be sent again, as it would be with a checksum: the second request could
		// find what the first one stored.
		o.DisableMultipart, o.SendContentMd5 = true, false
	}
	src := &source{reader: blob.Until(ctx, blob.Exactly(body, options.Size))}
	var err error
	if options.Size <= 0 { // nobody else looks whether the body is empty
		_, err = io.Copy(io.Discard, src)
	}
	if err == nil {
		_, err = s.client.Client.PutObject(ctx, s.bucket, key, src, options.Size, o)
	}
	if src.err != nil {
		err = src.err
	}
	return failed(ctx, "put", key, err)
}

// source keeps the error of a body, which does not come back from a request in
// one piece.
type source struct {
	reader io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Get asks for an object and returns the body of the answer.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Object{}, err
	}
	b, info, _, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, blob.Object{}, failed(ctx, "get", key, err)
	}
	return &body{b, ctx, key}, object(key, info), nil
}

// body gives errors of a connection their code.
type body struct {
	io.ReadCloser
	ctx context.Context
	key string
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failed(b.ctx, "get", b.key, err)
	}
	return n, err
}

// Stat asks for the head of an object.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Object{}, err
	}
	info, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return blob.Object{}, failed(ctx, "get", key, err)
	}
	return object(key, info), nil
}

func object(key string, info minio.ObjectInfo) blob.Object {
	return blob.Object{Key: key, Size: info.Size, Modified: info.LastModified}
}

// List asks for as many pages as it takes. What others put into the bucket under
// names that are no keys is left out.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Object, error) {
	if err := blob.CheckLimit(limit); err != nil {
		return nil, err
	}
	owner := false
	o := minio.ListObjectsOptions{
		Prefix: prefix, StartAfter: after, MaxKeys: limit, Recursive: true, FetchOwner: &owner,
	}
	var found []blob.Object
	for info := range s.client.ListObjectsIter(ctx, s.bucket, o) {
		if info.Err != nil {
			return nil, failed(ctx, "list", prefix, info.Err)
		}
		if blob.CheckKey(info.Key) == nil {
			found = append(found, object(info.Key, info))
		}
		if len(found) == limit {
			break
		}
	}
	return found, failed(ctx, "list", prefix, context.Cause(ctx))
}

// Delete asks to remove an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	err := s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	return failed(ctx, "delete", key, err)
}

// SignGet signs a URL; its lifetime is from a second to seven days.
func (s *Store) SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	u, err := s.client.PresignedGetObject(ctx, s.bucket, key, lifetime, nil)
	if err != nil {
		return "", failed(ctx, "sign URL of", key, err)
	}
	return u.String(), nil
}
