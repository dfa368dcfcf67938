package file_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/blobtest"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/model"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *file.Store {
	t.Helper()
	s, err := file.Open(dir)
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

func put(t *testing.T, s blob.Store, key string) {
	t.Helper()
	options := blob.PutOptions{Size: int64(len(key))}
	if err := s.Put(t.Context(), key, strings.NewReader(key), options); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, t.TempDir()) })
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list := []string{}
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, err = filepath.Rel(dir, name)
			list = append(list, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFilesAreNamedAfterKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	s := open(t, dir)
	put(t, s, "0/abc/r1.tar.gz")
	put(t, s, "0/abc")
	put(t, s, "0/a:b")
	want := []string{"objects/0%/a%3Ab", "objects/0%/abc", "objects/0%/abc%/r1.tar.gz"}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsStoredIsThereWhenTheFolderIsOpenedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, open(t, dir), "k")
	if _, err := open(t, dir).Stat(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

func TestDraftsOfTheDeadAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": time.Hour} {
		name = filepath.Join(dir, "drafts", name)
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	if diff := cmp.Diff([]string{"drafts/new"}, files(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForeignFilesAreNotListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "a/b")
	for _, name := range []string{"a%2f", "a:b", "%zz", "b%"} {
		if err := os.WriteFile(filepath.Join(dir, "objects", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "objects", "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(list) != 1 || list[0].Key != "a/b" {
		t.Errorf("list %v, error %v", list, err)
	}
}

func TestNoKeyFollowsALinkOutOfTheFolder(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	s := open(t, dir)
	if err := os.Symlink(outside, filepath.Join(dir, "objects", "out%")); err != nil {
		t.Skip(err)
	}
	if err := s.Put(t.Context(), "out/k", strings.NewReader(""), blob.PutOptions{}); err == nil {
		t.Error("put through a link that leads outside")
	}
	if diff := cmp.Diff([]string{}, files(t, outside)); diff != "" {
		t.Errorf("files outside: %s", diff)
	}
}

func TestKeyThatIsTooLongForAFileIsInvalid(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	err := s.Put(t.Context(), strings.Repeat(":", 100), strings.NewReader(""), blob.PutOptions{})
	if model.CodeOf(err) != model.Invalid {
		t.Errorf("error %v", err)
	}
}

func TestFailedPutsLeaveNoDrafts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, "k")
	for _, options := range []blob.PutOptions{{Size: 2}, {Size: 1, IfAbsent: true}} {
		if err := s.Put(t.Context(), "k", strings.NewReader("x"), options); err == nil {
			t.Errorf("put with %+v succeeded", options)
		}
	}
	if diff := cmp.Diff([]string{"objects/k"}, files(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNobodyElseReadsObjects(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes")
	}
	top := filepath.Join(t.TempDir(), "made")
	s, err := file.Open(filepath.Join(top, "too"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Put(t.Context(), "a/b/c", strings.NewReader("x"), blob.PutOptions{Size: 1}); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		if !e.IsDir() {
			files++
		}
		return nil
	})
	if err != nil || files != 1 {
		t.Errorf("%d files, %v", files, err)
	}
}
