package pipeline_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// What records say of the products of others depends neither on where the project
// is nor on whether the pipeline or a part of a workflow is asked.
func TestWhatTasksAreMadeOfIsTheSameInAnyFolder(t *testing.T) {
	t.Parallel()
	p := one(t, `
meta: {extract_upstream: false}
tasks:
  - {source: a.sh, name: one, product: out/one.txt, params: {k: 1}}
  - {source: a.sh, name: two-, product: {a: out/a.txt, b: /elsewhere/b.txt}, grid: {k: [1, 2]}}
  - {source: all.sh, name: all, product: out/all.txt, upstream: [one, 'two-*']}
`, "a.sh", "{{product}} {{k}}", "all.sh", "{{product}} {% if upstream %}{% endif %}")
	tasks := make(map[string]*pipeline.Task)
	for _, task := range p.Tasks {
		tasks[task.Name] = task
	}
	want := params.Of("one", "out/one.txt", "two-*", params.Of(
		"two-0", params.Of("a", "out/a-0.txt", "b", "/elsewhere/b-0.txt"),
		"two-1", params.Of("a", "out/a-1.txt", "b", "/elsewhere/b-1.txt"),
	))
	if diff := cmp.Diff(params.Literal(want), params.Literal(p.MadeOf(tasks["all"], tasks))); diff != "" {
		t.Errorf("of the pipeline (-want +got):\n%s", diff)
	}
	if m := p.MadeOf(tasks["one"], tasks); m.Len() != 0 {
		t.Errorf("what needs nothing is made of %v", m)
	}
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pipeline.Portable(w, p.Root, filepath.Dir(p.Root)); err != nil {
		t.Fatal(err)
	}
	config := w.Root.Children[len(w.Root.Children)-1].Config
	for _, of := range []params.Map{config, pipeline.At(config, "/any/folder")} {
		got, err := pipeline.MadeOfIn(of)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(params.Literal(want), params.Literal(got)); diff != "" {
			t.Errorf("of the workflow (-want +got):\n%s", diff)
		}
	}
}
