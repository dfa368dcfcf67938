package python_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"go.uber.org/goleak"
)

// cache is where the library of all tests is unpacked, so that it is compiled once.
var cache string

func TestMain(m *testing.M) {
	if dir := os.Getenv("PAWL_TEST_OWNER"); dir != "" {
		own(dir, os.Getenv("PAWL_TEST_OWNED"), os.Getenv("PAWL_TEST_CACHE"))
		return
	}
	os.Exit(func() int {
		var err error
		if cache, err = os.MkdirTemp("", "pawl-python-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(cache)
		code := m.Run()
		if code == 0 {
			if err := goleak.Find(); err != nil {
				println(err.Error())
				return 1
			}
		}
		return code
	}())
}

// project writes files, whose names are paths, and returns their folder.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// host returns a host for a project, which prints what requests print.
func host(t testing.TB, dir string, change ...func(*python.Config)) (*python.Host, *text) {
	t.Helper()
	printed := new(text)
	c := python.Config{
		Python: pythontest.Path(t), Dir: dir, Cache: cache, Output: printed,
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "PYTHONHASHSEED=0"},
	}
	for _, f := range change {
		f(&c)
	}
	h, err := python.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h, printed
}

func cold(c *python.Config) { c.Mode = python.Cold }

// inBothModes runs a test with forked and with cold processes.
func inBothModes(t *testing.T, test func(t *testing.T, mode func(*python.Config))) {
	t.Helper()
	t.Run("forked", func(t *testing.T) { t.Parallel(); test(t, func(*python.Config) {}) })
	t.Run("cold", func(t *testing.T) { t.Parallel(); test(t, cold) })
}

// text is what was printed, which several may do at once.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (w *text) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *text) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

func file(path string) python.Products {
	return python.Products{Items: []python.Product{{Class: "File", Path: path}}}
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
