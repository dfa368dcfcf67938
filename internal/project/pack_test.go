package project_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

func pack(t testing.TB, dir string, options project.PackOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, project.Pack(dir, &b, options))
	return b.Bytes()
}

// roundTrip returns what comes out of the archive of a folder.
func roundTrip(t testing.TB, dir string, options project.PackOptions) tree {
	t.Helper()
	out, err := unpack(t, pack(t, dir, options), project.DefaultLimits)
	must(t, err)
	return readTree(t, out)
}

func headers(t *testing.T, content []byte) []tar.Header {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	must(t, err)
	var list []tar.Header
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if err == io.EOF {
			return list
		}
		must(t, err)
		list = append(list, *h)
	}
}

func TestArchiveHoldsAllFilesAndTheirPermissions(t *testing.T) {
	t.Parallel()
	files := tree{
		"a.dig": "+x: {echo>: x}\n", "run.sh": "755:#!/bin/sh\n", "private": "600:x", "empty": "", "readonly": "444:x",
		"a/b/c": "below", "ü/日本": "text", "a b": "text", strings.Repeat("long/", 30) + strings.Repeat("n", 200): "text",
	}
	if diff := cmp.Diff(files, roundTrip(t, files.write(t), project.PackOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArchiveLeavesOutWhatIsIgnored(t *testing.T) {
	t.Parallel()
	dir := tree{
		"a.dig": "x", ".hidden": "x", ".git/config": "x", "a/.b/c": "x", "a/.d": "x", "a/e": "x",
		".digdagignore": "*.log\n/out/\n!keep.log\n", "x.log": "x", "a/y.log": "x", "keep.log": "x",
		"pawl.yaml": "x", "a/pawl.yaml": "x", "a.pawl.yaml": "x",
		"out/x": "x", "a/out/x": "x", "out.log": "->a.dig", ".link": "->/etc/passwd", "gone.log": "->/nowhere",
	}.write(t)
	want := tree{"a.dig": "x", "a/e": "x", "keep.log": "x", "a/out/x": "x", "a/pawl.yaml": "x", "a.pawl.yaml": "x"}
	if diff := cmp.Diff(want, roundTrip(t, dir, project.PackOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestArchiveHasOnlySortedFilesWithoutTimes(t *testing.T) {
	t.Parallel()
	dir := tree{"b": "x", "a/b": "x", "a-b": "x", "a.b": "->b"}.write(t)
	var got []string
	for _, h := range headers(t, pack(t, dir, project.PackOptions{})) {
		got = append(got, h.Name)
		if !h.ModTime.Equal(time.Unix(0, 0)) || h.Uname != "" || h.Uid != 0 || h.Typeflag == tar.TypeDir {
			t.Errorf("%+v", h)
		}
	}
	if diff := cmp.Diff([]string{"a-b", "a.b", "a/b", "b"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEqualFoldersGiveEqualArchives(t *testing.T) {
	t.Parallel()
	files := tree{"a": "x", "b/c": "755:y", "d": "->b"}
	one, other := files.write(t), files.write(t)
	then := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(filepath.Join(other, "a"), then, then))
	if !bytes.Equal(pack(t, one, project.PackOptions{}), pack(t, other, project.PackOptions{})) {
		t.Error("the archives differ")
	}
}

func TestFilesAreReportedInOrder(t *testing.T) {
	t.Parallel()
	dir := tree{"b": "x", "a/b": "x", "c": "->a/b", ".d": "x"}.write(t)
	var got []string
	pack(t, dir, project.PackOptions{Archiving: func(name, link string) { got = append(got, name+" "+link) }})
	if diff := cmp.Diff([]string{"a/b ", "b ", "c a/b"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinksInsideBecomeRelative(t *testing.T) {
	t.Parallel()
	dir := tree{
		"file": "x", "a/b/file": "x",
		"relative": "->a/b/file", "a/b/up": "->../../file", "a/b/absolute": "->$DIR/file", "folder": "->./a/../a/b",
		"a/dangling": "->../nowhere", "a/root": "->..", "self": "->self",
	}.write(t)
	want := tree{
		"file": "x", "a/b/file": "x",
		"relative": "->a/b/file", "a/b/up": "->../../file", "a/b/absolute": "->../../file", "folder": "->a/b",
		"a/dangling": "->../nowhere", "a/root": "->..", "self": "->self",
	}
	if diff := cmp.Diff(want, roundTrip(t, dir, project.PackOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProjectMayBeReachedByALink(t *testing.T) {
	t.Parallel()
	dir := tree{"file": "x"}.write(t)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(dir, link))
	must(t, os.Symlink(filepath.Join(link, "file"), filepath.Join(dir, "through")))
	must(t, os.Symlink(filepath.Join(dir, "file"), filepath.Join(dir, "direct")))
	want := tree{"file": "x", "through": "->file", "direct": "->file"}
	if diff := cmp.Diff(want, roundTrip(t, link, project.PackOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOutgoingLinks(t *testing.T) {
	t.Parallel()
	outside := tree{"file": "755:x", "d/e": "y", "d/f": "->e", "d/.g": "x", "h": "->d"}.write(t)
	files := tree{"file": "->" + outside + "/file", "a/d": "->" + outside + "/d", "twice": "->" + outside + "/h"}
	dir := files.write(t)
	err := project.Pack(dir, io.Discard, project.PackOptions{})
	wantCode(t, "pack", err, model.Invalid)
	if err != nil && (!strings.Contains(err.Error(), "out of the project") || !strings.Contains(model.HintsOf(err), "--copy-outgoing-symlinks")) {
		t.Errorf("error %v, hint %q", err, model.HintsOf(err))
	}
	want := tree{"file": "755:x", "a/d/e": "y", "a/d/f": "y", "twice/e": "y", "twice/f": "y"}
	if diff := cmp.Diff(want, roundTrip(t, dir, project.PackOptions{CopyOutgoingSymlinks: true})); diff != "" {
		t.Errorf("copied (-want +got):\n%s", diff)
	}
}

func TestOutgoingLinksThatCannotBeCopied(t *testing.T) {
	t.Parallel()
	circle := tree{"d/up": "->.."}.write(t)
	for name, target := range map[string]string{"dangling": "/nowhere/at/all", "circle": circle, "around the project": ".."} {
		dir := tree{"inner/link": "->" + target}.write(t)
		err := project.Pack(filepath.Join(dir, "inner"), io.Discard, project.PackOptions{CopyOutgoingSymlinks: true})
		wantCode(t, name, err, model.Invalid)
	}
}

func TestFolderThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	err := project.Pack(filepath.Join(t.TempDir(), "nowhere"), io.Discard, project.PackOptions{})
	wantCode(t, "no folder", err, model.NotFound)
}
