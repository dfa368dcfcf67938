package notebook_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

func read(t testing.TB, name, text string) *notebook.Notebook {
	t.Helper()
	n, err := notebook.Read(name, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return n
}

func write(t testing.TB, n *notebook.Notebook, f notebook.Format) string {
	t.Helper()
	b, err := n.Write(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var some = params.Of("n", 1, "upstream", params.Of("a", "/x/a.csv"), "product", "/x/out.csv")

func TestWhatIsNotChangedIsWrittenAsItWas(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if v.Error != "" {
			continue
		}
		if got := write(t, read(t, v.Name, v.Text), ""); got != v.Text {
			t.Errorf("%s\n%s", v.Name, cmp.Diff(v.Text, got))
		}
	}
}

// An injected cell adds lines to the file and changes no other; when it is
// removed again the file is what it was.
func TestInjectedCellsComeAndGoWithoutATrace(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, v := range vectors(t) {
		if v.Error != "" {
			continue
		}
		n := read(t, v.Name, v.Text)
		if n.Language() == "" || !n.Parameters().Found || n.OnlyParameters() || n.Remove() != n || !strings.HasSuffix(v.Text, "\n") {
			continue
		}
		manual, err := n.InjectManually(some)
		if err != nil {
			t.Fatal(err)
		}
		text := write(t, manual, "")
		again := read(t, v.Name, text)
		if diff := cmp.Diff(n.Code(), again.Code()); diff != "" || !again.InjectedManually() {
			t.Errorf("%s\n%s\ninjected: %v\ncode changed\n%s", v.Name, text, again.InjectedManually(), diff)
			continue
		}
		if got := write(t, again.Remove(), ""); got != v.Text {
			t.Errorf("%s\n%s\nremoved again\n%s", v.Name, text, cmp.Diff(v.Text, got))
		}
		twice, err := again.Inject(params.Of("n", 2))
		if err != nil {
			t.Fatal(err)
		}
		if len(twice.Cells) != len(again.Cells) || strings.Count(write(t, twice, ""), "injected-parameters") != strings.Count(text, "injected-parameters") {
			t.Errorf("%s: a second cell is injected\n%s", v.Name, write(t, twice, ""))
		}
		tried++
	}
	if tried < 45 {
		t.Errorf("only %d files were tried", tried)
	}
}

func TestParametersCellsAreAddedOnTop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a.py", "x = 1\n", "# + tags=[\"parameters\"]\n# the tasks whose products this one uses\nupstream = None\n# -\n\nx = 1\n"},
		{"a.py", "#!/bin/python\nx = 1\n# %%\ny\n", "#!/bin/python\n# %% tags=[\"parameters\"]\n# the tasks whose products this one uses\nupstream = None\n\n# %%\nx = 1\n# %%\ny\n"},
		{"a.R", "x <- 1\n", "# + tags=[\"parameters\"]\n# the tasks whose products this one uses\nupstream <- NULL\n# -\n\nx <- 1\n"},
		{"a.Rmd", "---\ntitle: x\n---\n\ntext\n", "---\ntitle: x\n---\n\n```{r tags=c(\"parameters\")}\n# the tasks whose products this one uses\nupstream <- NULL\n```\n\ntext\n"},
		{"a.qmd", "text\n\n```{python}\n#| label: x\ny\n```\n", "```{python}\n#| tags: [parameters]\n# the tasks whose products this one uses\nupstream = None\n```\n\ntext\n\n```{python}\n#| label: x\ny\n```\n"},
	} {
		n := read(t, c.name, c.text)
		got := write(t, n.WithParameters(true, false), "")
		if got != c.want {
			t.Errorf("%s\n%s", c.name, cmp.Diff(c.want, got))
		}
		again := read(t, c.name, got)
		if up, err := again.Upstream(); err != nil || len(up) != 0 || !again.Parameters().Found {
			t.Errorf("%s: %v %v", got, up, err)
		}
		if last := n.Cells[len(n.Cells)-1].Text; !strings.HasSuffix(again.Code(), last) || len(again.Cells) != len(n.Cells)+1 {
			t.Errorf("the code is %q, and was %q", again.Code(), n.Code())
		}
	}
}

func TestNotebooksAreWrittenInOtherFormats(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if v.Error != "" || v.Name == "a.ipynb" && v.Kernel == "" {
			continue
		}
		n := read(t, v.Name, v.Text)
		if n.Format() == "py:sphinx" {
			continue
		}
		book := read(t, "b.ipynb", write(t, n, "ipynb"))
		if diff := cmp.Diff(cellsOf(n), cellsOf(book)); diff != "" {
			t.Errorf("%s as ipynb\n%s", v.Text, diff)
		}
	}
	const text = "# %% [markdown]\n# Title\n\n# %% tags=[\"parameters\"]\nupstream = ['a']\n\n# %%\n# %time f()\n\nx = 1\n\n# %% [raw]\n# raw\n"
	n := read(t, "a.py", text)
	for _, f := range []notebook.Format{"py:percent", "py:light", "py:hydrogen", "ipynb"} {
		name := "a.py"
		if f == "ipynb" {
			name = "a.ipynb"
		}
		again := read(t, name, write(t, n, f))
		if diff := cmp.Diff(cellsOf(n), cellsOf(again)); diff != "" || again.Format() != f {
			t.Errorf("%s (%s)\n%s\n%s", f, again.Format(), write(t, n, f), diff)
		}
	}
	for _, f := range []notebook.Format{"py:sphinx", "doc", "py:xyz"} {
		if b, err := n.Write(f); err == nil {
			t.Errorf("as %s: %s", f, b)
		}
	}
}

func TestIPYNBIsForExecution(t *testing.T) {
	t.Parallel()
	n := read(t, "a.ipynb", `{"cells":[{"cell_type":"code","id":"x1","execution_count":3,"metadata":{"tags":["parameters"]},"outputs":[{"output_type":"stream","name":"stdout","text":"hi"}],"source":["a = 1\n","b"]}],"metadata":{"kernelspec":{"name":"old","language":"python"},"jupytext":{"text_representation":{"extension":".py"}}},"nbformat":4,"nbformat_minor":5}`)
	b, err := n.IPYNB(notebook.KernelSpec{Name: "python3", DisplayName: "Python 3", Language: "python"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"cells":[{"cell_type":"code","execution_count":null,"id":"x1","metadata":{"tags":["parameters"]},"outputs":[],"source":["a = 1\n","b"]}],"metadata":{"kernelspec":{"display_name":"Python 3","language":"python","name":"python3"}},"nbformat":4,"nbformat_minor":5}` + "\n"
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
	injected, err := n.Inject(some)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = injected.IPYNB(notebook.KernelSpec{}); err != nil || !json.Valid(b) || !bytes.Contains(b, []byte(`"id":"injected-parameters"`)) {
		t.Errorf("%v %s", err, b)
	}
}

func TestParametersOfR(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"upstream <- NULL":            nil,
		"upstream = list('a', \"b\")": {"a", "b"},
		"n <- 10\nflag = TRUE\nupstream <- list(\n  'a', # one\n  'b'\n)": {"a", "b"},
		"upstream <- list(a='x', 'b c'=1)":                                {"a", "b c"},
		"x.y <- c(1, 2)\n  upstream <- c('a') # why":                      {"a"},
		"upstream <- list('a')\nupstream <- list('b')":                    {"b"},
		"upstream <- list()":                                              nil,
		"f <- function(x) { upstream <- 1 }\nupstream <- list('z')":       {"z"},
	} {
		n := read(t, "a.R", "# + tags=[\"parameters\"]\n"+text+"\n# -\n\nx\n")
		got, err := n.Upstream()
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"x <- 1", "upstream <- f()", "upstream <- 'a'", "upstream <- list(1)", "upstream <- list('a'", "upstream <-"} {
		n := read(t, "a.R", "# + tags=[\"parameters\"]\n"+text+"\n# -\n\nx\n")
		if got, err := n.Upstream(); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
	n := read(t, "a.R", "# + tags=[\"parameters\"]\nproduct <- list(nb='a.ipynb', data=list('x', -1L, 2.5, FALSE))\n# -\n")
	got, err := n.Product()
	if want := params.Of("nb", "a.ipynb", "data", []any{"x", -1, 2.5, false}); err != nil || !params.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	out, err := n.Inject(params.Of("_a", nil, "b", []any{true, "x\"y", 1.5, params.Of("k", 2)}))
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Parameters\na = NULL\nb = list(TRUE, \"x\\\"y\", 1.5, list(\"k\" = 2))\n"; out.Cells[1].Text != want {
		t.Errorf("%q, want %q", out.Cells[1].Text, want)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a.txt", "x", `suffix ".txt"`},
		{"a.py", "\xff", "UTF-8"},
		{"a.ipynb", "x", "read notebook a.ipynb"},
		{"a.ipynb", "{}", "nbformat 4"},
		{"a.ipynb", `{"worksheets":[],"nbformat":3}`, "nbformat is 3"},
		{"a.ipynb", `{"cells":[1],"nbformat":4}`, "cell 1"},
		{"a.py", "# ---\n# jupyter: {\n# ---\n", ""},
		{"a.py", "# ---\n# jupyter:\n#   a: [\n# ---\n", "header"},
	} {
		if _, err := notebook.Read(c.name, []byte(c.text)); c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestLinesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	n := read(t, "a.py", "# ---\n# jupyter:\n#   x: 1\n# ---\n\n# %%\nx = 1\n\n# %% tags=[\"parameters\"]\nupstream = f()\n\n# %%\ny\n")
	if p := n.Parameters(); p.Line != 10 || p.Cell != 1 {
		t.Errorf("%+v", p)
	}
	if _, err := n.Upstream(); err == nil || !strings.Contains(err.Error(), "line 10:") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Name, v.Text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		n, err := notebook.Read(name, []byte(text))
		if err != nil {
			return
		}
		if got := write(t, n, ""); got != text {
			t.Errorf("%q is written as %q", text, got)
		}
		_, _ = n.Upstream()
		_, _ = n.Product()
		_ = n.Code()
		if _, err := n.IPYNB(notebook.KernelSpec{}); err != nil {
			t.Error(err)
		}
		book := read(t, "b.ipynb", write(t, n, "ipynb"))
		if n.Format() != "ipynb" && !cmp.Equal(cellsOf(n), cellsOf(book)) {
			t.Errorf("%q as ipynb: %v, want %v", text, cellsOf(book), cellsOf(n))
		}
		injected, err := n.Inject(some)
		if err != nil {
			return
		}
		own, err := injected.Write("")
		if err != nil {
			return
		}
		if again, err := notebook.Read(name, own); err != nil {
			t.Errorf("%q with a cell injected is %q: %v", text, own, err)
		} else if b, err := again.Write(""); err != nil || !bytes.Equal(b, own) {
			t.Errorf("%q is written as %q, %v", own, b, err)
		}
	})
}

func TestLargeFilesAreReadInTime(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"\n", "# %%\n", "# %% [markdown]\n# ```a\n", "# +\n", "#", "# ```a\n", "# x\n", "    \n", "'''\n", "# region\n", "%", "#+ a=", "```\n", "```{r a=\n", "# %% a=b=c {"} {
		text := strings.Repeat(part, 10_000)
		if !strings.HasSuffix(part, "\n") {
			text = text[:len(text)/10] // one long line
		}
		for _, name := range []string{"a.py", "a.R", "a.Rmd"} {
			if n, err := notebook.Read(name, []byte("x\n"+text+" x\n")); err == nil {
				n.Code()
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for i, body := range []string{"# %%\nx = f(1, 'a')\n\n# %% [markdown]\n# text\n\n", "x = f(1, 'a')\n\n# text\n\n# +\ndef f():\n    return 1\n# -\n\n"} {
		text := []byte(strings.Repeat(body, 2000))
		b.Run([]string{"percent", "light"}[i], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n, err := notebook.Read("a.py", text)
				if err != nil {
					b.Fatal(err)
				}
				n.Code()
			}
		})
	}
}

func TestTextForRIsWrittenAsCodePoints(t *testing.T) {
	t.Parallel()
	n, err := notebook.Read("a.R", []byte("x <- 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.Assignments(params.Of("text", "\u00fc \u6570 \U0001f600 \x01\"\\\n", "map", params.Of("\u00fc", "a")))
	if err != nil {
		t.Fatal(err)
	}
	want := "# Parameters\ntext = \"" + `\u00fc \u6570 \U0001f600 \u0001\"\\\n` + "\"\nmap = list(\"" + `\u00fc` + "\" = \"a\")\n"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
