package notebooks_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/notebooks"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

const fit = `# %% tags=["parameters"]
upstream = None
product = None
n = None

# %%
print(n)
`

// folder writes files and returns where they are.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, dir string) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.Load(t.Context(), pipeline.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestInjectedParametersComeAndGoWithoutATrace(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: fit.py, product: out/fit.html, params: {n: 3}}\n- {source: s.py, class: ScriptRunner, product: out/s.txt}\n",
		"fit.py":        fit, "s.py": fit,
	})
	code := load(t, dir).Tasks[0].Code
	done, err := notebooks.Inject(load(t, dir), "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]notebooks.Injected{{Path: filepath.Join(dir, "fit.py"), Task: "fit"}}, done); diff != "" {
		t.Error(diff)
	}
	injected := read(t, dir, "fit.py")
	if want := "# Parameters\nn = 3\nproduct = \"" + filepath.Join(dir, "out", "fit.html") + "\"\n"; !strings.Contains(injected, want) {
		t.Errorf("file is\n%s\nwithout\n%s", injected, want)
	}
	if got := read(t, dir, "s.py"); got != fit {
		t.Errorf("a program was changed:\n%s", got)
	}
	if got := load(t, dir).Tasks[0].Code; got != code {
		t.Errorf("the code of the task became %q", got)
	}
	if _, err := notebooks.Inject(load(t, dir), ""); err != nil {
		t.Fatal(err)
	}
	if again := read(t, dir, "fit.py"); again != injected {
		t.Errorf("injected twice it is\n%s", again)
	}
	changed, err := notebooks.Remove(load(t, dir))
	if err != nil || len(changed) != 1 {
		t.Errorf("changed %q, %v", changed, err)
	}
	if got := read(t, dir, "fit.py"); got != fit {
		t.Errorf("file became\n%s", got)
	}
}

func TestPairedFilesGetTheParametersToo(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: fit.py, product: out/fit.html, params: {n: 3}}\n",
		"fit.py":        "# ---\n# jupyter:\n#   jupytext:\n#     formats: nbs//ipynb,py:percent\n# ---\n\n" + fit,
	})
	if _, err := notebooks.Inject(load(t, dir), ""); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "nbs/fit.ipynb"); !strings.Contains(got, `"n = 3\n"`) {
		t.Errorf("the notebook is %s", got)
	}
}

func TestPriorityChoosesAmongTasksOfAFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: fit.py, name: fit-, product: out/fit.html, grid: {n: [1, 2]}}\n" +
			"- {source: other.py, product: out/other.html}\n- {source: s.py, class: ScriptRunner, product: out/s.txt}\n",
		"fit.py": fit, "other.py": fit, "s.py": fit,
	})
	p := load(t, dir)
	done, err := notebooks.Inject(p, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"fit-1"}, done[0].Others); diff != "" || done[0].Task != "fit-0" {
		t.Errorf("%s is injected, others are %s", done[0].Task, diff)
	}
	if done, err = notebooks.Inject(p, "other, fit-1"); err != nil {
		t.Fatal(err)
	}
	if done[0].Task != "fit-1" || done[0].Others != nil || !strings.Contains(read(t, dir, "fit.py"), "\nn = 2\n") {
		t.Errorf("injected %+v:\n%s", done, read(t, dir, "fit.py"))
	}
	for priority, want := range map[string]string{
		"fit-0,fit-1": "both fit-0 and fit-1", "fit-*": "both fit-0 and fit-1", "fat-1": `there is no task "fat-1"`, "s": "is no notebook",
	} {
		if _, err := notebooks.Inject(p, priority); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q in it", priority, err, want)
		}
	}
	if _, err := notebooks.Inject(p, "none-*"); err != nil {
		t.Errorf("a pattern that finds nothing: %v", err)
	}
}

func TestReformatChangesOnlyTheSourcesOfTasks(t *testing.T) {
	t.Parallel()
	definition := `# fit.py is here
tasks:
  - source: fit.py   # fit.py
    product: out/fit.py.html
    params: {file: fit.py}
  - {source: 'src/b.py', name: b, product: {nb: out/b.ipynb, data: b.py}}
`
	dir := folder(t, map[string]string{"pipeline.yaml": definition, "fit.py": fit, "src/b.py": fit})
	if _, err := notebooks.Inject(load(t, dir), ""); err != nil {
		t.Fatal(err)
	}
	code := load(t, dir).Tasks[0].Code
	done, err := notebooks.Reformat(load(t, dir), "ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]notebooks.Formatted{
		{Old: filepath.Join(dir, "fit.py"), Path: filepath.Join(dir, "fit.ipynb")},
		{Old: filepath.Join(dir, "src", "b.py"), Path: filepath.Join(dir, "src", "b.ipynb")},
	}, done); diff != "" {
		t.Error(diff)
	}
	want := strings.NewReplacer("source: fit.py", "source: fit.ipynb", "src/b.py", "src/b.ipynb").Replace(definition)
	if diff := cmp.Diff(want, read(t, dir, "pipeline.yaml")); diff != "" {
		t.Error(diff)
	}
	p := load(t, dir)
	if p.Tasks[0].Code != code {
		t.Errorf("the code of the task became %q", p.Tasks[0].Code)
	}
	if strings.Contains(read(t, dir, "fit.ipynb"), "injected") {
		t.Error("the injected cell is still there")
	}
	if _, err := os.Stat(filepath.Join(dir, "fit.py")); err == nil {
		t.Error("the old file is still there")
	}
	if _, err := notebooks.Reformat(p, "py:percent"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(definition, read(t, dir, "pipeline.yaml")); diff != "" {
		t.Error(diff)
	}
	if got := load(t, dir).Tasks[0].Code; got != code {
		t.Errorf("the code of the task became %q", got)
	}
}

func TestReformatWritesNothingIfSomethingIsInTheWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files  map[string]string
		format notebook.Format
		want   string
	}{
		"file":        {map[string]string{"fit.ipynb": "mine"}, "ipynb", "is in the way"},
		"language":    {nil, "R:percent", "is python, which has no format"},
		"format":      {nil, "docx", "can't be in the format"},
		"placeholder": {map[string]string{"env.yaml": "name: b\n", "pipeline.yaml": "tasks:\n- {source: fit.py, product: out/fit.html}\n- {source: '{{name}}.py', product: out/b.html}\n"}, "ipynb", "does not stand as b.py"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"pipeline.yaml": "tasks:\n- {source: fit.py, product: out/fit.html}\n", "fit.py": fit, "b.py": fit}
			for name, text := range test.files {
				files[name] = text
			}
			dir := folder(t, files)
			_, err := notebooks.Reformat(load(t, dir), test.format)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
			for name, text := range files {
				if diff := cmp.Diff(text, read(t, dir, name)); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		})
	}
}

// asked answers for Python and notes what it was asked.
type asked struct {
	answer string
	calls  []python.Call
}

func (a *asked) Call(_ context.Context, c python.Call) (params.Value, error) {
	a.calls = append(a.calls, c)
	return a.answer, nil
}

func TestStrictTasksAreCheckedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: fit.py, product: out/fit.html, static_analysis: strict, params: {n: 3}}\n- {source: b.py, product: out/b.html}\n",
		"fit.py":        fit, "b.py": fit,
	})
	python := &asked{answer: "cell 3 is wrong"}
	err := notebooks.CheckStrict(t.Context(), load(t, dir), func() (notebooks.Analyst, error) { return python, nil })
	if want := filepath.Join(dir, "fit.py") + " (task fit): cell 3 is wrong"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if len(python.calls) != 1 {
		t.Fatalf("asked %d times", len(python.calls))
	}
	given, _ := python.calls[0].Args.Get("given")
	if diff := cmp.Diff([]params.Value{"n", "product"}, given); diff != "" {
		t.Error(diff)
	}
	python.answer = ""
	if err := notebooks.CheckStrict(t.Context(), load(t, dir), func() (notebooks.Analyst, error) { return python, nil }); err != nil {
		t.Error(err)
	}
}

func TestStrictFindingsComeFromTheCode(t *testing.T) {
	t.Parallel()
	interpreter := pythontest.Path(t)
	strict := "tasks:\n- {source: fit.py, product: out/fit.html, static_analysis: strict, params: %s}\n"
	for name, test := range map[string]struct{ params, code, want string }{
		"right":      {"{n: 1}", "", ""},
		"undefined":  {"{n: 1}", "print(m)\n", "line 8: undefined name 'm'"},
		"missing":    {"{}", "", "the task gives no n: add to its params"},
		"unexpected": {"{n: 1, m: 2}", "", "the cell for parameters does not assign m: add m = None"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"pipeline.yaml": fmt.Sprintf(strict, test.params), "fit.py": fit + test.code})
			host, err := python.Start(t.Context(), python.Config{Python: interpreter, Dir: dir, Env: os.Environ(), Cache: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer host.Close()
			err = notebooks.CheckStrict(t.Context(), load(t, dir), func() (notebooks.Analyst, error) { return host, nil })
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
		})
	}
}
