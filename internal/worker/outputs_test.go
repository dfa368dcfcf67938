package worker_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/values"
)

// What a task on one machine keeps in a bucket, one on another loads, and so does
// an attempt that takes it over.
func TestOutputsGoFromMachineToMachine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push(map[string]string{
		"w.dig":    "timezone: UTC\n+make:\n  _queue: first\n  py>: tasks.make\n+use:\n  _queue: second\n  py>: tasks.use\n",
		"tasks.py": "import pawl\ndef make(): pawl.output('rows', {1, 2, 3})\ndef use(rows):\n  import digdag\n  digdag.env.store(sum=sum(rows.load()))\n",
	})
	backend := s3mem.New()
	if err := backend.CreateBucket("b"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	var got []string
	s.driveByWorkers(func() *values.Outputs { return bucketOutputs(t, server.URL) }, func() {
		got = s.outcomes(s.start([]string{"w"}, ""))
	})
	if !strings.Contains(got[0], `{"sum":6}`) {
		t.Errorf("got\n%s", got[0])
	}
	// A server that deletes the attempt deletes what it has kept.
	kept := bucketOutputs(t, server.URL)
	if objects, err := backend.ListBucket("b", nil, gofakes3.ListBucketPage{}); err != nil || len(objects.Contents) != 1 {
		t.Errorf("the bucket has %v, %v", objects, err)
	}
	if err := kept.Remove(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if objects, err := backend.ListBucket("b", nil, gofakes3.ListBucketPage{}); err != nil || len(objects.Contents) != 0 {
		t.Errorf("the bucket still has %v, %v", objects, err)
	}
}

// bucketOutputs keeps outputs in a bucket.
func bucketOutputs(t *testing.T, url string) *values.Outputs {
	t.Helper()
	kept := values.NewOutputs(func() (*values.Manager, error) {
		of, err := s3.Open(s3.Options{Bucket: "b", Endpoint: url, Region: "eu-1", PathStyle: true, AccessKeyID: "k", SecretAccessKey: "s"})
		return &values.Manager{Blobs: of, Prefix: "kept/"}, err
	})
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return kept
}
