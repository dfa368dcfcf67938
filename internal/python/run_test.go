package python_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

// function returns a task of the function tasks.NAME, with its product out/NAME.
func function(dir, name string, kv ...any) python.Task {
	return python.Task{Name: name, Dotted: "tasks." + name, Product: file(filepath.Join(dir, "out", name)), Params: params.Of(kv...)}
}

// run runs a task and returns what it printed.
func run(t testing.TB, h *python.Host, task python.Task) (python.Result, string, error) {
	t.Helper()
	out := new(text)
	r, err := h.Run(t.Context(), task, out)
	return r, out.String(), err
}

func failure(t testing.TB, err error) *python.Failure {
	t.Helper()
	var f *python.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v", err)
	}
	return f
}

func TestTaskThatFailsTellsWhy(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"tasks.py": `
import os, signal, sys
from ploomber.exceptions import DAGBuildEarlyStop
def raises(product):
    print("before")
    raise ValueError("wrong\nsecond line")
def exits(product): sys.exit("bye")
def exits_well(product): sys.exit()
def leaves(product): os._exit(4)
def dies(product): os.kill(os.getpid(), signal.SIGKILL)
def stops(product): raise DAGBuildEarlyStop("enough")
def signature(product, absent): pass
def no_product(): pass
class Odd(Exception):
    def __str__(self): raise KeyError
def odd(product): raise Odd
`})
		h, _ := host(t, dir, mode)
		for name, want := range map[string]string{
			"raises":     "ValueError: wrong",
			"exits":      "SystemExit: bye",
			"exits_well": "RuntimeError: the task's code has ended Python before the task was done",
			"leaves":     "Python ended with code 4 before the task was done",
			"dies":       "Python ended with code 137, killed by SIGKILL before the task was done",
			"stops":      "DAGBuildEarlyStop: enough",
			"signature":  "TypeError: signature() can't be called: it asks for `absent`, which the task does not have",
			"no_product": "TypeError: no_product() can't be called: it does not take `product`. Add the parameter `product`, or set a serializer to store what it returns",
			"absent":     "AttributeError: tasks has no 'absent' (in the dotted path 'tasks.absent')",
			"odd":        "Odd: (its message can't be told: KeyError())",
		} {
			_, printed, err := run(t, h, function(dir, name))
			f := failure(t, err)
			if f.Error() != want || f.EarlyStop != (name == "stops") {
				t.Errorf("%s: got %q, early stop %v; want %q", name, f, f.EarlyStop, want)
			}
			if name == "raises" && (printed != "before\n" || f.Line != 6 || f.Message != "wrong\nsecond line" || strings.Contains(f.Traceback, "_pawl")) {
				t.Errorf("printed %q, got %+v", printed, f)
			}
		}
	})
}

func TestHooksRunWhereTheTaskRuns(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"tasks.py": `
import os
from ploomber.exceptions import DAGBuildEarlyStop
def make(product):
    os.environ["PID"] = str(os.getpid())
    open(product, "w").close()
def fails(product): raise ValueError("task")
def stops(product): raise DAGBuildEarlyStop
`, "hooks.py": `
import os
def finish(task, params, product, extra, client="own"):
    assert os.environ["PID"] == str(os.getpid())
    print(task.name, str(task.product) == str(product), sorted(params), params["n"], extra, client, os.path.exists(product))
    print(repr(task), str(task.source).startswith("def make"), task.source.name, task.source.loc.split("/")[-1], task.upstream)
def failed(task): print("failed", task.name)
def worse(): raise KeyError("hook")
def wrong(nothing): pass
`})
		h, _ := host(t, dir, mode)
		task := function(dir, "make")
		task.Params = params.Of()
		finish := &python.Call{Path: "hooks.finish", Args: params.Of("extra", "x")}
		for _, tt := range []struct {
			task           string
			finish, failed *python.Call
			printed, fails string
		}{
			{"make", nil, &python.Call{Path: "hooks.worse"}, "", ""},
			{"make", &python.Call{Path: "hooks.wrong"}, nil, "", "CallbackSignatureError: hook wrong() asks for `nothing`; hooks get `task`, `client`, `product`, `params`"},
			{"make", &python.Call{Path: "hooks.worse"}, &python.Call{Path: "hooks.failed"}, "", "KeyError: 'hook'"},
			{"fails", finish, &python.Call{Path: "hooks.failed"}, "failed fails\n", "ValueError: task"},
			{"fails", finish, &python.Call{Path: "hooks.worse"}, "", "KeyError: 'hook'"},
			{"stops", finish, &python.Call{Path: "hooks.worse"}, "", "DAGBuildEarlyStop"},
		} {
			task := function(dir, tt.task)
			task.OnFinish, task.OnFailure = tt.finish, tt.failed
			_, printed, err := run(t, h, task)
			if printed != tt.printed || fmt.Sprint(err) != tt.fails && (err != nil || tt.fails != "") {
				t.Errorf("%s: printed %q and ended with %v; want %q and %q", tt.task, printed, err, tt.printed, tt.fails)
			}
		}
	})
}

func TestFinishHookSeesTheTask(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": `
def make(n, product): open(product, "w").close()
def finish(task, params, product, extra, client="own"):
    print(task.name, task.product == product, list(params), params["n"], extra, client, product.exists())
    print(repr(task), str(task.source).startswith("def make"), task.source.name, task.source.loc.split("/")[-1], dict(task.upstream))
    product.prepare_metadata = lambda metadata, product: dict(metadata, rows=3, where=str(product))
`})
	h, _ := host(t, dir)
	task := function(dir, "make", "n", 3)
	task.OnFinish = &python.Call{Path: "tasks.finish", Args: params.Of("extra", "x")}
	r, printed, err := run(t, h, task)
	if err != nil {
		t.Fatal(err)
	}
	want := "make True ['n', 'product'] 3 x own True\nPythonCallable: make -> File('out/make') True make tasks.py:2 {}\n"
	if printed != want {
		t.Errorf("printed\n%swant\n%s", printed, want)
	}
	if rows, _ := r.Metadata.Get("rows"); !r.HasMetadata || rows != int64(3) {
		t.Errorf("got metadata %v, %v", r.Metadata, r.HasMetadata)
	}
}

func TestSerializersStoreAndLoad(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": `
def one(): return {"a": [1]}
def many(): return {"a": "text", "b": [2]}
def none(): return None
def join(upstream):
    return [upstream["one"], upstream["many"]["a"], sorted(upstream["fit-*"].items()), type(upstream).__name__]
`, "store.py": `
from ploomber.io import serializer, unserializer
@serializer(defaults=[".json"], fallback=True)
def save(obj, product, ): pass
@unserializer(defaults=[".json"], fallback=True)
def load(product): pass
def plain(obj, product, word):
    open(product, "w").write("%s %s" % (word, obj))
`})
	h, _ := host(t, dir)
	at := func(name string) python.Product { return python.Product{Class: "File", Path: filepath.Join(dir, name)} }
	one := python.Products{Items: []python.Product{at("one.json")}}
	many := python.Products{Shape: python.Keys, Items: []python.Product{at("a.json"), at("b.pkl")}}
	many.Items[0].Key, many.Items[1].Key = "a", "b"
	save, load := &python.Call{Path: "store.save"}, &python.Call{Path: "store.load"}
	for _, task := range []python.Task{
		{Name: "one", Dotted: "tasks.one", Product: one, Serializer: save},
		{Name: "many", Dotted: "tasks.many", Product: many, Serializer: save},
		{Name: "join", Dotted: "tasks.join", Product: python.Products{Items: []python.Product{at("join.json")}}, Serializer: save, Unserializer: load, Upstream: []python.Upstream{
			{Task: "one", Product: one}, {Task: "many", Product: many},
			{Task: "fit-0", Group: "fit-*", Product: one}, {Task: "fit-1", Group: "fit-*", Product: one},
		}},
		{Name: "plain", Dotted: "tasks.one", Product: python.Products{Items: []python.Product{at("plain")}}, Serializer: &python.Call{Path: "store.plain", Args: params.Of("word", "w")}},
	} {
		if _, printed, err := run(t, h, task); err != nil {
			t.Fatalf("%s: %v\n%s", task.Name, err, printed)
		}
	}
	if got, want := read(t, dir, "join.json"), `[{"a": [1]}, "text", [["fit-0", {"a": [1]}], ["fit-1", {"a": [1]}]], "dict"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := read(t, dir, "plain"), "w {'a': [1]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, _, err := run(t, h, python.Task{Name: "none", Dotted: "tasks.none", Product: one, Serializer: save})
	if f := failure(t, err); !strings.HasPrefix(f.Message, "function 'none' returned None") {
		t.Errorf("got %v", err)
	}
}

func TestTaskIsEndedWithItsGroup(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"tasks.py": `
import signal, subprocess
def wait(product):
    child = subprocess.Popen(["sleep", "1000"])
    print(child.pid, flush=True)
    signal.pause()
`})
		h, _ := host(t, dir, mode)
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		var pid int
		_, err := h.Run(ctx, function(dir, "wait"), writer(func(p []byte) {
			pid, _ = strconv.Atoi(strings.TrimSpace(string(p)))
			cancel(why)
		}))
		if !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if stat, rerr := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); pid == 0 || rerr == nil && !strings.Contains(string(stat), ") Z ") {
			t.Errorf("process %d lives: %s", pid, stat)
		}
		if _, err := h.Run(ctx, function(dir, "wait"), nil); !errors.Is(err, why) {
			t.Errorf("began after the end: %v", err)
		}
	})
}

func TestForkedTaskFindsWhatAFreshOneFinds(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": `
import json, os, random, sys
print("imported", __name__)
def see(product):
    import signal, threading
    print([p.replace(os.path.dirname(os.path.dirname(product)), "DIR") for p in sys.path][:2], len(sys.path), sys.argv, sys.executable, sys.prefix)
    print(sorted(k for k in os.environ if k != "PYTHONPATH"), os.getcwd() == os.path.dirname(os.path.dirname(product)), os.getpgrp() == os.getpid())
    print(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD), threading.active_count(), sys.stdout.line_buffering)
    import ploomber
    print(ploomber.__file__.split("/")[-2:], [f for f in os.listdir("/proc/self/fd") if int(f) > 2 and "/" in os.readlink("/proc/self/fd/" + f)] if False else "")
`})
	see := func(change ...func(*python.Config)) string {
		h, _ := host(t, dir, append(change, func(c *python.Config) { c.Preload = []string{"tasks"}; c.Path = []string{dir + "/more"} })...)
		_, printed, err := run(t, h, function(dir, "see"))
		if err != nil {
			t.Fatal(err)
		}
		return printed
	}
	if forked, fresh := see(), see(cold); forked != fresh || !strings.Contains(fresh, "imported tasks\n['DIR', 'DIR/more']") {
		t.Errorf("forked:\n%s\nfresh:\n%s", forked, fresh)
	}
}

func TestTaskSeesModulesAsTheyAre(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import helper\ndef make(product): print(helper.value)\n", "helper.py": "value = 1\n"})
	h, _ := host(t, dir, func(c *python.Config) { c.Preload = []string{"tasks"} })
	if _, printed, err := run(t, h, function(dir, "make")); err != nil || printed != "1\n" {
		t.Errorf("printed %q, %v", printed, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "helper.py"), []byte("value = 'changed'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, printed, err := run(t, h, function(dir, "make")); err != nil || printed != "changed\n" {
		t.Errorf("printed %q after the change, %v", printed, err)
	}
}

func TestPreloadedLibrariesAreImportedOnce(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pkg/__init__.py": "import decimal\n", "pkg/tasks.py": `
import sys
before = set(sys.modules)
import fractions
from . import helper
LIST = [1]
def make(product): print(*(m in before for m in ("decimal", "fractions", "statistics", "colorsys", "wave")))
`, "pkg/helper.py": "import statistics\nimport os\nos.environ['LATER'] = '1'\nimport wave\n", "pkg/unused.py": "import colorsys\n"})
	text := strings.ReplaceAll(read(t, dir, "pkg/tasks.py"), "before = set(sys.modules)\nimport fractions\nfrom . import helper", "import fractions\nfrom . import helper\nbefore = sys.modules")
	preloaded := func(text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "pkg", "tasks.py"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h, _ := host(t, dir, func(c *python.Config) { c.Preload = []string{"pkg.tasks", "no.such.module"} })
		_, printed, err := run(t, h, python.Task{Name: "make", Dotted: "pkg.tasks.make", Product: file(dir + "/x")})
		if err != nil {
			t.Fatal(err)
		}
		return printed
	}
	// all that the modules import is there in the end, and nothing else
	if got, want := preloaded(text), "True True True False True\n"; got != want {
		t.Errorf("in the end there are %q, want %q", got, want)
	}
	// what stands behind a call was not preloaded
	text = "import fractions, statistics_helper\nimport pkg.helper_only as h\n" + "def make(product): print(h.there)\n"
	if err := os.WriteFile(filepath.Join(dir, "statistics_helper.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	helper := "import statistics\nimport sys\nthere = ['statistics' in sys.modules, 'wave' in sys.modules]\nprint(sys.argv)\nimport wave\n"
	if err := os.WriteFile(filepath.Join(dir, "pkg", "helper_only.py"), []byte(helper), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := preloaded(text), "['']\n[True, False]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLibraryThatStartsAThreadIsNotPreloaded(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": `
import os
import busy, calm
def make(product): print(busy.pid == os.getpid(), calm.pid == os.getpid())
`})
	base := func(c *python.Config) { c.Env = append(c.Env, "PYTHONUSERBASE="+dir) }
	asker, _ := host(t, dir, base)
	v, err := asker.Call(t.Context(), python.Call{Path: "site.getusersitepackages"})
	if err != nil {
		t.Fatal(err)
	}
	site := v.(string)
	if err := errors.Join(
		os.MkdirAll(site, 0o755),
		os.WriteFile(filepath.Join(site, "busy.py"), []byte("import os, threading, time\npid = os.getpid()\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"), 0o600),
		os.WriteFile(filepath.Join(site, "calm.py"), []byte("import os\npid = os.getpid()\nprint('calm')\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	h, _ := host(t, dir, base, func(c *python.Config) {
		c.Env = append(c.Env, "PYTHONPATH="+site)
		c.Preload = []string{"tasks"}
	})
	if _, printed, err := run(t, h, function(dir, "make")); err != nil || printed != "True False\n" {
		t.Errorf("printed %q, %v", printed, err)
	}
}

func TestForkedTasksHaveTheirOwnChance(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import random\nimport numpy.random\ndef make(product): print(random.random(), numpy.random.rand())\n"})
	h, _ := host(t, dir, func(c *python.Config) { c.Preload = []string{"tasks"} })
	seen := map[string]bool{}
	for range 3 {
		_, printed, err := run(t, h, function(dir, "make"))
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range strings.Fields(printed) {
			seen[number] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("six numbers are %v", seen)
	}
}

func TestTasksRunAtOnce(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "def make(n, product):\n    print(n)\n    open(product, 'w').write(str(n))\n"})
	h, _ := host(t, dir)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			task := function(dir, "make", "n", i)
			task.Product = file(filepath.Join(dir, fmt.Sprint("p", i)))
			if _, printed, err := run(t, h, task); err != nil || printed != fmt.Sprintln(i) {
				t.Errorf("%d: printed %q, %v", i, printed, err)
			}
		})
	}
	wg.Wait()
}

func TestLargeParamsReachTheTask(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "def make(x, product): print(len(x))\n"})
	h, _ := host(t, dir)
	if _, printed, err := run(t, h, function(dir, "make", "x", strings.Repeat("é", 1<<20))); err != nil || printed != "1048576\n" {
		t.Errorf("printed %q, %v", printed, err)
	}
}

func TestTaskIsColdWhereNothingCanBeForked(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import os\ndef make(product): print(os.getppid())\n", "sitecustomize.py": `
import os, sys
if "PAWL_TEMPLATE" in os.environ: sys.exit("not this one")
`})
	h, _ := host(t, dir, func(c *python.Config) { c.Env = append(c.Env, "PYTHONPATH="+dir) })
	own := fmt.Sprintln(syscall.Getpid())
	_, printed, err := run(t, h, function(dir, "make"))
	if err != nil || !strings.HasPrefix(printed, "pawl: each task starts a Python of its own: no child was forked: ") || !strings.HasSuffix(printed, "\n"+own) {
		t.Errorf("printed %q, %v", printed, err)
	}
	if _, printed, err := run(t, h, function(dir, "make")); err != nil || printed != own {
		t.Errorf("said it again: %q, %v", printed, err)
	}
}

func TestModeIsTheTasksThenTheHostsThenTheVariables(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import os\ndef make(product): print(os.getppid())\n"})
	own := fmt.Sprintln(syscall.Getpid())
	for _, tt := range []struct {
		variable   string
		host, task python.Mode
		cold       bool
	}{
		{"", "", "", false},
		{"cold", "", "", true},
		{"cold", python.Forked, "", false},
		{"cold", python.Forked, python.Cold, true},
		{"forked", "", "", false},
	} {
		h, _ := host(t, dir, func(c *python.Config) { c.Mode = tt.host; c.Env = append(c.Env, "PAWL_PYTHON_MODE="+tt.variable) })
		task := function(dir, "make")
		task.Mode = tt.task
		if _, printed, err := run(t, h, task); err != nil || (printed == own) != tt.cold {
			t.Errorf("%+v: printed %q, %v", tt, printed, err)
		}
	}
	h, _ := host(t, dir, func(c *python.Config) { c.Env = append(c.Env, "PAWL_PYTHON_MODE=hot") })
	if _, _, err := run(t, h, function(dir, "make")); err == nil || err.Error() != `PAWL_PYTHON_MODE must be "cold" or "forked", not "hot"` {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsPreloadedLaterIsThereForTheNextTask(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"tasks.py": "import colorsys\ndef make(product): pass\n", "probe.py": "import sys\nwas = 'colorsys' in sys.modules\ndef make(product): print(was)\n"})
	h, _ := host(t, dir)
	probe := python.Task{Name: "probe", Dotted: "probe.make", Product: file(dir + "/x")}
	if _, err := h.Call(t.Context(), python.Call{Path: "os.getpid"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"False\n", "True\n", "True\n"} {
		if _, printed, err := run(t, h, probe); err != nil || printed != want {
			t.Errorf("printed %q, %v, want %q", printed, err, want)
		}
		h.Preload("tasks")
	}
	if _, err := h.Call(t.Context(), python.Call{Path: "os.getpid"}); err != nil {
		t.Error(err)
	}
}
