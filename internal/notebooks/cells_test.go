package notebooks_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/notebooks"
)

const julia = `{"cells": [
  {"cell_type": "code", "execution_count": null, "metadata": {"tags": ["parameters"]}, "outputs": [], "source": ["upstream = nothing\n", "product = nothing"]},
  {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": ["1"]}],
 "metadata": {"kernelspec": {"display_name": "Julia", "language": "julia", "name": "julia"}}, "nbformat": 4, "nbformat_minor": 4}
`

func TestCellsAreThoseOfAllFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"fit.py": fit, "program.py": fit, "other.ipynb": julia,
		"pipeline.yaml": `
meta: {extract_upstream: false}
tasks:
- {source: fit.py, name: fit, product: {nb: fit.ipynb, data: fit.csv}, params: {n: 1}}
- {source: other.ipynb, product: other.html, class: NotebookRunner, kernelspec_name: julia}
- {source: program.py, class: ScriptRunner, product: program.csv, params: {n: 3}}
- {source: fit.py, name: fit-2, product: {nb: fit-2.ipynb, data: fit-2.csv}, params: {n: 2}}
`})
	p := load(t, dir)
	for priority, want := range map[string][]string{
		"":      {"fit.py fit n = 1", "other.ipynb other ", "program.py program n = 3"},
		"fit-2": {"fit.py fit-2 n = 2", "other.ipynb other ", "program.py program n = 3"},
	} {
		cells, err := notebooks.Cells(p, priority)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range cells {
			_, n, _ := strings.Cut(c.Code, "# Parameters\n")
			n, _, _ = strings.Cut(n, "\n")
			got = append(got, filepath.Base(c.Path)+" "+c.Task+" "+n)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("priority %q: %s", priority, diff)
		}
		if err := cells[1].Err; err == nil || !strings.Contains(err.Error(), `"julia"`) {
			t.Errorf("the error of a language that nobody knows is %v", err)
		}
		if cells[0].Err != nil || cells[2].Err != nil {
			t.Errorf("%v, %v", cells[0].Err, cells[2].Err)
		}
	}
	if _, err := notebooks.Cells(p, "nobody"); err == nil {
		t.Error("a priority that is no task is accepted")
	}
}

func TestProductsOfAFileAreThoseOfAllItsTasks(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"fit.py": fit, "pipeline.yaml": `
meta: {extract_upstream: false}
tasks:
- {source: fit.py, name: fit, product: {nb: fit.ipynb, data: a.csv}, params: {n: 1}}
- {source: fit.py, name: fit-2, product: {nb: fit-2.ipynb, data: b.csv}, params: {n: 2}}
`})
	var got []string
	for _, path := range notebooks.Files(load(t, dir))[0].Products() {
		got = append(got, filepath.Base(path))
	}
	if diff := cmp.Diff([]string{"fit.ipynb", "a.csv", "fit-2.ipynb", "b.csv"}, got); diff != "" {
		t.Error(diff)
	}
}
