package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/pipeline"
)

const cell = "# %% tags=[\"parameters\"]\nupstream = None\nproduct = None\n\n# %%\n1\n"

func TestNotebooksWithoutCellForParametersAreReadAsIfThereWasOne(t *testing.T) {
	t.Parallel()
	const text = "# %%\nx = 1\n"
	dir := project(t, "[{source: nb.py, product: nb.ipynb}]", "nb.py", text)
	before := must(t, pipeline.Options{Dir: dir})
	if got, _ := os.ReadFile(filepath.Join(dir, "nb.py")); string(got) != text {
		t.Errorf("the file was rewritten:\n%s", got)
	}
	after := must(t, pipeline.Options{Dir: dir, AddCells: true})
	got, err := os.ReadFile(filepath.Join(dir, "nb.py"))
	if err != nil || !strings.Contains(string(got), "upstream = None") || !strings.Contains(string(got), "parameters") {
		t.Errorf("no cell was added: %v\n%s", err, got)
	}
	if !strings.Contains(after.Warnings.Error(), "one was added") || len(before.Warnings) > 0 {
		t.Errorf("warnings are %v", after.Warnings)
	}
	if !slices.Contains(after.Inputs, filepath.Join(dir, "nb.py")) {
		t.Errorf("the notebook is not among the inputs %v", after.Inputs)
	}
	again := must(t, pipeline.Options{Dir: dir})
	if before.Tasks[0].Code != after.Tasks[0].Code || after.Tasks[0].Code != again.Tasks[0].Code {
		t.Errorf("the code is\n%s\nthen\n%s\nthen\n%s", before.Tasks[0].Code, after.Tasks[0].Code, again.Tasks[0].Code)
	}
}

func TestFoldersAndPatternsOfNotebooks(t *testing.T) {
	t.Parallel()
	declares := func(upstream, product string) string {
		return "# %% tags=[\"parameters\"]\nupstream = " + upstream + "\nproduct = " + product + "\n\n# %%\n1\n"
	}
	dir := folder(t, map[string]string{
		"nbs/a.py": declares("None", "'out/a.ipynb'"), "nbs/b.py": declares("['a']", "{'nb': 'out/b.ipynb', 'x': 'out/x.csv'}"),
		"nbs/readme.md": "", "nbs/.hidden.py": "x", "nbs/deep/c.py": declares("None", "'out/c.ipynb'"),
	})
	for _, entry := range []string{"nbs", "nbs/*.py"} {
		p := must(t, pipeline.Options{Dir: dir, Entry: entry})
		if len(p.Tasks) != 2 || p.Tasks[0].Name != "a" || p.Tasks[1].Upstream[0].Task != "a" {
			t.Errorf("%s has %+v", entry, p.Tasks)
		}
		if got, want := p.Tasks[1].Products[1].Path, dir+"/out/x.csv"; got != want {
			t.Errorf("a product is %s, want %s", got, want)
		}
	}
	refused(t, pipeline.Options{Dir: dir, Entry: "nbs/*.[mp]*"}, "readme.md matches the pattern", "is no notebook")
}

func TestNotebooksThatCannotRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ task, text, says string }{
		"nothing to run":   {"product: x.ipynb", "# %% tags=[\"parameters\"]\nupstream = None\n", "there is nothing to run"},
		"no upstream":      {"product: x.ipynb", "# %% tags=[\"parameters\"]\nx = 1\n\n# %%\n1\n", "nb.py:"},
		"unknown upstream": {"product: x.ipynb", "# %% tags=[\"parameters\"]\nupstream = ['nothing']\n\n# %%\n1\n", `nb.py:2:14: task "nb" comes after "nothing"`},
		"no key for it":    {"product: {a: x.csv}", cell, `there is no "nb" among the products`},
		"another key":      {"product: {a: x.csv}, nb_product_key: b", cell, `there is no "b" among the products`},
		"no kind":          {"product: x.csv", cell, "it can't be told what kind of document x.csv is"},
		"no suffix":        {"product: x", cell, "it can't be told what kind of document x is"},
		"webpdf":           {"product: x.html, nbconvert_exporter_name: webpdf", cell, "ends in .pdf"},
		"one more":         {"product: {a: x.ipynb, b: y.html}, nb_product_key: [a]", cell, `the product "b" is a document`},
		"exporter texts":   {"product: {a: x.ipynb}, nb_product_key: [a], nbconvert_exporter_name: html", cell, "must be a mapping"},
		"exporter map":     {"product: x.ipynb, nbconvert_exporter_name: {nb: html}", cell, "must be one text"},
		"exporter key":     {"product: {a: x.ipynb}, nb_product_key: [a], nbconvert_exporter_name: {b: html}", cell, `has the key "b"`},
		"engines":          {"product: x.ipynb, executor_params: {engine_name: ploomber-engine}", cell, "leave one of them out"},
		"folders":          {"product: x.ipynb, executor_params: {cwd: /}, local_execution: true", cell, "together with local_execution"},
		"debugging":        {"product: x.ipynb, executor_params: {engine_name: papermill}, debug_mode: now", cell, "together with debug_mode"},
		"analysis":         {"product: x.ipynb, static_analysis: strickt", cell, `did you mean "strict"?`},
		"a relation":       {"product: [a, table], product_class: SQLRelation", cell, "can't make a SQLRelation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "[{source: nb.py, "+c.task+"}]", "nb.py", c.text)
			refused(t, pipeline.Options{Dir: dir}, c.says)
		})
	}
}

func TestOldNameOfExecutorParamsIsWarnedOf(t *testing.T) {
	t.Parallel()
	p := one(t, "[{source: nb.py, product: x.ipynb, papermill_params: {log_output: true}}]", "nb.py", cell)
	got, _ := p.Tasks[0].Options.MapAt("executor_params")
	if v, _ := got.Get("log_output"); v != true || p.Tasks[0].Options.Has("papermill_params") || len(p.Warnings) != 1 {
		t.Errorf("options are %v, warnings %v", p.Tasks[0].Options, p.Warnings)
	}
}
