package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// nbCell is a cell of an ipynb file.
type nbCell struct {
	Type     string `json:"cell_type"`
	Metadata struct {
		Tags []string `json:"tags"`
	} `json:"metadata"`
	Source  any              `json:"source"`
	Outputs []map[string]any `json:"outputs"`
}

func (c nbCell) text() string {
	switch s := c.Source.(type) {
	case string:
		return s
	case []any:
		var b strings.Builder
		for _, line := range s {
			b.WriteString(line.(string))
		}
		return b.String()
	}
	return ""
}

func codeOf(t *testing.T, text string) []nbCell {
	t.Helper()
	var nb struct {
		Cells []nbCell `json:"cells"`
	}
	if err := json.Unmarshal([]byte(text), &nb); err != nil {
		t.Fatal(err)
	}
	var cells []nbCell
	for _, c := range nb.Cells {
		if c.Type == "code" {
			cells = append(cells, c)
		}
	}
	return cells
}

const script = `# + tags=["parameters"]
upstream = None
product = None
n = None
# -

# +
`

func TestNotebooksExecuteTheCellsThatPloomberExecutes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/peer")); err != nil {
		t.Fatal(err)
	}
	p := openProject(t, dir)
	want := map[string][]string{}
	text, err := os.ReadFile("testdata/cells.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	// Nothing that they come after has to be there, but for what fit reads.
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "out", "fn-0.txt"), []byte("3"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, config := range p.configs() {
		if op, _ := config.String("operator"); op != "notebook" {
			continue
		}
		name, _ := config.String("task")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := new(output)
			if err := p.runTask(t.Context(), config, out); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var got []string
			for _, c := range codeOf(t, p.read("out/"+name+".ipynb")) {
				got = append(got, c.text())
			}
			if diff := cmp.Diff(folderless(dir, want[name]), folderless(dir, got)); diff != "" {
				t.Errorf("-ploomber +pawl\n%s", diff)
			}
		})
	}
}

// folderless returns cells without what follows from the length of the folder's
// path: where lines are broken.
func folderless(dir string, cells []string) []string {
	list := make([]string, len(cells))
	for i, text := range cells {
		text = strings.ReplaceAll(text, dir, "ROOT")
		if strings.HasPrefix(text, "# Parameters\n") {
			text = strings.Join(strings.Fields(text), "")
			text = strings.NewReplacer(",}", "}", ",]", "]", "(", "", ")", "").Replace(text)
		}
		list[i] = text
	}
	return list
}

func TestNotebookGetsParametersAndPrintsIntoTheLog(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- source: nb.py\n  product: {nb: out/nb.html, data: out/n.txt}\n  params: {n: 42}\n",
		"nb.py": script + `from pathlib import Path
import sys
Path(product["data"]).write_text(str(n))
print("n is", n)
print("careful", file=sys.stderr)
`,
	})
	out := p.mustRun()
	for _, want := range []string{"n is 42\n", "careful\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, which lacks %q", out, want)
		}
	}
	if strings.Contains(out, "WARNING") || strings.Contains(out, "Executing") {
		t.Errorf("printed %q", out)
	}
	if got := p.read("out/n.txt"); got != "42" {
		t.Errorf("the notebook wrote %q", got)
	}
	if html := p.read("out/nb.html"); !strings.Contains(html, "<html") || !strings.Contains(html, "n is 42") {
		t.Errorf("no document: %.200q", html)
	}
	if p.has("out/nb.ipynb") {
		t.Error("the executed notebook was left behind")
	}
}

func TestNotebookBecomesAllDocumentsOfItsKeys(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": `tasks:
- source: nb.py
  product: {web: out/a.html, nb: out/b.ipynb, slides: out/c.htm, text: out/d.md}
  nb_product_key: [web, nb, slides, text]
  nbconvert_exporter_name: {slides: slides}
  executor_params: {progress_bar: true}
`,
		"nb.py": script + "print('hello')\n",
	})
	out := p.mustRun()
	for name, want := range map[string]string{
		"out/a.html": "<html", "out/b.ipynb": `"nbformat": 4`, "out/c.htm": "reveal", "out/d.md": "```python",
	} {
		if text := p.read(name); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: %.200q", name, want, text)
		}
	}
	if p.has("out/d.ipynb") {
		t.Error("a notebook was left behind that is no product")
	}
	if !strings.Contains(out, "cell 3 of 3 took ") {
		t.Errorf("no progress in %q", out)
	}
}

func TestFailedNotebookStaysAndIsNamed(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- source: nb.py\n  product: out/nb.html\n",
		"nb.py":         script + "print('before')\n# -\n\n# +\n1 / 0\n# -\n\n# +\nprint('after')\n",
		"out/nb.html":   "old",
	})
	_, err := p.run()
	var failure *operator.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error is %v", err)
	}
	if want := "ZeroDivisionError: division by zero (what was executed is in out/nb.ipynb)"; !strings.Contains(failure.Message, want) {
		t.Errorf("message is %q, want %q in it", failure.Message, want)
	}
	if trace, _ := failure.Props.String("traceback"); !strings.Contains(trace, "1 / 0") || strings.Contains(trace, "\x1b") || strings.Contains(trace, "papermill") {
		t.Errorf("traceback is %q", trace)
	}
	cells := codeOf(t, p.read("out/nb.ipynb"))
	if len(cells) != 5 || len(cells[2].Outputs) != 1 || len(cells[4].Outputs) != 0 {
		t.Errorf("cells are %+v", cells)
	}
	if got := p.read("out/nb.html"); got != "old" {
		t.Errorf("the product became %q", got)
	}
}

func TestMistakesAreFoundBeforeNotebooksRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, options, code, want string }{
		{"undefined name", "", "print(nothing)", "line 8: undefined name 'nothing'"},
		{"syntax", "", "%time 1\nif True\n    pass", "line 9: syntax error"},
		{"strict", "static_analysis: strict", "print(1)", "the task gives no n"},
		{"unknown kernel", "kernelspec_name: klingon", "print(1)", "there is no kernel 'klingon' (there is"},
		{"unknown exporter", "nbconvert_exporter_name: papyrus", "print(1)", "'papyrus' is no exporter of nbconvert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{
				"pipeline.yaml": "tasks:\n- source: nb.py\n  product: out/nb.html\n  " + test.options + "\n",
				"nb.py":         script + test.code + "\n",
			})
			_, err := p.run()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
			if p.has("out/nb.ipynb") {
				t.Error("it ran all the same")
			}
		})
	}
}

func TestAnalysisLetsPassWhatRunsInNotebooks(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- source: nb.py\n  product: out/nb.ipynb\n  params: {n: 1, unused: 2}\n",
		"nb.py": script + `import asyncio
await asyncio.sleep(0)
if n:
    %time m = 1
!echo from the shell
# -

# + language="bash"
# echo from bash
# -

# + tags=["x"]
import os
`,
	})
	out := p.mustRun()
	for _, want := range []string{
		"from the shell", "warning: the notebook does not use unused\n", "warning: line 20: 'os' imported but unused\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, which lacks %q", out, want)
		}
	}
}

func TestLocalExecutionRunsWhereTheNotebookIs(t *testing.T) {
	t.Parallel()
	nb := script + "import os; print('in', os.path.realpath('.'))\n"
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: src/a.py, product: out/a.ipynb}\n- {source: src/b.py, product: out/b.ipynb, local_execution: true}\n",
		"src/a.py":      nb, "src/b.py": nb,
	})
	p.cwd = t.TempDir()
	out := p.mustRun()
	for _, want := range []string{"in " + p.cwd + "\n", "in " + filepath.Join(p.dir, "src") + "\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, which lacks %q", out, want)
		}
	}
}

func TestEndOfATaskEndsItsKernel(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, file, code string }{
		{"python", "nb.py", script + "import os, time\nopen(product + '.pid', 'w').write(str(os.getpid()))\nprint('ready', flush=True)\ntime.sleep(600)\n"},
		{"r", "nb.R", "# + tags=[\"parameters\"]\nupstream <- NULL\nproduct <- NULL\n# -\n\n# +\ncat(Sys.getpid(), file = paste0(product, '.pid'))\ncat('ready\\n')\nflush.console()\n# -\n\n# +\nSys.sleep(600)\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{
				"pipeline.yaml": "tasks:\n- {source: " + test.file + ", product: out/nb.ipynb}\n", test.file: test.code,
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen := make(chan struct{})
			out := &output{seen: seen, word: "ready"}
			ended := make(chan error, 1)
			config := p.configs()[0]
			go func() { ended <- p.runTask(ctx, config, out) }() // waited for below
			select {
			case <-seen:
				cancel()
			case err := <-ended:
				t.Fatalf("%v\n%s", err, out)
			}
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v", err)
			}
			waitForEnd(t, p.read("out/nb.ipynb.pid"))
		})
	}
}

func TestRenderReadsAllFormats(t *testing.T) {
	t.Parallel()
	body := "\n```{python}\n#| tags: [parameters]\nupstream = None\nproduct = None\n```\n\n```{python}\nprint(1)\n```\n"
	path := filepath.Join(t.TempDir(), "nb.qmd")
	if err := os.WriteFile(path, []byte("---\ntitle: x\njupyter: python3\n---\n"+body), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := pipeline.Render(params.Of(
		"source", params.Of("path", path), "options", params.Of("kernelspec_name", "python3"),
		"params", params.Of("d", "2024-01-02T10:11:12", "l", []any{"inf", 1}),
		"typed", []any{params.Of("path", []any{"d"}, "type", "datetime"), params.Of("path", []any{"l", "0"}, "type", "float")},
		"products", []any{params.Of("key", "0", "path", "/a"), params.Of("key", "1", "schema", "s", "name", "t", "kind", "table")}, "keyed", true,
		"needs", []any{
			params.Of("task", "a-1", "group", "a-*", "products", []any{params.Of("path", "/b")}, "product_class", "File"),
			params.Of("task", "c", "products", []any{params.Of("key", "k", "name", "t", "kind", "table")}, "product_class", "SQLRelation", "keyed", true),
		},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := `# Parameters
d = "2024-01-02 10:11:12"
l = [float('inf'), 1]
upstream = {"a-*": {"a-1": "/b"}, "c": {"k": "t"}}
product = ["/a", "s.t"]
`
	cells := codeOf(t, string(r.Content))
	if len(cells) != 3 || cells[1].text() != want {
		t.Errorf("cells are %+v", cells)
	}
	if r.Kernel != "python3" {
		t.Errorf("kernel is %q", r.Kernel)
	}
}

func TestOtherExecutorsRunNotebooksToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options string
		absent  string // a library that can't be imported
		want    string // in the output
		refused string
	}{
		"nbclient":         {"executor_params: {progress_bar: true, cwd: sub}", "papermill", "cell 3 of 4 took ", ""},
		"none":             {"kernelspec_name: python3", "jupyter_client", "", "notebooks need Jupyter: "},
		"nbclient refuses": {"executor_params: {report_mode: true}", "papermill", "", "only papermill knows report_mode of executor_params: "},
		"ploomber-engine":  {"executor: ploomber-engine", "", "", ""},
		"debug later":      {"debug_mode: later", "", "", ""},
		"debug now":        {"debug_mode: now", "", "", "debug_mode: now needs a terminal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"pipeline.yaml": "tasks:\n- source: nb.py\n  product: out/nb.ipynb\n  " + test.options + "\n",
				"nb.py":         script + "n = 'six'\nprint('this is', n)\n# -\n\n# +\n1 / 0\n",
				"sub/x":         "",
			}
			if test.absent != "" {
				files[test.absent+".py"] = "raise ImportError('it is not there', name='" + test.absent + "')\n"
			}
			p := newProject(t, files)
			p.env = append(p.env, "PLOOMBER_STATS_ENABLED=false")
			out, err := p.run()
			want := test.refused
			if want == "" {
				want = "ZeroDivisionError: division by zero"
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("error is %v, want %q in it\n%s", err, want, out)
			}
			if test.refused != "" {
				return
			}
			if !strings.Contains(out, test.want) || !strings.Contains(out, "six\n") {
				t.Errorf("printed %q", out)
			}
			if !strings.Contains(err.Error(), "(what was executed is in out/nb.ipynb)") || !strings.Contains(p.read("out/nb.ipynb"), "division by zero") {
				t.Errorf("error is %v", err)
			}
			if name == "debug later" && !p.has("nb.dump") {
				t.Error("no dump was written")
			}
		})
	}
}
