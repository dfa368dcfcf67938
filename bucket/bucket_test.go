package bucket_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/bucket"
	"github.com/pawlhq/pawl/pawltest"
)

// open returns a part of a bucket that has nothing in it.
func open(t *testing.T, endpoint string) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(bucket.Config{
		Bucket: "b", Prefix: strconv.FormatInt(parts.Add(1), 10), Endpoint: endpoint, Region: "eu-1", PathStyle: true, AccessKeyID: "k", SecretAccessKey: "s",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

var parts atomic.Int64

// serve starts a service with one bucket and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("b"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return server.URL
}

func TestOutputsAreKeptInABucket(t *testing.T) {
	t.Parallel()
	url := serve(t)
	pawltest.IOManager(t, func(t *testing.T) pawl.IOManager { return open(t, url).IO() })
}

func TestFilesAreKeptInABucket(t *testing.T) {
	t.Parallel()
	pawltest.FileManager(t, open(t, serve(t)).Files())
}

func TestABucketNeedsAName(t *testing.T) {
	t.Parallel()
	if _, err := bucket.Open(bucket.Config{}); err == nil {
		t.Error("there is no bucket, and no error")
	}
}

// What steps say is in the bucket when the engine has ended, and others read it there.
func TestLogsAreKeptInABucket(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t))
	type note struct{}
	p := pawl.Must(pawl.Define("says", "1", pawl.Execute("word", func(ctx context.Context, _ *note) error {
		pawl.Log(ctx).Info("hello")
		return nil
	})))
	cfg := pawl.Config{Project: "p", Database: filepath.Join(t.TempDir(), "pawl.db"), Log: slog.New(slog.DiscardHandler)}
	for range 2 { // the second one takes what there is
		cfg.Logs = pawl.LogConfig{Bucket: b.Logs(), Folder: t.TempDir()}
		e, err := pawl.Open(t.Context(), cfg, p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Start(t.Context(), e, "a", note{})
		if err == nil {
			err = r.Wait(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
		var said []string
		for one, err := range r.Logs(t.Context(), slog.LevelInfo) {
			if err != nil {
				t.Error(err)
			}
			said = append(said, one.Message)
		}
		if len(said) != 1 || said[0] != "hello" {
			t.Errorf("got %q", said)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
