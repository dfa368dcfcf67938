package pipeline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestWorkflowHasAnActionForEachTask(t *testing.T) {
	t.Parallel()
	p := one(t, `
clients: {ShellScript: db.shell, SQLScript: db.other}
tasks:
  - {source: last.sh, name: last one, product: {k: z.txt}}
  - {source: steps.go, product: x.txt, params: {n: 1, day: 2020-01-02}, on_finish: {dotted_path: steps.back, a: 1}}
  - {source: a.sh, name: fit-0, product: y.txt}
`, "last.sh", "{{product.k}} {{upstream.go}} {{upstream['fit-*']['fit-0']}}")
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.Dialect != pipeline.Dialect || w.Name != p.Name || len(w.Root.Children) != 3 {
		t.Fatalf("got %+v", w)
	}
	first, last := w.Root.Children[0], w.Root.Children[2]
	if first.Name != "+go" || first.Operator != "function" || last.Name != "+last one" || last.Operator != "shell" {
		t.Errorf("got %s %s, %s %s", first.Name, first.Operator, last.Name, last.Operator)
	}
	if diff := cmp.Diff([]workflow.Edge{{From: 0}, {From: 1}}, last.After); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first.Failure != (workflow.Failure{Scope: workflow.Descendants, Effect: workflow.FinishOthers}) {
		t.Errorf("a failure means %+v", first.Failure)
	}
	for path, want := range map[string]params.Value{
		"upstream": params.Of("go", p.Root+"/x.txt", "fit-*", params.Of("fit-0", p.Root+"/y.txt")),
		"product":  params.Of("k", p.Root+"/z.txt"),
		"class":    "ShellScript",
		"keyed":    true,
		"code":     p.Root + "/z.txt " + p.Root + "/x.txt " + p.Root + "/y.txt",
		"clients":  params.Of("ShellScript", params.Of("path", "db.shell", "args", params.Map{})),
		"task":     "last one",
		"dir":      p.Dir,
	} {
		if got, _ := last.Config.Get(path); !params.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]params.Value{
		"tracked":   params.Of("n", 1),
		"typed":     []any{params.Of("path", []any{"day"}, "type", "date")},
		"on_finish": params.Of("path", "steps.back", "args", params.Of("a", 1)),
		"source":    params.Of("kind", "function", "dotted", "steps.go", "path", p.Root+"/steps.py"),
	} {
		if got, _ := first.Config.Get(path); !params.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := last.Products[0]; got.Type != "File" || !got.Config.Equal(params.Of("path", p.Root+"/z.txt", "key", "k")) {
		t.Errorf("the product is %+v", got)
	}
}

func TestWorkflowIsInTheOrderOfDefinitionWhereItCan(t *testing.T) {
	t.Parallel()
	p := one(t, `
meta: {extract_upstream: false}
tasks:
  - {source: steps.go, name: d, product: d, upstream: [c, a], params: {upstream_: 1}}
  - {source: steps.go, name: b, product: b}
  - {source: steps.go, name: c, product: c, upstream: [a]}
  - {source: steps.go, name: a, product: a}
`)
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range w.Root.Children {
		names = append(names, n.Name)
	}
	if got := strings.Join(names, " "); got != "+a +c +d +b" {
		t.Errorf("the order is %s", got)
	}
}

func TestWhatIsLeftOutIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := one(t, `
meta: {extract_upstream: false}
tasks:
  - {source: steps.go, name: a, product: a}
  - {source: steps.go, name: b, product: b, upstream: a}
  - {source: steps.go, name: c, product: c, upstream: [a, b]}
`)
	w, err := pipeline.Workflow(p, func(task *pipeline.Task) bool { return task.Name != "a" })
	if err != nil {
		t.Fatal(err)
	}
	if kids := w.Root.Children; len(kids) != 2 || len(kids[0].After) != 0 || !cmp.Equal(kids[1].After, []workflow.Edge{{From: 0}}) {
		t.Errorf("got %+v", kids)
	}
}

func TestTasksAreFoundByName(t *testing.T) {
	t.Parallel()
	p := one(t, "[{source: a.sh, name: clean, product: x}, {source: a.sh, name: fit-0, product: y}, {source: a.sh, name: fit-1, product: z}]")
	for pattern, want := range map[string]string{"clean": "clean", "fit-*": "fit-0 fit-1", "*": "clean fit-0 fit-1"} {
		if got, err := p.Select(pattern); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s selects %v, %v", pattern, got, err)
		}
	}
	if _, err := p.Select("cleam"); model.CodeOf(err) != model.NotFound || !strings.Contains(model.HintsOf(err), `"clean"`) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Select("no*"); model.CodeOf(err) != model.NotFound {
		t.Errorf("got %v", err)
	}
}
