package project_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree is what is in a folder: for each name the content, with the permissions
// in front if they are not 644. Folders end in a slash, links start with "->".
type tree map[string]string

func (files tree) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		mode := fs.FileMode(0o644)
		if target, ok := strings.CutPrefix(text, "->"); ok {
			must(t, os.Symlink(strings.ReplaceAll(target, "$DIR", dir), file))
			continue
		}
		if n, err := fmt.Sscanf(text, "%o:", &mode); n == 1 && err == nil {
			_, text, _ = strings.Cut(text, ":")
		}
		must(t, os.WriteFile(file, []byte(text), 0o600))
		must(t, os.Chmod(file, mode))
	}
	return dir
}

func readTree(t testing.TB, dir string) tree {
	t.Helper()
	files := tree{}
	must(t, filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, err := filepath.Rel(dir, file)
		must(t, err)
		info, err := e.Info()
		must(t, err)
		switch mode := info.Mode(); {
		case e.IsDir():
			if mode.Perm() != 0o755 {
				files[name+"/"] = fmt.Sprintf("%o:", mode.Perm())
			}
		case mode&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			must(t, err)
			files[name] = "->" + target
		default:
			content, err := os.ReadFile(file)
			must(t, err)
			files[name] = string(content)
			if mode != 0o644 {
				files[name] = fmt.Sprintf("%o:%s", uint32(mode), content)
			}
		}
		return nil
	}))
	return files
}

// archive packs entries as they are.
func archive(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	return zipped(t, tarred(t, entries...))
}

// tarred writes entries; the content of files is as many "x" as they have bytes.
func tarred(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		must(t, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size)))
			must(t, err)
		}
	}
	must(t, w.Close())
	return b.Bytes()
}

func zipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func unpack(t testing.TB, content []byte, limits project.Limits) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "inner", "dir")
	must(t, os.MkdirAll(dir, 0o755))
	return dir, project.Unpack(bytes.NewReader(content), dir, limits)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, what string, err error, want model.Code) {
	t.Helper()
	if err == nil || model.CodeOf(err) != want {
		t.Errorf("%s: error %v, want one with the code %v", what, err, want)
	}
}
