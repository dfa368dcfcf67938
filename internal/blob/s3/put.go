package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/pawlhq/pawl/internal/blob"
)

const (
	// partSize is from how many bytes on an object is sent in parts, and how
	// many bytes of one are in memory at a time, unless there are too many.
	partSize = 8 << 20
	maxParts = 10_000
	// abortWithin is how long to try to remove the parts of an object that is
	// not to be.
	abortWithin = 30 * time.Second
)

// Put sends an object. A small one is in memory meanwhile, so that it can be
// sent again when the connection breaks, and a large one goes in parts. One that
// must be absent is sent once, as a second request could find what the first one
// stored, and in one piece, as not all services look at that when it comes in
// parts.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	src := &source{reader: blob.Until(ctx, blob.Exactly(body, options.Size))}
	u := &upload{client: s.client, key: &key, contentType: aws.String("application/octet-stream")}
	if options.ContentType != "" {
		u.contentType = &options.ContentType
	}
	err := u.put(ctx, src, options)
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

// upload is an object on its way.
type upload struct {
	*client
	key, contentType *string
	request          func(*s3.Options)
}

func (u *upload) put(ctx context.Context, src io.Reader, options blob.PutOptions) (err error) {
	large := options.Size > partSize
	var content []byte
	if !large {
		if content, err = io.ReadAll(src); err != nil {
			return err
		}
	}
	if u.request, err = u.client.request(ctx); err != nil {
		return err
	}
	if large && !options.IfAbsent {
		return u.inParts(ctx, src, options.Size)
	}
	input := &s3.PutObjectInput{
		Bucket: u.bucket, Key: u.key, ContentType: u.contentType, ContentLength: &options.Size, Body: src,
	}
	if !large {
		input.Body, input.ContentMD5 = bytes.NewReader(content), sum(content)
	}
	if options.IfAbsent {
		input.IfNoneMatch = aws.String("*")
		_, err = u.PutObject(ctx, input, u.request, once)
		return err
	}
	_, err = u.PutObject(ctx, input, u.request)
	return err
}

func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// sum is what a service compares with what it received.
func sum(content []byte) *string {
	md5 := md5.Sum(content)
	return aws.String(base64.StdEncoding.EncodeToString(md5[:]))
}

// sizeOfParts is how large the parts are in which an object goes.
func sizeOfParts(size int64) int64 { return max(partSize, (size+maxParts-1)/maxParts) }

// inParts sends an object in parts, one after the other.
func (u *upload) inParts(ctx context.Context, src io.Reader, size int64) (err error) {
	begun, err := u.CreateMultipartUpload(ctx,
		&s3.CreateMultipartUploadInput{Bucket: u.bucket, Key: u.key, ContentType: u.contentType}, u.request)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, u.abort(ctx, begun.UploadId))
		}
	}()
	var parts []types.CompletedPart
	buffer := make([]byte, sizeOfParts(size))
	for left := size; left > 0; {
		part := buffer[:min(left, int64(len(buffer)))]
		if _, err := io.ReadFull(src, part); err != nil {
			return err
		}
		left -= int64(len(part))
		number := aws.Int32(int32(len(parts) + 1))
		sent, err := u.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: u.bucket, Key: u.key, UploadId: begun.UploadId, PartNumber: number,
			Body: bytes.NewReader(part), ContentLength: aws.Int64(int64(len(part))), ContentMD5: sum(part),
		}, u.request)
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{ETag: sent.ETag, PartNumber: number})
	}
	_, err = u.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: u.bucket, Key: u.key, UploadId: begun.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}, u.request)
	return err
}

// abort removes the parts that were sent, which else are kept and paid for.
func (u *upload) abort(ctx context.Context, id *string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortWithin)
	defer cancel()
	_, err := u.AbortMultipartUpload(ctx,
		&s3.AbortMultipartUploadInput{Bucket: u.bucket, Key: u.key, UploadId: id}, u.request)
	return err
}
