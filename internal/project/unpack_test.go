package project_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

func file(name string) tar.Header { return tar.Header{Name: name, Size: 1} }

func folder(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}
}

func symlink(name, target string) tar.Header {
	return tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeSymlink}
}

func hardLink(name, target string) tar.Header {
	return tar.Header{Name: name, Linkname: target, Typeflag: tar.TypeLink}
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	limits := project.Limits{Bytes: 1000, Entries: 20}
	for name, entries := range map[string][]tar.Header{
		"absolute name":                        {file("/tmp/evil")},
		"name above":                           {file("../evil")},
		"name above, hidden":                   {file("a/../../evil")},
		"the folder itself":                    {file(".")},
		"the folder itself, hidden":            {file("a/..")},
		"folder above":                         {folder("../evil/")},
		"name that is not UTF-8":               {file("\xff")},
		"long name":                            {file(strings.Repeat("a/", 520) + "a")},
		"name no file system takes":            {file(strings.Repeat("a", 300))},
		"twice":                                {file("a"), file("a")},
		"twice, written differently":           {file("a/b"), file("./a//b")},
		"file and then folder":                 {file("a"), file("a/b")},
		"folder and then file":                 {file("a/b"), file("a")},
		"folder and then link":                 {folder("a"), symlink("a", "b")},
		"symlink and then file":                {symlink("a", "b"), file("a")},
		"file through a symlink":               {symlink("a", "."), file("a/b")},
		"file through a symlink to the file":   {file("b/c"), symlink("a", "b"), file("a/c")},
		"absolute symlink":                     {symlink("a", "/etc/passwd")},
		"symlink above":                        {symlink("a", "..")},
		"symlink above from a folder":          {symlink("a/b", "../../c")},
		"symlink above, hidden":                {symlink("a", "b/../../c")},
		"symlink above with a backslash":       {symlink("a", `..\c`)},
		"symlink to nothing":                   {symlink("a", "")},
		"symlink with a long target":           {symlink("a", strings.Repeat("b/", 520))},
		"hard link out":                        {hardLink("a", "../evil")},
		"absolute hard link":                   {hardLink("a", "/etc/passwd")},
		"hard link to what comes later":        {hardLink("a", "b"), file("b")},
		"hard link to a symlink":               {symlink("b", "c"), hardLink("a", "b")},
		"hard link to a folder":                {folder("b"), hardLink("a", "b")},
		"hard link to itself":                  {hardLink("a", "a")},
		"character device":                     {{Name: "a", Typeflag: tar.TypeChar}},
		"block device":                         {{Name: "a", Typeflag: tar.TypeBlock}},
		"pipe":                                 {{Name: "a", Typeflag: tar.TypeFifo}},
		"file of an unknown type":              {{Name: "a", Typeflag: 'Z'}},
		"file that is too large":               {{Name: "a", Size: 1001}},
		"files that are too large together":    {{Name: "a", Size: 500}, {Name: "b", Size: 501}},
		"too many files":                       many(21, "%d"),
		"too many folders, not listed as such": many(7, "%d/a/b"),
		"deep folders":                         {file(strings.Repeat("a/", 30) + "a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := unpack(t, archive(t, entries...), limits)
			wantCode(t, "unpack", err, model.Invalid)
			wantNothingOutside(t, dir)
		})
	}
}

func many(n int, format string) []tar.Header {
	var list []tar.Header
	for i := range n {
		list = append(list, file(fmt.Sprintf(format, i)))
	}
	return list
}

// wantNothingOutside looks around a folder that unpack made.
func wantNothingOutside(t testing.TB, dir string) {
	t.Helper()
	top := filepath.Dir(filepath.Dir(dir))
	for _, d := range []string{top, filepath.Dir(dir)} {
		if entries, err := os.ReadDir(d); err != nil || len(entries) != 1 {
			t.Errorf("outside of the folder: %v, error %v", entries, err)
		}
	}
}

func TestNoChainOfLinksLeadsOut(t *testing.T) {
	t.Parallel()
	// The second one leads out if the first is followed before the "..".
	dir, err := unpack(t, archive(t, file("evil"), symlink("p/q/root", "../.."), symlink("x", "p/q/root/../evil")), project.DefaultLimits)
	must(t, err)
	want := tree{"evil": "x", "p/q/root": "->../..", "x": "->p/q/evil"}
	if diff := cmp.Diff(want, readTree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMessageAboutSizeIsTheOneThatClientsKnow(t *testing.T) {
	t.Parallel()
	limits := project.Limits{Bytes: 1000, Entries: 10}
	for name, content := range map[string][]byte{
		"a file":    archive(t, tar.Header{Name: "a", Size: 1001}),
		"all files": archive(t, tar.Header{Name: "a", Size: 999}, tar.Header{Name: "b", Size: 2}),
		"padding":   zipped(t, make([]byte, 2<<20)),
	} {
		_, err := unpack(t, content, limits)
		wantCode(t, name, err, model.Invalid)
		if err == nil || !strings.Contains(err.Error(), "Size of the uploaded archive file exceeds limit (1000 bytes)") ||
			!strings.Contains(model.HintsOf(err), "api.max_archive_total_size_limit") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestArchiveAtTheLimitsIsUnpacked(t *testing.T) {
	t.Parallel()
	limits := project.Limits{Bytes: 1000, Entries: 4}
	dir, err := unpack(t, archive(t, tar.Header{Name: "a", Size: 400}, tar.Header{Name: "c/b", Size: 600}, symlink("d", "a")), limits)
	must(t, err)
	if got := readTree(t, dir); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func TestReadingStopsEarlyInACompressionBomb(t *testing.T) {
	t.Parallel()
	global := tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": strings.Repeat("x", 100_000)}}
	heads := make([]tar.Header, 100)
	for i := range heads {
		heads[i] = global
	}
	for name, content := range map[string][]byte{
		"zeros":           zipped(t, make([]byte, 12<<20)),
		"zeros after all": zipped(t, append(tarred(t, file("a")), make([]byte, 12<<20)...)),
		"heads":           rawArchive(t, heads),
	} {
		c := &counter{r: bytes.NewReader(content)}
		err := project.Unpack(c, t.TempDir(), project.Limits{Bytes: 100_000, Entries: 100})
		wantCode(t, name, err, model.Invalid)
		if c.n > len(content)/2 {
			t.Errorf("%s: %d of %d bytes were read", name, c.n, len(content))
		}
	}
}

// rawArchive keeps the type of each entry, where Mode would not be allowed.
func rawArchive(t *testing.T, entries []tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		must(t, w.WriteHeader(&h))
	}
	must(t, w.Close())
	return zipped(t, b.Bytes())
}

func TestWhatIsNoArchiveIsRefused(t *testing.T) {
	t.Parallel()
	good := archive(t, tar.Header{Name: "a", Size: 10_000})
	plain := tarred(t, file("a"))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	for name, content := range map[string][]byte{
		"nothing":                      {},
		"text":                         []byte("hello"),
		"tar without gzip":             plain,
		"gzip without tar":             zipped(t, bytes.Repeat([]byte("hello"), 500)),
		"short gzip without tar":       zipped(t, []byte("hello")),
		"cut":                          good[:len(good)/2],
		"cut in the checksum":          good[:len(good)-3],
		"damaged checksum":             damaged,
		"cut tar":                      zipped(t, tarred(t, tar.Header{Name: "a", Size: 1000})[:600]),
		"data after the end":           zipped(t, append(bytes.Clone(plain), "evil"...)),
		"second archive after the end": append(bytes.Clone(good), good...),
		"text after the end":           append(bytes.Clone(good), "evil"...),
		"damaged header":               zipped(t, append([]byte("x"), plain[1:]...)),
	} {
		_, err := unpack(t, content, project.DefaultLimits)
		wantCode(t, name, err, model.Invalid)
	}
}

func TestFaultOfReadingIsNotThatOfTheArchive(t *testing.T) {
	t.Parallel()
	good := archive(t, tar.Header{Name: "a", Size: 10_000})
	fault := errors.New("the connection broke")
	for _, at := range []int{0, 5, len(good) / 2, len(good) - 2} {
		r := io.MultiReader(bytes.NewReader(good[:at]), iotest.ErrReader(fault))
		err := project.Unpack(r, t.TempDir(), project.DefaultLimits)
		if !errors.Is(err, fault) || model.CodeOf(err) != model.Internal {
			t.Errorf("after %d bytes: error %v (%v)", at, err, model.CodeOf(err))
		}
	}
}

func TestArchivesOfOthersAreUnpacked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, tt := range map[string]struct {
		content []byte
		want    tree
	}{
		"no files": {archive(t), tree{}},
		"plain ustar": {
			archive(t, tar.Header{Name: "a.dig", Size: 3, Format: tar.FormatUSTAR, ModTime: now, Uname: "me", Uid: 1000}),
			tree{"a.dig": "xxx"},
		},
		"GNU": {archive(t, tar.Header{Name: strings.Repeat("n", 150), Size: 1, Format: tar.FormatGNU}), tree{strings.Repeat("n", 150): "x"}},
		"of a whole folder": {
			archive(t, folder("./"), folder("./a/"), file("./a/b"), folder("./c")),
			tree{"a/b": "x"},
		},
		"folder after its file":       {archive(t, file("a/b"), folder("a")), tree{"a/b": "x"}},
		"name with detours":           {archive(t, file("a/../b"), file("c/./d")), tree{"b": "x", "c/d": "x"}},
		"hard links":                  {archive(t, file("a"), hardLink("b/c", "./a")), tree{"a": "x", "b/c": "x"}},
		"symlinks before their files": {archive(t, symlink("a", "b/c"), symlink("d/e", "../a"), file("b/c")), tree{"a": "->b/c", "d/e": "->../a", "b/c": "x"}},
		"permissions": {
			archive(t,
				tar.Header{Name: "run", Size: 1, Mode: 0o4755}, tar.Header{Name: "none", Size: 1, Mode: 0o20000},
				tar.Header{Name: "wide", Size: 1, Mode: 0o777}, tar.Header{Name: "write", Size: 1, Mode: 0o200},
				tar.Header{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o1050}, file("d/inner"),
			),
			tree{"run": "755:x", "none": "x", "wide": "777:x", "write": "600:x", "d/": "750:", "d/inner": "x"},
		},
		"two gzip members": {append(zipped(t, tarred(t, file("a"))[:700]), zipped(t, tarred(t, file("a"))[700:])...), tree{"a": "x"}},
		"without an end":   {zipped(t, tarred(t, file("a"))[:1024]), tree{"a": "x"}},
		"padded":           {zipped(t, append(tarred(t, file("a")), make([]byte, 10240)...)), tree{"a": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := unpack(t, tt.content, project.DefaultLimits)
			must(t, err)
			if diff := cmp.Diff(tt.want, readTree(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileInTheWayIsAConflict(t *testing.T) {
	t.Parallel()
	dir := tree{"a": "old"}.write(t)
	err := project.Unpack(bytes.NewReader(archive(t, file("a"))), dir, project.DefaultLimits)
	wantCode(t, "unpack", err, model.Conflict)
	if diff := cmp.Diff(tree{"a": "old"}, readTree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzUnpack(f *testing.F) {
	limits := project.Limits{Bytes: 10_000, Entries: 20}
	f.Add(tarred(f, file("a"), file("b/c"), symlink("d", "b"), hardLink("e", "a"), folder("g/")))
	f.Add(tarred(f, file("../a"), symlink("b", "/")))
	f.Add(tarred(f, symlink("a", "b"), symlink("b", ".."), file("a/c")))
	f.Add(tarred(f, tar.Header{Name: strings.Repeat("ü/", 100) + "x", Size: 1}))
	f.Fuzz(func(t *testing.T, content []byte) {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
		must(t, err)
		_, err = w.Write(content)
		must(t, err)
		must(t, w.Close())
		dir, err := unpack(t, b.Bytes(), limits)
		wantNothingOutside(t, dir)
		entries, size := 0, int64(0)
		must(t, filepath.Walk(dir, func(name string, info os.FileInfo, err error) error {
			must(t, err)
			entries++
			if info.Mode().IsRegular() {
				size += info.Size()
			}
			if info.Mode()&os.ModeSymlink != 0 {
				wantInside(t, dir, name)
			}
			return nil
		}))
		// Hard links share their content.
		if entries-1 > limits.Entries || size > limits.Bytes*int64(limits.Entries) {
			t.Errorf("%d entries with %d bytes", entries-1, size)
		}
		if err != nil && model.CodeOf(err) == model.Internal {
			t.Errorf("not a fault of the archive: %v", err)
		}
	})
}

// wantInside follows a symbolic link.
func wantInside(t *testing.T, dir, name string) {
	t.Helper()
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return // leads nowhere, or in a circle
	}
	real, err := filepath.EvalSymlinks(dir)
	must(t, err)
	if rel, err := filepath.Rel(real, target); err != nil || !filepath.IsLocal(rel) {
		t.Errorf("%s leads to %s", name, target)
	}
}
