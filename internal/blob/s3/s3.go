// Package s3 keeps objects in a bucket of Amazon S3 or of a service that speaks
// its protocol.
package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
)

// Store is a blob.Store in a bucket.
type Store struct {
	client    *client
	transport *http.Transport
}

var _ blob.Store = (*Store)(nil)

// Open returns the store in a bucket, which must exist. It does not connect.
func Open(options Options) (*Store, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	transport := newTransport(options.Timeout)
	return &Store{newClient(options, transport), transport}, nil
}

// Close closes connections that are not in use.
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// Get asks for an object and returns the body of the answer.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Object{}, err
	}
	request, err := s.client.request(ctx)
	if err != nil {
		return nil, blob.Object{}, failed(ctx, "get", key, err)
	}
	answer, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: s.client.bucket, Key: &key}, request)
	if err != nil {
		return nil, blob.Object{}, failed(ctx, "get", key, err)
	}
	return &body{answer.Body, ctx, key}, object(key, answer.ContentLength, answer.LastModified, answer.ETag), nil
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
	request, err := s.client.request(ctx)
	if err != nil {
		return blob.Object{}, failed(ctx, "get", key, err)
	}
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.client.bucket, Key: &key}, request)
	if err != nil {
		return blob.Object{}, failed(ctx, "get", key, err)
	}
	return object(key, answer.ContentLength, answer.LastModified, answer.ETag), nil
}

func object(key string, size *int64, modified *time.Time, tag *string) blob.Object {
	return blob.Object{Key: key, Size: aws.ToInt64(size), Modified: aws.ToTime(modified), Tag: strings.Trim(aws.ToString(tag), `"`)}
}

// List asks for as many pages as it takes. What others put into the bucket under
// names that are no keys is left out.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Object, error) {
	if err := blob.CheckLimit(limit); err != nil {
		return nil, err
	}
	request, err := s.client.request(ctx)
	if err != nil {
		return nil, failed(ctx, "list", prefix, err)
	}
	input := &s3.ListObjectsV2Input{
		Bucket: s.client.bucket, Prefix: &prefix, StartAfter: &after, MaxKeys: aws.Int32(int32(limit)),
		EncodingType: types.EncodingTypeUrl, // else a name that XML can't say makes the answer unreadable
	}
	var found []blob.Object
	for {
		page, err := s.client.ListObjectsV2(ctx, input, request)
		if err != nil {
			return nil, failed(ctx, "list", prefix, err)
		}
		found = append(found, objects(page)...)
		input.ContinuationToken = page.NextContinuationToken
		if len(found) >= limit || input.ContinuationToken == nil || !aws.ToBool(page.IsTruncated) {
			return found[:min(limit, len(found))], nil
		}
	}
}

// objects are those of a page whose names are keys.
func objects(page *s3.ListObjectsV2Output) []blob.Object {
	found := make([]blob.Object, 0, len(page.Contents))
	for i := range page.Contents {
		of := &page.Contents[i]
		key := aws.ToString(of.Key)
		if page.EncodingType == types.EncodingTypeUrl {
			plain, err := url.QueryUnescape(key)
			if err != nil {
				continue // no key has such a name
			}
			key = plain
		}
		if blob.CheckKey(key) == nil {
			found = append(found, object(key, of.Size, of.LastModified, of.ETag))
		}
	}
	return found
}

// Delete asks to remove an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	request, err := s.client.request(ctx)
	if err == nil {
		_, err = s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.client.bucket, Key: &key}, request)
	}
	err = failed(ctx, "delete", key, err)
	if err != nil && model.CodeOf(err) == model.NotFound {
		return nil // some services say so
	}
	return err
}

// maxLifetime is how long a signed URL can be good.
const maxLifetime = 7 * 24 * time.Hour

// SignGet signs a URL; its lifetime is from a second to seven days. There is
// none if there are no keys to sign it with.
func (s *Store) SignGet(ctx context.Context, key string, lifetime time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	if lifetime < time.Second || lifetime > maxLifetime {
		return "", model.Errorf(model.Invalid, "a signed URL is good for a second to seven days, not for %v", lifetime)
	}
	request, err := s.client.request(ctx)
	if err != nil {
		return "", failed(ctx, "sign URL of", key, err)
	}
	if keys, err := s.client.keys.Retrieve(ctx); err != nil || !keys.HasKeys() {
		return "", failed(ctx, "sign URL of", key, err)
	}
	signed, err := s3.NewPresignClient(s.client.Client).PresignGetObject(ctx,
		&s3.GetObjectInput{Bucket: s.client.bucket, Key: &key}, s3.WithPresignExpires(lifetime), s3.WithPresignClientFromClientOptions(request))
	if err != nil {
		return "", failed(ctx, "sign URL of", key, err)
	}
	return signed.URL, nil
}
