package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

func TestMetadataIsWherePloomberKeepsIt(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/p/out/x.csv": "/p/out/.x.csv.metadata", "x": ".x.metadata", "/p/.hidden": "/p/..hidden.metadata", "/p/folder": "/p/.folder.metadata",
	} {
		if got := files.MetadataPath(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestACommittedRecordIsWhatPloomberWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "er", "x.csv")
	record := product.NewRecord(1700000000.123456, "def f():\n    'é'\n", params.Of("n", 1, "m", nil))
	build(t, record, path)
	want := `{"timestamp": 1700000000.123456, "stored_source_code": "def f():\n    '\u00e9'\n", "params": {"n": 1, "m": null}}`
	if got := read(t, files.MetadataPath(path)); got != want {
		t.Errorf("got %s", got)
	}
	if diff := cmp.Diff([]string{".x.csv.metadata", "x.csv"}, names(t, filepath.Dir(path))); diff != "" {
		t.Error(diff)
	}
	got, err := files.Read(path)
	if err != nil || string(product.AppendRecord(nil, got)) != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestARunThatDoesNotEndWellLeavesMarks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	record := product.NewRecord(1, "x", params.Map{})
	build(t, record, a, b)
	if err := files.Begin(a, b); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{a, b} {
		if text := read(t, files.MetadataPath(path)); text != `{"timestamp": null, "stored_source_code": null, "params": null, "unfinished": true}` {
			t.Errorf("got %s", text)
		}
	}
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	err := files.Commit([]string{a, b}, []product.Record{record, record})
	var missing *files.MissingError
	if !errors.As(err, &missing) || !slices.Equal(missing.Paths, []string{b}) {
		t.Fatalf("got %v", err)
	}
	for _, path := range []string{a, b} {
		if r, err := files.Read(path); err != nil || !r.Unfinished {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}

func TestBeginMarksProductsThatWereNeverBuilt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "x")
	if err := files.Begin(path); err != nil {
		t.Fatal(err)
	}
	if r, err := files.Read(path); err != nil || !r.Unfinished {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAFolderIsAProductLikeAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "chunks")
	if err := files.Begin(path); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "deep", "0.csv"), "x")
	if err := os.Symlink("nowhere", filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if err := files.Commit([]string{path}, []product.Record{product.NewRecord(1, "x", params.Map{})}); err != nil {
		t.Fatal(err)
	}
	if r, err := files.Read(path); err != nil || r.Source == nil {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := errors.Join(files.Delete(path), files.Delete(path)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".chunks.metadata"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	if err := errors.Join(files.Forget(path), files.Forget(path)); err != nil || len(names(t, dir)) > 0 {
		t.Errorf("%v left, %v", names(t, dir), err)
	}
}

func TestARecordInThePlaceOfOldIsMoved(t *testing.T) {
	t.Parallel()
	record := string(product.AppendRecord(nil, product.NewRecord(1, "x", params.Map{})))
	use := map[string]func(path string) error{
		"read":  func(path string) error { _, err := files.Read(path); return err },
		"look":  func(path string) error { look(t, &files.Memo{}, path); return nil },
		"begin": func(path string) error { return files.Begin(path) },
	}
	for name, do := range use {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			old, other := filepath.Join(dir, "old"), filepath.Join(dir, "other")
			write(t, old, "")
			write(t, old+".source", record)
			write(t, other, "")
			write(t, other+".source", `{"a": "file of its own"}`)
			third := filepath.Join(dir, "third")
			write(t, third, "")
			write(t, third+".source", "x = 1")
			if err := errors.Join(do(old), do(other), do(third)); err != nil {
				t.Fatal(err)
			}
			got := names(t, dir)
			if slices.Contains(got, "old.source") || !slices.Contains(got, ".old.metadata") || !slices.Contains(got, "other.source") || !slices.Contains(got, "third.source") {
				t.Errorf("got %v", got)
			}
			if text := read(t, files.MetadataPath(old)); (text == record) == (name == "begin") {
				t.Errorf("got %s", text)
			}
		})
	}
}

func TestDamagedMetadataSaysWhatToDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	write(t, files.MetadataPath(path), `{"a`)
	_, err := files.Read(path)
	want := "metadata of " + path + " is damaged: invalid JSON at offset 3: the text ends in a string; remove " + files.MetadataPath(path) + " to build it again"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyFileIsARecordWithoutEntries(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out")
	write(t, path, "")
	write(t, files.MetadataPath(path), "")
	if got := look(t, &files.Memo{}, path)[0].Local; got != product.StampOf(product.Record{}) {
		t.Errorf("got %+v", got)
	}
	if r, err := files.Read(path); err != nil || r.Source != nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestProductsWithTheLongestNamesHaveRecords(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 255-len("..metadata")))
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	if r, err := files.Read(path); err != nil || r.Source == nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

// build carries out a run that makes products.
func build(t *testing.T, record product.Record, paths ...string) {
	t.Helper()
	if err := files.Begin(paths...); err != nil {
		t.Fatal(err)
	}
	var records []product.Record
	for _, path := range paths {
		write(t, path, "content")
		records = append(records, record)
	}
	if err := files.Commit(paths, records); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err = errors.Join(err, os.WriteFile(path, []byte(content), 0o666)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
