package clients_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/clients"
	"github.com/pawlhq/pawl/internal/product/files"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is somewhere that copies can be.
type place struct {
	// open returns a storage of a project.
	open func(t *testing.T, root string) *clients.Storage
	// files returns what is stored there, by path.
	files func(t *testing.T) map[string]string
	// sent counts the files that were stored.
	sent func() int
	// refuse lets so many requests pass and refuses all others; a negative
	// number lets all pass. Nil if there are no requests.
	refuse func(after int)
}

func openStorage(t *testing.T, class, root string, configuration params.Map) *clients.Storage {
	t.Helper()
	s, err := clients.Open(class, configuration, clients.Options{Root: root, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func inFolder(t *testing.T) *place {
	dir := filepath.Join(t.TempDir(), "backup")
	seen := map[string]os.FileInfo{}
	return &place{
		open: func(t *testing.T, root string) *clients.Storage {
			return openStorage(t, "LocalStorageClient", root, params.Of("storage", "folder", "parent", dir, "root", nil))
		},
		files: func(t *testing.T) map[string]string { return tree(t, dir) },
		sent: func() (n int) {
			_ = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
				if err == nil && !info.IsDir() && (seen[path] == nil || !os.SameFile(seen[path], info) || !seen[path].ModTime().Equal(info.ModTime())) {
					seen[path] = info
					n++
				}
				return nil
			})
			return n
		},
	}
}

func inBucket(t *testing.T) *place {
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	var puts, left atomic.Int64
	left.Store(-1)
	fake := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if left.Load() >= 0 && left.Add(-1) < 0 {
			left.Store(0)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPut {
			puts.Add(1)
		}
		fake.ServeHTTP(w, r)
	})
	return &place{
		open: func(t *testing.T, root string) *clients.Storage { return openBucket(t, root, url) },
		files: func(t *testing.T) map[string]string {
			found := map[string]string{}
			list, err := backend.ListBucket("bucket", nil, gofakes3.ListBucketPage{})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list.Contents {
				object, err := backend.GetObject("bucket", o.Key, nil)
				if err != nil {
					t.Fatal(err)
				}
				text := make([]byte, object.Size)
				_, _ = object.Contents.Read(text)
				found[strings.TrimPrefix(o.Key, "some/parent/")] = string(text)
			}
			return found
		},
		sent:   func() int { return int(puts.Swap(0)) },
		refuse: func(after int) { left.Store(int64(after)) },
	}
}

// inBucketURL returns the address of a service with an empty bucket.
func inBucketURL(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	return strings.TrimPrefix(serve(t, fake.ServeHTTP), "http://")
}

func openBucket(t *testing.T, root, url string) *clients.Storage {
	t.Helper()
	return openStorage(t, "S3Client", root, params.Of("storage", "s3", "bucket", "bucket", "parent", "some/parent/", "root", nil, "credentials", nil,
		"credentials_relative", true, "options", params.Of("endpoint_url", url, "region_name", "r", "aws_access_key_id", "id", "aws_secret_access_key", "key")))
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// everywhere runs a test with each kind of storage.
func everywhere(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { t.Parallel(); test(t, inFolder(t)) })
	t.Run("bucket", func(t *testing.T) { t.Parallel(); test(t, inBucket(t)) })
}

// tree returns the files below a folder, by their paths there.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}

// write replaces what is at a path by a file, or by a folder with files.
func write(t *testing.T, path string, content map[string]string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	for name, text := range content {
		file := filepath.Join(path, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// build makes a product as a task does, with a record that tells its version.
func build(t *testing.T, path, version string, content map[string]string) product.Record {
	t.Helper()
	record := product.NewRecord(1700000000.25, version, params.Of("n", 1))
	if err := files.Begin(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, content)
	if err := files.Commit([]string{path}, []product.Record{record}); err != nil {
		t.Fatal(err)
	}
	return record
}

func file(text string) map[string]string { return map[string]string{"": text} }

func upload(t *testing.T, s *clients.Storage, paths ...string) {
	t.Helper()
	if err := s.Upload(t.Context(), paths...); err != nil {
		t.Fatal(err)
	}
}

func fetch(t *testing.T, s *clients.Storage, paths ...string) []product.Record {
	t.Helper()
	records, err := s.Fetch(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func version(t *testing.T, s *clients.Storage, path string) string {
	t.Helper()
	copies, err := s.Look(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	if copies[0].Stamp.State == product.Absent {
		return "absent"
	}
	return *copies[0].Record.Source
}

func TestCopiesAreWhatProductsAre(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		root, other := t.TempDir(), t.TempDir()
		s := p.open(t, root)
		for i, content := range []map[string]string{
			file("one"), {"a.csv": "1", "sub/b.csv": "2"}, {"a.csv": "1", "sub/b.csv": "new", ".hidden": ""}, {"sub/b.csv": "new"}, file("two"),
		} {
			path := filepath.Join(root, "out", "data")
			want := build(t, path, "v", content)
			upload(t, s, path)
			if diff := cmp.Diff(tree(t, root), p.files(t)); diff != "" {
				t.Errorf("%d: -product +copy\n%s", i, diff)
			}
			there := p.open(t, other)
			if diff := cmp.Diff([]product.Record{want}, fetch(t, there, filepath.Join(other, "out", "data"))); diff != "" {
				t.Errorf("%d: record %s", i, diff)
			}
			if diff := cmp.Diff(tree(t, root), tree(t, other)); diff != "" {
				t.Errorf("%d: -product +fetched\n%s", i, diff)
			}
		}
	})
}

func TestLookTellsWhichCopiesCount(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		root := t.TempDir()
		s := p.open(t, root)
		names := []string{"whole", "folder", "content", "record", "damaged", "fold", "never"}
		paths := make([]string, len(names))
		for i, name := range names {
			paths[i] = filepath.Join(root, "out", name)
			switch name {
			case "never":
				continue
			case "whole":
				build(t, paths[i], name, file("1"))
			case "fold": // an empty folder has no copy
				build(t, paths[i], name, map[string]string{"x": ""})
				if err := os.Remove(filepath.Join(paths[i], "x")); err != nil {
					t.Fatal(err)
				}
			default:
				build(t, paths[i], name, map[string]string{"x": "1"})
			}
			upload(t, s, paths[i])
		}
		lone, content := filepath.Join(root, "lone"), filepath.Join(root, "lone", "x")
		build(t, content, "v", file("1"))
		copies, err := s.Look(t.Context(), append(paths, lone))
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range copies {
			want := product.Stored
			if i >= 5 {
				want = product.Absent
			}
			if c.Stamp.State != want || want == product.Stored && (c.Stamp != product.StampOf(c.Record) || *c.Record.Source != names[i]) {
				t.Errorf("%d: %+v", i, c)
			}
		}
	})
}

func TestFolderMayHaveManyFiles(t *testing.T) {
	t.Parallel()
	p := inBucket(t)
	root, other := t.TempDir(), t.TempDir()
	s := p.open(t, root)
	content := map[string]string{}
	for i := range 1001 { // more than a list has
		content[fmt.Sprint(i)] = "x"
	}
	path := filepath.Join(root, "many")
	build(t, path, "1", content)
	upload(t, s, path)
	fetch(t, p.open(t, other), filepath.Join(other, "many"))
	if got := tree(t, filepath.Join(other, "many")); len(got) != len(content) {
		t.Errorf("%d files, want %d", len(got), len(content))
	}
}

func TestWhatAStoppedUploadLeftIsNoContent(t *testing.T) {
	t.Parallel()
	dir, root := t.TempDir(), t.TempDir()
	s := openStorage(t, "LocalStorageClient", root, params.Of("storage", "folder", "parent", dir))
	path := filepath.Join(root, "x")
	build(t, path, "v", map[string]string{"a": "1"})
	upload(t, s, path)
	write(t, filepath.Join(dir, "x", ".pawl-1-1.part"), file("half"))
	write(t, path, map[string]string{"a": "old"})
	fetch(t, s, path)
	if diff := cmp.Diff(map[string]string{"a": "1"}, tree(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestCopyCountsOnlyWithContentAndRecord(t *testing.T) {
	t.Parallel()
	dir, root := t.TempDir(), t.TempDir()
	s := openStorage(t, "LocalStorageClient", root, params.Of("storage", "folder", "parent", dir))
	path := filepath.Join(root, "x")
	build(t, path, "v", map[string]string{"a": "1"})
	upload(t, s, path)
	for _, tt := range []struct {
		change func() error
		want   product.State
	}{
		{func() error { return os.WriteFile(filepath.Join(dir, ".x.metadata"), []byte("no JSON"), 0o600) }, product.Damaged},
		{func() error { return os.WriteFile(filepath.Join(dir, ".x.metadata"), []byte("{}"), 0o600) }, product.Stored},
		{func() error { return os.Remove(filepath.Join(dir, "x", "a")) }, product.Absent},
		{func() error { return os.WriteFile(filepath.Join(dir, "x", "a"), nil, 0o600) }, product.Stored},
		{func() error { return os.Remove(filepath.Join(dir, ".x.metadata")) }, product.Absent},
	} {
		if err := tt.change(); err != nil {
			t.Fatal(err)
		}
		copies, err := s.Look(t.Context(), []string{path})
		if err != nil || copies[0].Stamp.State != tt.want || (copies[0].Err != nil) != (tt.want == product.Damaged) {
			t.Errorf("got %+v, %v, want state %v", copies, err, tt.want)
		}
		if _, err := s.Fetch(t.Context(), path); (err == nil) != (tt.want == product.Stored) || tt.want == product.Absent && model.CodeOf(err) != model.NotFound {
			t.Errorf("state %v: fetched with %v", tt.want, err)
		}
	}
}

func TestWhatIsThereIsNotSentAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		root := t.TempDir()
		s := p.open(t, root)
		path := filepath.Join(root, "data")
		large := strings.Repeat("0123456789abcdef", 9<<16)
		build(t, path, "1", map[string]string{"a": "1", "b": "2", "large": large})
		upload(t, s, path)
		p.sent()
		upload(t, s, path)
		if n := p.sent(); n != 0 {
			t.Errorf("%d files sent, nothing has changed", n)
		}
		build(t, path, "2", map[string]string{"a": "1", "b": "new", "large": large})
		upload(t, s, path)
		if n := p.sent(); n != 2 {
			t.Errorf("%d files sent, want one and the record", n)
		}
		build(t, path, "3", map[string]string{"a": "1", "b": "new", "large": large})
		upload(t, s, path)
		if n := p.sent(); n != 1 {
			t.Errorf("%d files sent, want the record", n)
		}
		before, err := os.Stat(filepath.Join(path, "a"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(path, "b"), file("another"))
		fetch(t, s, path)
		after, err := os.Stat(filepath.Join(path, "a"))
		if err != nil || !os.SameFile(before, after) {
			t.Errorf("a file that was here was fetched again, %v", err)
		}
		if diff := cmp.Diff(map[string]string{"a": "1", "b": "new", "large": large}, tree(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestUploadStoppedAnywhereLeavesNoMixture replaces a copy and stops after each
// number of requests.
func TestUploadStoppedAnywhereLeavesNoMixture(t *testing.T) {
	t.Parallel()
	first, second := map[string]string{"a": "1", "b": "1", "c": "1"}, map[string]string{"a": "2", "b": "2", "d": "2"}
	p := inBucket(t)
	root, other := t.TempDir(), t.TempDir()
	s, there := p.open(t, root), p.open(t, other)
	path, copied := filepath.Join(root, "x"), filepath.Join(other, "x")
	for n := 0; ; n++ {
		build(t, path, "1", first)
		upload(t, s, path)
		build(t, path, "2", second)
		p.refuse(n)
		err := s.Upload(t.Context(), path)
		p.refuse(-1)
		if err != nil && model.CodeOf(err) != model.Forbidden {
			t.Fatal(err)
		}
		switch v := version(t, s, path); {
		case err == nil && v != "2":
			t.Fatalf("uploaded, and there is version %s", v)
		case v == "absent":
		default:
			fetch(t, there, copied)
			want := map[string]map[string]string{"1": first, "2": second}[v]
			if diff := cmp.Diff(want, tree(t, copied)); diff != "" {
				t.Errorf("stopped after %d requests: version %s has %s", n, v, diff)
			}
		}
		if err == nil {
			if n < 6 {
				t.Errorf("only %d requests", n)
			}
			return
		}
		upload(t, s, path) // goes on where it was
		if diff := cmp.Diff(tree(t, root), p.files(t)); diff != "" {
			t.Fatalf("stopped after %d requests: then %s", n, diff)
		}
	}
}

func TestFetchThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	p := inBucket(t)
	root, other := t.TempDir(), t.TempDir()
	s, there := p.open(t, root), p.open(t, other)
	var paths, copied []string
	for _, name := range []string{"x", "y"} {
		path, to := filepath.Join(root, name), filepath.Join(other, name)
		build(t, path, "new", map[string]string{"a": "2", "b": "2"})
		upload(t, s, path)
		build(t, to, "old", map[string]string{"a": "1"})
		paths, copied = append(paths, path), append(copied, to)
	}
	before := tree(t, other)
	for n := 0; ; n++ {
		p.refuse(n)
		_, err := there.Fetch(t.Context(), copied...)
		p.refuse(-1)
		if err == nil {
			if n < 10 {
				t.Errorf("only %d requests", n)
			}
			break
		}
		if diff := cmp.Diff(before, tree(t, other)); diff != "" || model.CodeOf(err) != model.Forbidden {
			t.Fatalf("stopped after %d requests: %v, changed %s", n, err, diff)
		}
	}
	if diff := cmp.Diff(tree(t, root), tree(t, other)); diff != "" {
		t.Error(diff)
	}
	if _, err := there.Fetch(t.Context(), copied[0], filepath.Join(other, "never")); model.CodeOf(err) != model.NotFound {
		t.Errorf("fetched what has no copy: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{there.Upload(ctx, copied[0]), second(there.Fetch(ctx, copied[0])), second(there.Look(ctx, paths))} {
		if err == nil || model.CodeOf(err) == model.NotFound {
			t.Errorf("a context that has ended gives %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
