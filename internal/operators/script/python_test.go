package script_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/operator"
)

// pyTask returns a py task with the interpreter and mode of the test.
func pyTask(t testing.TB, project, mode, command string, parameters ...any) *operator.Task {
	return task(project, command, append(parameters, "python", pythonPath(t), "python_mode", mode)...)
}

func TestPythonArgumentsGoByName(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"tasks.py": `
def plain(a, b=2): print(a, b)
def only(a, /, b=3, *, c, d=4): print(a, b, c, d)
def rest(a, *more, **all): print(a, more, "a" in all, all["s"], all["_command"])
def decorated(f):
    def inner(*args, **keywords): f(keywords["a"])
    return inner
@decorated
def wrapped(a): print("wrapped", a)
class Both(object):
    def __init__(self, a, b=2): self.a, self.b = a, b
    def run(self, s): print("run", self.a, self.b, s)
    def other(self, c): print("other", self.a, c)
    @staticmethod
    def static(a): print("static", a)
    @classmethod
    def make(cls, a): print(cls.__name__, a)
class Bare(object):
    def run(self): print("bare")
class Failure(Exception):
    def run(self): print("slots")
import abc
class Abstract(abc.ABC):
    def run(self, a): print("abstract", a)
`})
		for command, want := range map[string]string{
			"tasks.plain":       "1 2\n",
			"tasks.only":        "1 3 [1, {'k': None}] 4\n",
			"tasks.rest":        "1 () False é tasks.rest\n",
			"tasks.wrapped":     "wrapped 1\n",
			"tasks.Both":        "run 1 2 é\n",
			"tasks.Both.other":  "other 1 [1, {'k': None}]\n",
			"tasks.Both.static": "static 1\n",
			"tasks.Both.make":   "Both 1\n",
			"tasks.Bare":        "bare\n",
			"tasks.Failure":     "slots\n",
			"tasks.Abstract":    "abstract 1\n",
			"os.getcwd":         "",
		} {
			prints(t, o, pyTask(t, dir, mode, command, "a", 1, "s", "é", "c", []any{1, params.Of("k", nil)}), want)
		}
	})
}

func TestPythonCommandsThatCannotBeCalled(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{
			"pkg/__init__.py": "", "pkg/sub.py": "", "pkg/broken.py": "import missing_library", "pkg/wrong.py": "def (",
			"tasks.py": "class C(object):\n  def m(self, *, gone): pass\ndef f(a, gone): pass\n",
		})
		for command, want := range map[string]string{
			"tasks.f":      "TypeError: Method 'f' requires parameter 'gone' but not set",
			"tasks.C.m":    "TypeError: Method 'C.m' requires parameter 'gone' but not set",
			"tasks.C.x":    "AttributeError: 'C' object has no attribute 'x'",
			"tasks.x":      "AttributeError: Module 'tasks' has no attribute 'x'",
			"pkg.sub":      "AttributeError: Module 'pkg' has no attribute 'sub'",
			"pkg.none.x":   "AttributeError: Module 'pkg' has no attribute 'none'",
			"pkg.broken.x": "ModuleNotFoundError: No module named 'missing_library'",
			"pkg.wrong.x":  "SyntaxError: invalid syntax (wrong.py, line 1)",
			"none.x":       "ModuleNotFoundError: No module named 'none'",
			"x":            "ValueError: 'x' is in no module: write MODULE.NAME or MODULE.CLASS.NAME",
		} {
			fails(t, o, pyTask(t, dir, mode, command, "a", 1), want)
		}
	})
}

func TestPythonHandsOnWhatTheCodeAsksFor(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"pkg/__init__.py": "", "pkg/tasks.py": `
import digdag, digdag_env
def main():
    digdag.env.export({"e": 1}, f="é")
    digdag.env.store({"s": {"x": [1.5, None, True]}})
    digdag.env.store(big=2**70)
    digdag.env.set_state(ignored=1)
    digdag.env.add_subtask(main, p=1)
    digdag.env.add_subtask(Task.method)
    digdag.env.add_subtask({"echo>": "x"}, more=2)
    digdag.env.add_subtask(**{"sh>": "true"})
    digdag_env.subtask_config["_parallel"] = digdag.env.params["parallel"]
    try:
        digdag.env.add_subtask(main, p=object())
    except TypeError as error:
        print(error)
class Task(object):
    def method(self): pass
`})
		got := run(t, o, pyTask(t, dir, mode, "pkg.tasks.main", "parallel", true))
		if want := "Parameters must be serializable using JSON: Object of type object is not JSON serializable\n"; got.printed != want || got.err != nil {
			t.Errorf("printed %q, %v", got.printed, got.err)
		}
		big, err := params.ParseJSON([]byte("1180591620717411303424"))
		if err != nil {
			t.Fatal(err)
		}
		want := operator.Result{
			Export: params.Of("e", 1, "f", "é"),
			Store:  params.Of("s", params.Of("x", []any{1.5, nil, true}), "big", big),
			Subtasks: params.Of(
				"+subtask0", params.Of("p", 1, "py>", "pkg.tasks.main"),
				"+subtask1", params.Of("py>", "pkg.tasks.Task.method"),
				"+subtask2", params.Of("echo>", "x", "more", 2),
				"+subtask3", params.Of("sh>", "true"),
				"_parallel", true,
			),
		}
		if diff := cmp.Diff(want, got.result); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPythonFailures(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"tasks.py": `
import os, sys, signal, digdag
class MyError(Exception): pass
def boom(): raise MyError("it broke")
def outer():
    digdag.env.store(lost=1)
    boom()
def silent(): raise MyError()
def leave(): sys.exit(3)
def leave_well(): sys.exit()
def leave_text(): sys.exit("bye")
def vanish(): os._exit(5)
def vanish_well(): os._exit(0)
def die(): os.kill(os.getpid(), signal.SIGKILL)
def odd(): digdag.env.store(x=object())
def nan(): digdag.env.store(x=float("nan"))
def interrupt(): raise KeyboardInterrupt
`})
		for command, want := range map[string]string{
			"silent":      "tasks.MyError",
			"leave":       "SystemExit: tasks.leave ended Python by sys.exit(3)",
			"leave_well":  "SystemExit: tasks.leave_well ended Python by sys.exit()",
			"leave_text":  "SystemExit: tasks.leave_text ended Python by sys.exit('bye')",
			"vanish":      "Python command failed with code 5 (runtime)",
			"vanish_well": "Python command has left no result (",
			"die":         "Python command failed with code 137, killed by SIGKILL (runtime)",
			"odd":         "TypeError: Object of type object is not JSON serializable",
			"nan":         "ValueError: Out of range float values are not JSON compliant",
			"interrupt":   "KeyboardInterrupt",
			"outer":       "tasks.MyError: it broke",
		} {
			got := run(t, o, pyTask(t, dir, mode, "tasks."+command))
			var failure *operator.Error
			if !errors.As(got.err, &failure) || !strings.HasPrefix(got.err.Error(), want) {
				t.Errorf("%s: got %v; want %s", command, got.err, want)
			}
			if got.result.Store.Len() != 0 {
				t.Errorf("%s: stored %v", command, got.result.Store)
			}
		}
	})
}

// The trace of a failure is printed once, and begins with the task's own code.
func TestPythonTraceIsThatOfTheTask(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"broken.py": "import missing_library", "tasks.py": `
import sys
def boom(): raise ValueError("it broke")
def outer():
    boom()
def again():
    try:
        boom()
    except ValueError as error:
        raise KeyError("k") from error
def hooked():
    sys.excepthook = lambda kind, error, trace: print("hook:", kind.__name__, trace.tb_frame.f_code.co_name)
    boom()
def leave(): sys.exit("bye")
`})
		const head = "Traceback (most recent call last):\n"
		at := func(line int, in, code string) string {
			return fmt.Sprintf("  File \"%s/tasks.py\", line %d, in %s\n    %s\n", dir, line, in, code)
		}
		boom := at(3, "boom", `def boom(): raise ValueError("it broke")`) + "ValueError: it broke\n"
		for command, want := range map[string]string{
			"tasks.outer": head + at(5, "outer", "boom()") + boom,
			"tasks.again": head + at(8, "again", "boom()") + boom +
				"\nThe above exception was the direct cause of the following exception:\n\n" +
				head + at(10, "again", `raise KeyError("k") from error`) + "KeyError: 'k'\n",
			"tasks.hooked": "hook: ValueError hooked\n",
			"tasks.leave":  "bye\n",
			"tasks.none":   "AttributeError: Module 'tasks' has no attribute 'none'\n",
			"broken.x.y": head + fmt.Sprintf("  File \"%s/broken.py\", line 1, in <module>\n    import missing_library\n", dir) +
				"ModuleNotFoundError: No module named 'missing_library'\n",
		} {
			got := withoutMarkers(run(t, o, pyTask(t, dir, mode, command)).printed)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", command, diff)
			}
		}
	})
}

// withoutMarkers leaves out the lines that newer Pythons mark columns with.
func withoutMarkers(trace string) string {
	var b strings.Builder
	for line := range strings.Lines(trace) {
		if strings.Trim(line, " ^~\n") != "" || line == "\n" {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestPythonEnvironment(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"sub/tasks.py": `
import os
def main(): print(os.environ.get("A"), os.environ.get("p"), os.environ["HOME"] == os.environ["B"], os.getcwd(), os.environ["PWD"])
`})
		tk := pyTask(t, dir, mode, "tasks.main", "p", "no variable")
		tk.Workdir = filepath.Join(dir, "sub")
		tk.Local = params.Of("_env", params.Of("A", "<${secret:key}>é\n", "B", dir))
		prints(t, o, tk, "<s3cret>é\n None True "+tk.Workdir+" "+tk.Workdir+"\n")
	})
}

func TestPythonOutputIsInOrder(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"tasks.py": `
import os, sys
def main():
    sys.stdout.write("a"); sys.stdout.flush()
    sys.stderr.write("b\n"); sys.stderr.flush()
    os.system("echo c; echo d >&2; cat")
    print("e")
`})
		prints(t, o, pyTask(t, dir, mode, "tasks.main"), "ab\nc\nd\ne\n")
	})
}

func TestPythonScriptReplacesTheRunner(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	text := `
import json, sys
with open(sys.argv[1]) as f: params = json.load(f)["params"]
print(len(sys.argv), params["a"])
with open(sys.argv[2], "w") as f: json.dump({"store_params": {"b": params["a"] + 1}}, f)
`
	for _, mode := range []string{"cold", "forked"} {
		got := run(t, o, pyTask(t, project(t, nil), mode, "", "script", text, "a", 1))
		if got.printed != "3 1\n" || got.err != nil || !got.result.Store.Equal(params.Of("b", 2)) {
			t.Errorf("%s: printed %q, %v, %v", mode, got.printed, got.result, got.err)
		}
	}
	fails(t, o, pyTask(t, project(t, nil), "", "", "script", "pass"), "Python command has left no result (invalid JSON")
	fails(t, o, pyTask(t, project(t, nil), "", "", "script", "import sys; open(sys.argv[2], 'w').write('[1]')"),
		"Python command has left no result (expected a JSON object but got [1]) (runtime)")
	fails(t, o, pyTask(t, project(t, nil), "", "", "script", "import sys; open(sys.argv[2], 'w').write('{\"store_params\": 1}')"),
		"Expected object type for key 'store_params' but got 1 (number)")
}

func TestColdPythonSeesItsFilesWhileItRuns(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"runner.py": `
import os, stat, sys
def main(secret="none"):
    print(sys.argv[1])
    for path in sys.argv[0], sys.argv[2]:
        print(path.split("-")[:2], path.split("-")[-1], oct(os.stat(path).st_mode))
`})
	o := newPython(t)
	prints(t, o, pyTask(t, dir, "cold", "runner.main"), "runner.main\n"+
		"['.digdag/tmp/digdag', 'py'] runner.py 0o100600\n['.digdag/tmp/digdag', 'py'] input.json 0o100600\n")
	left, err := os.ReadDir(filepath.Join(dir, ".digdag", "tmp"))
	if len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPythonProgram(t *testing.T) {
	t.Parallel()
	path := pythonPath(t)
	o := newPython(t)
	dir := project(t, map[string]string{"tasks.py": "import sys\ndef main(): print(sys.flags.optimize, sys.executable)\n"})
	for _, folder := range []string{"bin", "both"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"python", "python3"} {
			if folder == "bin" && name == "python" {
				continue
			}
			if err := os.Symlink(path, filepath.Join(dir, folder, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		python any
		path   string
		want   string
	}{
		{"text", path, "", "0 " + path},
		{"list", []any{path, "-O"}, "", "1 " + path},
		{"relative", "both/python3", "", "0 " + dir + "/both/python3"},
		{"python on PATH", nil, dir + "/both", "0 " + dir + "/both/python"},
		{"python3 where there is no python", nil, dir + "/bin", "0 " + dir + "/bin/python3"},
	} {
		for _, mode := range []string{"cold", "forked", ""} {
			tk := task(dir, "tasks.main", "python", tt.python, "python_mode", mode)
			tk.Env = []string{"PATH=" + tt.path}
			if got := run(t, o, tk); got.printed != tt.want+"\n" || got.err != nil {
				t.Errorf("%s, %s: printed %q, %v; want %q", tt.name, mode, got.printed, got.err, tt.want)
			}
		}
	}
}

func TestPythonParametersThatCannotBe(t *testing.T) {
	t.Parallel()
	o := newPython(t)
	for want, tk := range map[string]*operator.Task{
		"Parameter '_command' is required but not set":                task("/", ""),
		`python_mode must be "cold" or "forked", not "warm"`:          task("/", "a.b", "python_mode", "warm"),
		"python: the list names no program":                           task("/", "a.b", "python", []any{}),
		"python must be a text or a list of texts, not [1]":           task("/", "a.b", "python", []any{[]any{1}}),
		`program "no-such-python" is not on PATH`:                     task("/", "a.b", "python", "no-such-python"),
		"start /no/such/python: no such file or directory":            task(project(t, nil), "a.b", "python", "/no/such/python"),
		"Expected string type for key '_command' but got [1] (array)": task("/", "", "_command", []any{1}),
	} {
		fails(t, o, tk, want)
	}
	tk := task("/", "a.b")
	tk.Env = []string{"PATH=/none", "PAWL_PYTHON_MODE=hot"}
	fails(t, o, tk, `PAWL_PYTHON_MODE must be "cold" or "forked", not "hot"`)
	tk.Env = []string{"PATH=/none"}
	fails(t, o, tk, `program "python" is not on PATH (/none)`)
}

// offered offers the module pawl, and keeps nothing.
type offered struct{}

func (offered) Keep(context.Context, *operator.Task, operator.Kept) (operator.Value, error) {
	return nil, errors.ErrUnsupported
}

func (offered) Find(context.Context, operator.Map, string) (operator.Place, error) {
	return operator.Place{}, errors.ErrUnsupported
}

// planted has one file for all that is looked for.
type planted struct {
	offered
	file string
}

func (p planted) Find(context.Context, operator.Map, string) (operator.Place, error) {
	return operator.Place{Path: p.file}, nil
}

// A reference may come from anybody: what no task has pickled is not loaded as such,
// whatever it says.
func TestPythonUnpicklesOnlyWhatTasksHavePickled(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{
			"tasks.py": "def use(v): print(v.load())\n",
			"evil":     "cbuiltins\nprint\n(S'PWNED'\ntR.",
		})
		load := func(key string) ran {
			t.Helper()
			tk := pyTask(t, dir, mode, "tasks.use", "v", params.Of("$value", params.Of("key", key, "type", "pickle")))
			tk.Services.Outputs = planted{file: filepath.Join(dir, "evil")}
			return run(t, o, tk)
		}
		for _, key := range []string{"1/s/2.1/o-x", "1/s/2.1/o-x/i-p-y", "1/s/2.1/o-p-x", "files/0b0c9e0e-6a3c-4d5e-8f00-1234567890ab"} {
			if got := load(key); got.err == nil || !strings.Contains(got.err.Error(), "no task has pickled "+key) || strings.Contains(got.printed, "PWNED") {
				t.Errorf("%s: %v, printed %q", key, got.err, got.printed)
			}
		}
		for _, item := range []string{"", "i"} {
			kept := values.Output{Session: "s", Attempt: 1, Task: 2, Try: 1, Name: "x", Item: item, Type: "pickle"}
			if got := load(kept.Key()); got.err != nil || !strings.Contains(got.printed, "PWNED") {
				t.Errorf("what a task has pickled: %v, printed %q", got.err, got.printed)
			}
		}
	})
}

func TestPythonTellsWhatItsCodeSaysOfAFailure(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, o operator.Operator, mode string) {
		dir := project(t, map[string]string{"tasks.py": `import pawl
def fail(): pawl.fail("out_of_stock", "no more of 17", {"item": 17})
def odd(): pawl.fail("odd", metadata=object())
def retry(): pawl.retry(1.5, 3)
def never(): pawl.retry(1, 0, "why")
def chain():
    try:
        {}["x"]
    except KeyError as error:
        raise ValueError("no x") from error
class Mute(Exception):
    def __str__(self): raise RuntimeError("no text")
def mute(): raise Mute()
def wrong(): import wrong
def mixed():
    pawl.output("a", 1)
    pawl.output("a", 2, item="x")
def parsed():
    import json
    json.loads("{")
`, "wrong.py": "\ndef (", "broken.py": "x = (\n"})
		failing := func(command string) *operator.Error {
			t.Helper()
			if !strings.Contains(command, ".") {
				command = "tasks." + command
			}
			tk := pyTask(t, dir, mode, command)
			tk.Services.Outputs = offered{}
			got := run(t, o, tk)
			var failure *operator.Error
			if !errors.As(got.err, &failure) {
				t.Fatalf("%s: got %v (printed %q)", command, got.err, got.printed)
			}
			return failure
		}
		e := failing("fail")
		metadata, _ := e.Props.MapAt("metadata")
		if label, _ := e.Props.String("label"); label != "out_of_stock" || fmt.Sprint(metadata) != `{"item":17}` ||
			e.Message != "pawl.Failure: out_of_stock: no more of 17" {
			t.Errorf("got %v, %v", e, e.Props)
		}
		if e := failing("odd"); e.Props.Has("metadata") ||
			e.Message != "pawl.Failure: odd (its metadata is left out, for it is no JSON: Object of type object is not JSON serializable)" {
			t.Errorf("got %v, %v", e, e.Props)
		}
		for command, want := range map[string]string{
			"fail": "tasks.py:2", "odd": "tasks.py:3", "retry": "tasks.py:4", "mute": "tasks.py:13", "wrong": "wrong.py:2", "broken.x": "broken.py:1",
			"mixed": "tasks.py:17", "parsed": "tasks.py:20",
		} {
			e := failing(command)
			file, _ := e.Props.String("file")
			line, _ := e.Props.Int("line")
			told, _ := e.Props.String("traceback")
			if got := fmt.Sprintf("%s:%d", filepath.Base(file), line); got != want {
				t.Errorf("%s: it is in %s, want %s", command, got, want)
			}
			if told == "" || strings.Contains(told, "<string>") || strings.Contains(told, "runner.py") {
				t.Errorf("%s: the traceback is\n%s", command, told)
			}
		}
		if label, _ := failing("odd").Props.String("label"); label != "odd" {
			t.Errorf("the label is %q", label)
		}
		if e := failing("mute"); e.Message != "tasks.Mute: <its text can't be had: RuntimeError in __str__>" {
			t.Errorf("got %v", e)
		}
		if e := failing("mixed"); !strings.HasSuffix(e.Message, "the output a is kept whole and by item: it has either one value or items") {
			t.Errorf("got %v", e)
		}
		if e := failing("retry"); e.Again == nil || *e.Again != (operator.Again{After: 1500 * time.Millisecond, Most: 3}) || e.Final {
			t.Errorf("got %+v", e)
		}
		if e := failing("never"); !e.Final || e.Message != "pawl.Retry: why" {
			t.Errorf("got %+v", e)
		}
		e = failing("chain")
		file, _ := e.Props.String("file")
		line, _ := e.Props.Int("line")
		cause, _ := e.Props.MapAt("cause")
		told, _ := e.Props.String("traceback")
		if filepath.Base(file) != "tasks.py" || line != 10 || fmt.Sprint(cause) != `{"class":"KeyError","message":"'x'"}` {
			t.Errorf("got %v", e.Props)
		}
		if !strings.Contains(told, "direct cause") || strings.Contains(told, "runner.py") || strings.Contains(told, "template") {
			t.Errorf("the traceback is\n%s", told)
		}
	})
}
