package pipeline_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/parts"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/operator"
)

// cache is where the library of all tests is unpacked, so that it is compiled once.
var cache string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if cache, err = os.MkdirTemp("", "pawl-operators-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(cache)
		code := m.Run()
		if err := goleak.Find(); code == 0 && err != nil {
			println(err.Error())
			return 1
		}
		return code
	}())
}

var (
	lookForPython sync.Once
	interpreter   string
)

// pythonPath returns the interpreter of the tests. The folder of caches is
// another one afterwards.
func pythonPath(t *testing.T) string {
	t.Helper()
	lookForPython.Do(func() {
		interpreter = pythontest.Path(t)
		if err := os.Setenv("XDG_CACHE_HOME", cache); err != nil {
			t.Fatal(err)
		}
	})
	if interpreter == "" {
		t.Skip("there is no Python for tests")
	}
	return interpreter
}

// needR skips a test where there is no R, which CI has.
func needR(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("Rscript"); err != nil {
		parts.Missing(t, err)
	}
}

// project is a pipeline in a folder, with the operators that run its tasks.
type project struct {
	t    *testing.T
	dir  string
	cwd  string
	env  []string
	pool *pool.Pool
}

// newProject writes files, whose names are paths.
func newProject(t *testing.T, files map[string]string) *project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openProject(t, dir)
}

func openProject(t *testing.T, dir string) *project {
	t.Helper()
	p := &project{t: t, dir: dir, cwd: dir, pool: &pool.Pool{}}
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), python.Variable + "=" + pythonPath(t),
	}
	t.Cleanup(p.pool.Close)
	return p
}

// configs returns the configuration of each task, in an order to run them in.
func (p *project) configs() []params.Map {
	p.t.Helper()
	loaded, err := definition.Load(p.t.Context(), definition.Options{Dir: p.dir})
	if err != nil {
		p.t.Fatal(err)
	}
	w, err := definition.Workflow(loaded, func(*definition.Task) bool { return true })
	if err != nil {
		p.t.Fatal(err)
	}
	list := make([]params.Map, len(w.Root.Children))
	for i, n := range w.Root.Children {
		list[i] = n.Config.Set("operator", n.Operator)
	}
	return list
}

// run runs all tasks, and returns what they have printed and the first error.
func (p *project) run() (string, error) {
	p.t.Helper()
	out := new(output)
	for _, config := range p.configs() {
		if err := p.runTask(p.t.Context(), config, out); err != nil {
			return out.String(), err
		}
	}
	return out.String(), nil
}

func (p *project) runTask(ctx context.Context, config params.Map, out *output) error {
	name, _ := config.String("operator")
	for _, spec := range pipeline.New(p.pool).Specs() {
		if spec.Name == name {
			_, err := spec.Operator.Run(ctx, &operator.Task{
				Local: config, Workdir: p.cwd, Env: p.env, Output: out,
				Scratch: func() (string, error) { return p.t.TempDir(), nil },
			})
			return err
		}
	}
	p.t.Fatalf("there is no operator %q", name)
	return nil
}

// mustRun runs all tasks and returns what they have printed.
func (p *project) mustRun() string {
	p.t.Helper()
	out, err := p.run()
	if err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func (p *project) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func (p *project) has(name string) bool {
	_, err := os.Stat(filepath.Join(p.dir, filepath.FromSlash(name)))
	return err == nil
}

// waitForEnd fails if a process does not end.
func waitForEnd(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(n)
	if err != nil {
		return // it has
	}
	deadline := time.After(time.Minute)
	for tick := time.Tick(10 * time.Millisecond); process.Signal(syscall.Signal(0)) == nil; {
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("process %d has not ended", n)
		}
	}
}

// output is what tasks print. It closes seen when it gets a word.
type output struct {
	word string
	seen chan struct{}

	mu sync.Mutex
	b  strings.Builder
}

func (w *output) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if w.seen != nil && strings.Contains(w.b.String(), w.word) {
			close(w.seen)
			w.seen = nil
		}
	}()
	return w.b.Write(p)
}

func (w *output) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}
