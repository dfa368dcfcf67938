package project_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

func openWorkspaces(t testing.TB, cache int64) (*project.Workspaces, string) {
	t.Helper()
	dir := t.TempDir()
	limits := project.Limits{Bytes: 1 << 20, Entries: 300}
	w, err := project.OpenWorkspaces(project.WorkspaceOptions{Dir: dir, Limits: limits, Cache: cache})
	must(t, err)
	t.Cleanup(func() {
		must(t, w.Close())
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left: %v, error %v", left, err)
		}
	})
	return w, dir
}

// storage is where archives are fetched from.
type storage struct {
	content []byte
	fetched atomic.Int32
}

func (s *storage) fetch(context.Context) (io.ReadCloser, error) {
	s.fetched.Add(1)
	return io.NopCloser(bytes.NewReader(s.content)), nil
}

func (s *storage) wantFetched(t *testing.T, want int32) {
	t.Helper()
	if got := s.fetched.Load(); got != want {
		t.Errorf("fetched %d times, want %d", got, want)
	}
}

func TestTasksDoNotSeeEachOthersFiles(t *testing.T) {
	t.Parallel()
	w, _ := openWorkspaces(t, 1<<20)
	s := &storage{content: archive(t, file("a"), file("b/c"), symlink("d", "b"))}
	want := tree{"a": "x", "b/c": "x", "d": "->b"}
	for range 3 {
		ws, err := w.Make(t.Context(), "k", s.fetch)
		must(t, err)
		if diff := cmp.Diff(want, readTree(t, ws.Dir())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		must(t, os.WriteFile(filepath.Join(ws.Dir(), "a"), []byte("changed"), 0o644))
		must(t, os.WriteFile(filepath.Join(ws.Dir(), "d", "new"), nil, 0o644))
		must(t, os.Remove(filepath.Join(ws.Dir(), "b", "c")))
	}
	s.wantFetched(t, 1)
}

func TestClosedWorkspaceIsGoneWhateverTheTaskDidToIt(t *testing.T) {
	t.Parallel()
	w, _ := openWorkspaces(t, 0)
	outside := tree{"kept": "x"}.write(t)
	s := &storage{content: archive(t, file("a/b/c"))}
	ws, err := w.Make(t.Context(), "k", s.fetch)
	must(t, err)
	must(t, os.Symlink(outside, filepath.Join(ws.Dir(), "a", "out")))
	must(t, os.Chmod(filepath.Join(ws.Dir(), "a", "b"), 0))
	must(t, os.Chmod(filepath.Join(ws.Dir(), "a"), 0o500))
	must(t, ws.Close())
	if _, err := os.Lstat(ws.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("workspace: error %v", err)
	}
	if diff := cmp.Diff(tree{"kept": "x"}, readTree(t, outside)); diff != "" {
		t.Errorf("outside (-want +got):\n%s", diff)
	}
	must(t, ws.Close())
}

func TestManyTasksFetchOnce(t *testing.T) {
	t.Parallel()
	w, _ := openWorkspaces(t, 1<<20)
	s := &storage{content: archive(t, file("a"))}
	errs := make(chan error)
	for i := range 20 {
		go func() {
			ws, err := w.Make(t.Context(), "k", s.fetch)
			if err == nil {
				err = os.WriteFile(filepath.Join(ws.Dir(), "a"), fmt.Append(nil, i), 0o644)
			}
			if err == nil {
				err = ws.Close()
			}
			errs <- err
		}()
	}
	for range 20 {
		must(t, <-errs)
	}
	s.wantFetched(t, 1)
}

func TestArchivesThatWereNotUsedForLongMakeRoom(t *testing.T) {
	t.Parallel()
	content := archive(t, tar.Header{Name: "a", Size: 1000})
	w, dir := openWorkspaces(t, int64(2*len(content)))
	stores := map[string]*storage{}
	use := func(key string) {
		if stores[key] == nil {
			stores[key] = &storage{content: content}
		}
		ws, err := w.Make(t.Context(), key, stores[key].fetch)
		must(t, err)
		must(t, ws.Close())
	}
	for _, key := range []string{"a", "b", "a", "c", "a", "b"} {
		use(key)
	}
	stores["a"].wantFetched(t, 1)
	stores["b"].wantFetched(t, 2)
	stores["c"].wantFetched(t, 1)
	kept, err := filepath.Glob(filepath.Join(dir, "*", "archive-*"))
	if err != nil || len(kept) != 2 {
		t.Errorf("kept %v, error %v", kept, err)
	}
}

func TestWithoutACacheEachTaskFetches(t *testing.T) {
	t.Parallel()
	w, dir := openWorkspaces(t, 0)
	s := &storage{content: archive(t, file("a"))}
	for range 2 {
		ws, err := w.Make(t.Context(), "k", s.fetch)
		must(t, err)
		must(t, ws.Close())
	}
	s.wantFetched(t, 2)
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, error %v", left, err)
	}
}

func TestFailedFetchIsTriedByTheNextTask(t *testing.T) {
	t.Parallel()
	w, dir := openWorkspaces(t, 1<<20)
	good := archive(t, file("a"))
	fault := model.Errorf(model.Unavailable, "the storage is away")
	for name, tt := range map[string]struct {
		fetch project.Fetch
		want  model.Code
	}{
		"no archive": {func(context.Context) (io.ReadCloser, error) { return nil, fault }, model.Unavailable},
		"cut":        {(&storage{content: good[:len(good)/2]}).fetch, model.Invalid},
		"too large":  {(&storage{content: make([]byte, 4<<20)}).fetch, model.Invalid},
	} {
		_, err := w.Make(t.Context(), "k", tt.fetch)
		wantCode(t, name, err, tt.want)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, error %v", left, err)
	}
	ws, err := w.Make(t.Context(), "k", (&storage{content: good}).fetch)
	must(t, err)
	must(t, ws.Close())
}

func TestTaskThatIsCancelledDoesNotWaitForAFetch(t *testing.T) {
	t.Parallel()
	w, _ := openWorkspaces(t, 1<<20)
	s := &storage{content: archive(t, file("a"))}
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ws, err := w.Make(context.Background(), "k", func(ctx context.Context) (io.ReadCloser, error) {
			close(begun)
			<-end
			return s.fetch(ctx)
		})
		if err == nil {
			err = ws.Close()
		}
		done <- err
	}()
	<-begun
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := w.Make(ctx, "k", s.fetch); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	close(end)
	must(t, <-done)
	s.wantFetched(t, 1)
}

// A workspace beside the least that it could be: a copy of a folder.
func BenchmarkWorkspace(b *testing.B) {
	for _, files := range []int{10, 200} {
		var entries []tar.Header
		for i := range files {
			entries = append(entries, tar.Header{Name: fmt.Sprintf("d%d/f%d", i%10, i), Size: 5000})
		}
		s := &storage{content: archive(b, entries...)}
		w, dir := openWorkspaces(b, 1<<30)
		b.Run(fmt.Sprint("unpacked/files=", files), func(b *testing.B) {
			for b.Loop() {
				ws, err := w.Make(b.Context(), "k", s.fetch)
				must(b, err)
				must(b, ws.Close())
			}
		})
		ws, err := w.Make(b.Context(), "k", s.fetch)
		must(b, err)
		b.Run(fmt.Sprint("copied/files=", files), func(b *testing.B) {
			for b.Loop() {
				out := filepath.Join(dir, "copy")
				must(b, os.CopyFS(out, os.DirFS(ws.Dir())))
				must(b, os.RemoveAll(out))
			}
		})
	}
}
