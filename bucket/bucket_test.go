package bucket_test

import (
	"net/http/httptest"
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
