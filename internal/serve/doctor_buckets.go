package serve

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/s3"
)

// patience is how long to wait for a sign of life.
const patience = 10 * time.Second

// buckets looks whether object storage that is configured can be used.
func (d *doctor) buckets(ctx context.Context) {
	if kind, _, folder, bucket, _ := d.archiveSettings(); kind == "s3" {
		d.bucket(ctx, "archives", "archive.s3", bucket, folder)
	}
	if l := d.logs(); l.kind == logsS3 {
		d.bucket(ctx, "task logs", "log-server.s3", l.bucket, l.prefix)
	}
}

func (d *doctor) bucket(ctx context.Context, check, prefix string, options s3.Options, folder string) {
	options.Timeout, options.Tries = patience, 1
	hint := "check " + prefix + ".bucket, " + prefix + ".endpoint and the rights of the keys"
	of, err := openBucket(prefix, options)
	if err == nil {
		err = errors.Join(usable(ctx, of, folder), of.Close())
	}
	if err != nil {
		d.failed(check, err, hint)
		return
	}
	d.found(check, Fine, "", "%s can be written", shownBucket(options, folder))
}

// usable puts an object into a store, gets it and removes it.
func usable(ctx context.Context, of blob.Store, folder string) (err error) {
	const text = "pawl doctor was here"
	key := strings.TrimPrefix(folder, "/")
	if key != "" && !strings.HasSuffix(key, "/") {
		key += "/"
	}
	key += "pawl-doctor/" + uuid.NewString()
	if err := of.Put(ctx, key, strings.NewReader(text), blob.PutOptions{Size: int64(len(text))}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, of.Delete(ctx, key)) }()
	if _, err := of.List(ctx, key, "", 1); err != nil {
		return err
	}
	body, _, err := of.Get(ctx, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}
