package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob"
)

// patience is how long to wait for a sign of life.
const patience = 10 * time.Second

// pluginPatience is how long to wait for all that is tried with object storage.
const pluginPatience = time.Minute

// buckets looks whether object storage that is configured can be used.
func (d *doctor) buckets(ctx context.Context) {
	set := d.archives()
	for _, r := range set.remotes {
		if r.kind == set.kind {
			d.bucket(ctx, "archives", r)
		}
	}
	if l := d.logs(); l.remote != nil {
		d.bucket(ctx, "task logs", *l.remote)
	}
}

func (d *doctor) bucket(ctx context.Context, check string, r remote) {
	r.bucket.Timeout, r.bucket.Tries = patience, 1
	hint := "check " + r.prefix + ".bucket, " + r.prefix + ".endpoint and the rights of the keys"
	if r.kind != remoteS3 {
		hint = "check the settings below " + r.prefix + " and the rights that they give"
	}
	ctx, cancel := context.WithTimeoutCause(ctx, pluginPatience, errors.New("it takes too long"))
	defer cancel()
	of, err := r.open(slog.New(slog.DiscardHandler))
	if err == nil {
		err = errors.Join(usable(ctx, of, r.folder), of.Close())
	}
	if err != nil {
		d.failed(check, err, hint)
		return
	}
	d.found(check, Fine, "", "%s can be written", r.where())
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
