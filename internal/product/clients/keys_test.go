package clients_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/clients"
	"github.com/pawlhq/pawl/internal/product/files"
)

func TestProductsOutsideOfTheProjectAreRefused(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	root, dir := filepath.Join(base, "project"), filepath.Join(base, "backup")
	s := openStorage(t, "LocalStorageClient", root, params.Of("storage", "folder", "parent", dir))
	for _, path := range []string{filepath.Join(base, "x"), filepath.Join(base, "project-2", "x"), root} {
		build(t, path, "v", map[string]string{"a": ""})
		for _, err := range []error{s.Upload(t.Context(), path), second(s.Fetch(t.Context(), path)), second(s.Look(t.Context(), []string{path}))} {
			if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), path+" is not below "+root) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func TestProjectMayBeReachedOverASymbolicLink(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	real, link, dir := filepath.Join(base, "project"), filepath.Join(base, "link"), filepath.Join(base, "backup")
	if err := errors.Join(os.Mkdir(real, 0o777), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	for root, path := range map[string]string{real: filepath.Join(link, "new", "x"), link: filepath.Join(real, "y")} {
		s := openStorage(t, "LocalStorageClient", "/", params.Of("storage", "folder", "parent", dir, "root", root))
		if got := version(t, s, path); got != "absent" {
			t.Error(got)
		}
		build(t, path, "v", file("1"))
		upload(t, s, path)
	}
	if got := tree(t, dir); got["new/x"] != "1" || got["y"] != "1" {
		t.Errorf("copies are %v", got)
	}
}

func TestOnlyFinishedProductsAreCopied(t *testing.T) {
	t.Parallel()
	root, dir := t.TempDir(), t.TempDir()
	s := openStorage(t, "LocalStorageClient", root, params.Of("storage", "folder", "parent", dir))
	path := filepath.Join(root, "x")
	for want, prepare := range map[string]func() error{
		"has no metadata": func() error { return files.Forget(path) },
		"is not finished": func() error { return files.Begin(path) },
		"is damaged":      func() error { return os.WriteFile(files.MetadataPath(path), []byte("["), 0o600) },
	} {
		write(t, path, file("1"))
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
		if err := s.Upload(t.Context(), path); model.CodeOf(err) != model.Conflict || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want that it %s", err, want)
		}
	}
	if got := tree(t, dir); len(got) != 0 {
		t.Errorf("copies %v", got)
	}
}

// changing returns the address of a service that changes what it gives.
func changing(t *testing.T, change func(path, content string) string) string {
	t.Helper()
	target := inBucketURL(t)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		request := r.Clone(r.Context())
		request.RequestURI, request.URL.Scheme, request.URL.Host = "", "http", target
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		for key, values := range answer.Header {
			w.Header()[key] = values
		}
		w.WriteHeader(answer.StatusCode)
		text, _ := io.ReadAll(answer.Body)
		if r.Method == http.MethodGet && answer.StatusCode == http.StatusOK {
			text = []byte(change(r.URL.Path, string(text)))
		}
		_, _ = w.Write(text)
	})
}

func TestWhatIsDamagedOnItsWayIsRefused(t *testing.T) {
	t.Parallel()
	var gets, always atomic.Int64
	root := t.TempDir()
	s := openBucket(t, root, changing(t, func(_, content string) string {
		if content != "good" {
			return content
		}
		return fmt.Sprintf("bad%d", gets.Add(1)*(1-always.Load()))
	}))
	path := filepath.Join(root, "x")
	build(t, path, "v", file("good"))
	upload(t, s, path)
	write(t, path, file("old"))
	if _, err := s.Fetch(t.Context(), path); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "damaged on its way") {
		t.Errorf("got %v", err)
	}
	if got := tree(t, root)["x"]; got != "old" {
		t.Errorf("product is %q", got)
	}
	always.Store(1) // as if it were encrypted: the tag is not that of the content
	fetch(t, s, path)
	if got := tree(t, root)["x"]; got != "bad0" {
		t.Errorf("product is %q", got)
	}
}

func TestCopyThatIsBeingReplacedIsNotFetched(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	root := t.TempDir()
	s := openBucket(t, root, changing(t, func(path, content string) string {
		if strings.HasSuffix(path, ".metadata") && reads.Add(1) == 2 {
			return strings.Replace(content, "v1", "v2", 1)
		}
		return content
	}))
	path := filepath.Join(root, "x")
	build(t, path, "v1", file("1"))
	upload(t, s, path)
	write(t, path, file("old"))
	if _, err := s.Fetch(t.Context(), path); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "is being replaced") {
		t.Errorf("got %v", err)
	}
	if got := tree(t, root)["x"]; got != "old" {
		t.Errorf("product is %q", got)
	}
}

func TestManyCopiesAreLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	enough := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			old := most.Load()
			if n <= old || most.CompareAndSwap(old, n) {
				break
			}
		}
		if n == 64 {
			close(enough)
		}
		select {
		case <-enough:
		case <-time.After(10 * time.Second): // there are fewer
		}
		w.WriteHeader(http.StatusNotFound)
	})
	root := t.TempDir()
	s := openBucket(t, root, url)
	paths := make([]string, 128)
	for i := range paths {
		paths[i] = filepath.Join(root, fmt.Sprint(i))
	}
	copies, err := s.Look(t.Context(), paths)
	if err != nil || len(copies) != len(paths) || copies[127].Stamp.State != product.Absent {
		t.Errorf("%d copies, %v", len(copies), err)
	}
	if most.Load() != 64 {
		t.Errorf("%d requests at once", most.Load())
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{
		"keys.json": `{"aws_access_key_id": "id", "aws_secret_access_key": "key"}`,
		"half.json": `{"aws_access_key_id": "secret"}`,
	})
	bucket := params.Of("storage", "s3", "bucket", "b", "parent", "p/", "options", params.Map{})
	for _, tt := range []struct {
		configuration params.Map
		want          string
	}{
		{params.Of("storage", "folder", "parent", "backup"), filepath.Join(root, "backup")},
		{bucket, "s3://b/p"},
		{bucket.Set("parent", ""), "s3://b"},
		{bucket.Set("parent", ".cache"), "s3://b/.cache"},
		{bucket.Set("credentials", "keys.json"), "s3://b/p"},
		{bucket.Set("parent", "/p"), `S3Client: the parent "/p" begins with a slash, and no key does`},
		{bucket.Set("credentials", "half.json"), "S3Client: " + filepath.Join(root, "half.json") + " must hold a JSON object with aws_access_key_id and aws_secret_access_key"},
		{bucket.Set("credentials", "keys.json").Set("credentials_relative", false), "S3Client: read the keys of the bucket: open " + filepath.Join(root, "else", "keys.json") + ": no such file or directory"},
		{bucket.Set("options", params.Of("verify", false)), `S3Client: the option "verify" is not offered`},
		{bucket.Set("options", params.Of("endpoint_url", "ftp://x")), `S3Client: object storage: the endpoint must be a http or https URL, not "ftp://x"`},
		{params.Of("storage", "gcs"), "S3Client: buckets of Google Cloud are not offered by their own interface"},
		{params.Of("run_template", "bash"), "S3Client is no client that stores files"},
	} {
		o := clients.Options{Root: root, Getenv: func(string) string { return "" }}
		if tt.configuration.Has("credentials_relative") {
			o.Dir = filepath.Join(root, "else")
		}
		s, err := clients.Open("S3Client", tt.configuration, o)
		got := fmt.Sprint(err)
		if err == nil {
			got = s.String()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		} else if model.CodeOf(err) != model.Invalid {
			t.Errorf("%v has the code %v", err, model.CodeOf(err))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Error(diff)
		}
	}
}
