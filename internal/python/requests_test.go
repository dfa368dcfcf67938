package python_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

func TestCallGivesWhatAFunctionReturnsInTermsOfJSON(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"values.py": `
import datetime, os, pathlib
def given(a, b=2): return [a, b]
def tuples(): return {"t": (1, (2.5, None)), 3: True, None: pathlib.Path("x")}
def nothing(): pass
def here(): return os.getcwd()
def huge(): return 2 ** 70
def numbers():
    import numpy
    return [numpy.int64(3), numpy.float32(0.5), numpy.array([[1], [2]]), numpy.bool_(True)]
def dates(): return {"k": [datetime.date(2024, 1, 1)]}
def nan(): return [float("nan")]
class Box:
    def __init__(self, x): self.x = x
    @classmethod
    def make(cls, x=1): return {"made": x}
`})
		h, _ := host(t, dir, mode)
		for _, tt := range []struct {
			path string
			args params.Map
			want string
		}{
			{"values.given", params.Of("a", "é\n"), `["é\n",2]`},
			{"values::given", params.Of("a", 1, "b", params.Of("c", nil)), `[1,{"c":null}]`},
			{"values.tuples", params.Map{}, `{"t":[1,[2.5,null]],"3":true,"null":"x"}`},
			{"values.nothing", params.Map{}, `null`},
			{"values.here", params.Map{}, `"` + dir + `"`},
			{"values.huge", params.Map{}, `1180591620717411303424`},
			{"values.numbers", params.Map{}, `[3,0.5,[[1],[2]],true]`},
			{"values.Box.make", params.Map{}, `{"made":1}`},
			{"values.dates", params.Map{}, `error: Unfit: what values.dates returned['k'][0] is a date, which JSON lacks: return texts, numbers, booleans, None, lists or dictionaries`},
			{"values.nan", params.Map{}, `error: Unfit: what values.nan returned[0] is nan, which JSON lacks`},
			{"values.gven", params.Map{}, `error: AttributeError: values has no 'gven' (in the dotted path 'values.gven'). Did you mean 'given'?`},
			{"absent.f", params.Map{}, `error: ModuleNotFoundError: No module named 'absent'`},
			{"f", params.Map{}, `error: ValueError: 'f' is no dotted path: expected module.function`},
		} {
			got, err := h.Call(t.Context(), python.Call{Path: tt.path, Args: tt.args})
			text := string(params.AppendJSON(nil, got))
			if err != nil {
				text = "error: " + err.Error()
			}
			if text != tt.want {
				t.Errorf("%s: got %s, want %s", tt.path, text, tt.want)
			}
		}
	})
}

// carets are what newer Pythons put below a line.
var carets = regexp.MustCompile(`(?m)^[ ~^]+\n`)

func TestFailureShowsUserCodeAlone(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"broken.py": "def f(:\n",
		"raises.py": "import helper\ndef f(): helper.g()\ndef chained():\n    try: helper.g()\n    except KeyError as e: raise ValueError('outer') from e\n",
		"helper.py": "def g():\n    raise KeyError('inner')\n",
	})
	h, _ := host(t, dir)
	fail := func(path string) *python.Failure {
		t.Helper()
		_, err := h.Call(t.Context(), python.Call{Path: path})
		var f *python.Failure
		if !errors.As(err, &f) {
			t.Fatalf("got %v", err)
		}
		return f
	}
	f := fail("raises.f")
	want := "Traceback (most recent call last):\n" +
		"  File \"DIR/raises.py\", line 2, in f\n    def f(): helper.g()\n" +
		"  File \"DIR/helper.py\", line 2, in g\n    raise KeyError('inner')\nKeyError: 'inner'\n"
	if diff := cmp.Diff(want, carets.ReplaceAllString(strings.ReplaceAll(f.Traceback, dir, "DIR"), "")); diff != "" {
		t.Error(diff)
	}
	if f.Class != "KeyError" || f.Module != "builtins" || f.File != filepath.Join(dir, "helper.py") || f.Line != 2 || f.EarlyStop {
		t.Errorf("got %+v", f)
	}
	if f := fail("raises.chained"); !strings.Contains(f.Traceback, "direct cause") || strings.Contains(f.Traceback, "_pawl") || f.Line != 5 {
		t.Errorf("got %+v", f)
	}
	if f := fail("broken.f"); f.Class != "SyntaxError" || f.Line != 1 || strings.Contains(f.Traceback, "_pawl") || strings.Contains(f.Traceback, "importlib") {
		t.Errorf("got %+v", f)
	}
}

func TestRequestsKeepModulesUntilAFileChanges(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"state.py": "count = 0\ndef up():\n    global count\n    count += 1\n    return count\n"})
	h, _ := host(t, dir)
	up := func() params.Value {
		t.Helper()
		v, err := h.Call(t.Context(), python.Call{Path: "state.up"})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if a, b := up(), up(); a != int64(1) || b != int64(2) {
		t.Errorf("got %v and %v", a, b)
	}
	if err := os.WriteFile(filepath.Join(dir, "state.py"), []byte("def up(): return 'changed'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := up(); got != "changed" {
		t.Errorf("got %v after the change", got)
	}
}

func TestRequestsPrintBeforeTheyAreAnswered(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"loud.py": `
import os, subprocess, sys
def f(n):
    sys.stdout.write("no end")
    sys.stderr.write(" of line ")
    subprocess.run(["echo", "child"])
    os.write(1, b"\0x" * n)
`})
		h, printed := host(t, dir, mode)
		want := ""
		for _, n := range []int64{0, 1, 200_000} {
			if _, err := h.Call(t.Context(), python.Call{Path: "loud.f", Args: params.Of("n", n)}); err != nil {
				t.Fatal(err)
			}
			got := strings.TrimPrefix(printed.String(), want)
			if !strings.Contains(got, "child\n") || !strings.Contains(got, "no end") || !strings.HasSuffix(got, strings.Repeat("\x00x", int(n))) && n > 0 && strings.Count(got, "\x00x") != int(n) {
				t.Errorf("%d: printed %.100q", n, got)
			}
			want += got
		}
	})
}

func TestRequestsMayComeAtOnce(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"m.py": "def same(x): return x\n"})
	h, _ := host(t, dir)
	var wg sync.WaitGroup
	for i := range int64(20) {
		wg.Go(func() {
			if v, err := h.Call(t.Context(), python.Call{Path: "m.same", Args: params.Of("x", i)}); err != nil || v != i {
				t.Errorf("%d: got %v, %v", i, v, err)
			}
		})
	}
	wg.Wait()
}

func TestRequestThatEndsPythonDoesNotEndTheHost(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"m.py": "import os, sys\ndef leave(): os._exit(7)\ndef exit(): sys.exit(3)\ndef fine(): return 1\n"})
		h, _ := host(t, dir, mode)
		if _, err := h.Call(t.Context(), python.Call{Path: "m.leave"}); err == nil || err.Error() != "Python ended with code 7 before it answered" {
			t.Errorf("got %v", err)
		}
		if _, err := h.Call(t.Context(), python.Call{Path: "m.exit"}); err == nil || err.Error() != "SystemExit: 3" {
			t.Errorf("got %v", err)
		}
		if v, err := h.Call(t.Context(), python.Call{Path: "m.fine"}); err != nil || v != int64(1) {
			t.Errorf("got %v, %v", v, err)
		}
	})
}

func TestRequestIsGivenUpWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"m.py": "import signal\ndef wait():\n    print('waiting', flush=True)\n    signal.pause()\ndef fine(): return 1\n"})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("no patience")
		h, _ := host(t, dir, mode, func(c *python.Config) { c.Output = writer(func([]byte) { cancel(why) }) })
		if _, err := h.Call(ctx, python.Call{Path: "m.wait"}); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if v, err := h.Call(t.Context(), python.Call{Path: "m.fine"}); err != nil || v != int64(1) {
			t.Errorf("got %v, %v", v, err)
		}
	})
}

// writer calls a function with what is written.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestCloseEndsARequest(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"m.py": "import signal\ndef wait():\n    print('waiting', flush=True)\n    signal.pause()\n"})
	waiting := make(chan struct{})
	h, _ := host(t, dir, func(c *python.Config) { c.Output = writer(func([]byte) { close(waiting) }) })
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := h.Call(t.Context(), python.Call{Path: "m.wait"}); !errors.Is(err, python.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	<-waiting
	h.Close()
	wg.Wait()
	if _, err := h.Call(t.Context(), python.Call{Path: "m.wait"}); !errors.Is(err, python.ErrClosed) {
		t.Errorf("got %v after the end", err)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"m.py": "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def g(*a): pass\n    return g\n\n@deco\ndef f(a, *, b=2):\n    \"\"\"Says.\n\n    More.\n    \"\"\"\n    # end\n    return a\n"})
	h, _ := host(t, dir)
	got, err := h.Inspect(t.Context(), "m.f")
	if err != nil {
		t.Fatal(err)
	}
	want := python.Function{
		Source: "@deco\ndef f(a, *, b=2):\n    \"\"\"Says.\n\n    More.\n    \"\"\"\n    # end\n    return a\n",
		File:   filepath.Join(dir, "m.py"), Line: 7, Doc: "Says.\n\nMore.",
		Parameters: []python.Parameter{{Name: "a", Kind: "positional_or_keyword", Required: true}, {Name: "b", Kind: "keyword_only"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	taskHooks, dagHooks := []string{"task", "client", "product", "params"}, []string{"dag"}
	dir := project(t, map[string]string{"m.py": `
def plain(product, n): pass
def up(product, upstream): pass
def rest(product, **more): pass
def defaults(product, n=1, *, k=2): pass
def position(a, /, product): pass
def deco(f):
    f.x = 1
    return f
@deco
def slow(product): pass
def hook(task, params): pass
def hook_own(product, k): pass
def hook_default(task=None, other=3): pass
def hook_wrong(whatever): pass
value = 3
`})
	h, _ := host(t, dir)
	for _, tt := range []struct {
		check python.Check
		want  string // begins so
	}{
		{python.Check{Call: python.Call{Path: "m.plain"}, Given: []string{"n", "product"}}, ""},
		{python.Check{Call: python.Call{Path: "m.plain"}, Given: []string{"product"}}, "plain() can't be called: it asks for `n`, which the task does not have"},
		{python.Check{Call: python.Call{Path: "m.plain"}, Given: []string{"n", "upstream", "product"}}, "plain() can't be called: it does not take `upstream`. Its task has upstream tasks"},
		{python.Check{Call: python.Call{Path: "m.up"}, Given: []string{"product"}}, "up() can't be called: it asks for `upstream`, which the task does not have. A task has `upstream` only where"},
		{python.Check{Call: python.Call{Path: "m.rest"}, Given: []string{"n", "product"}}, ""},
		{python.Check{Call: python.Call{Path: "m.defaults"}, Given: []string{"product"}}, ""},
		{python.Check{Call: python.Call{Path: "m.defaults"}, Given: []string{"product", "k", "z"}}, "defaults() can't be called: it does not take `z`"},
		{python.Check{Call: python.Call{Path: "m.position"}, Given: []string{"product"}}, "position() takes 'a' by position only"},
		{python.Check{Call: python.Call{Path: "m.slow"}}, "slow() can't be called: it asks for `product`"},
		{python.Check{Call: python.Call{Path: "m.slow"}, Given: []string{"product"}}, ""},
		{python.Check{Call: python.Call{Path: "m.value"}}, "m.value is a int and no function"},
		{python.Check{Call: python.Call{Path: "m.absent"}}, "AttributeError: m has no 'absent'"},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook"}, Given: taskHooks}, ""},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook_own", Args: params.Of("k", 1)}, Given: taskHooks}, ""},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook_own"}, Given: taskHooks}, "hook hook_own() asks for `k`; hooks get `task`, `client`, `product`, `params`"},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook", Args: params.Of("k", 1)}, Given: taskHooks}, "hook hook() does not take `k`"},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook_default"}, Given: dagHooks}, ""},
		{python.Check{Hook: true, Call: python.Call{Path: "m.hook_wrong"}, Given: dagHooks}, "hook hook_wrong() asks for `whatever`; hooks get `dag`"},
	} {
		got, err := h.Check(t.Context(), []python.Check{tt.check})
		if err != nil || len(got) != 1 || !strings.HasPrefix(got[0], tt.want) || tt.want == "" && got[0] != "" {
			t.Errorf("%v: got %q, %v; want %q", tt.check, got, err, tt.want)
		}
	}
}
