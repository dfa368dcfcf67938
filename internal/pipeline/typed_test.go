package pipeline_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

func TestFloatsThatJSONLacksAreTrackedAsSuch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "pipeline.yaml"), "tasks:\n- {source: t.f, product: x, params: {a: .inf, b: [1, {c: -.inf}], d: 2020-01-02, e: inf}}\n")
	write(t, filepath.Join(root, "t.py"), "def f(product, a, b, d, e):\n    pass\n")
	p, err := load(t, pipeline.Options{Dir: root})
	if err != nil {
		t.Fatal(excerpt(err))
	}
	w, err := pipeline.Workflow(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	travelled, err := pipeline.TrackedIn(w.Root.Children[0].Config)
	if err != nil {
		t.Fatal(err)
	}
	inner := params.Map{}.Set("c", math.Inf(-1))
	want := params.Map{}.Set("a", math.Inf(1)).Set("b", []params.Value{int64(1), inner}).Set("e", "inf")
	for _, got := range []params.Map{p.Tasks[0].Tracked(), travelled} {
		if !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestTuplesAndKeysThatAreNoTextsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "env.yaml"), "ids: (1, 2)\ndeep: {x: '(3, [(4,)])'}\n")
	write(t, filepath.Join(root, "pipeline.yaml"), `tasks:
- {source: t.f, product: x, params: {a: "{{ids}}", b: "{{deep.x}}", c: {1: 2020-01-02, "1.5": {2.5: "()"}}, d: "{True: [(1, 2)], 'k': {(1)}}", e: "1, 2", g: "[1, 2]"}}
- {source: q.sql, product: [t, table], product_class: SQLRelation, client: t.c, params: {ids: "{{ids}}", names: "{1: ('a',)}"}}
- {source: t.g, name: "g-[[n]]", product: "[[n]]", grid: {n: "[(1, 1), [2], 3]"}}
`)
	write(t, filepath.Join(root, "t.py"), "def f(product, a, b, c, d, e, g): pass\ndef g(product, n): pass\ndef c(): pass\n")
	write(t, filepath.Join(root, "q.sql"), "CREATE TABLE {{product}} AS SELECT * FROM x WHERE id IN {{ids}} AND name IN {{names[1]}}")
	p, err := load(t, pipeline.Options{Dir: root})
	if err != nil {
		t.Fatal(excerpt(err))
	}
	typed := func(kind string, path ...string) pipeline.Typed { return pipeline.Typed{Path: path, Type: kind} }
	if diff := cmp.Diff([]pipeline.Typed{
		typed("tuple", "a"), typed("tuple", "b", "1", "0"), typed("tuple", "b"),
		typed("date", "c", "1"), typed("key", "c", "1"), typed("tuple", "c", "1.5", "2.5"), typed("key", "c", "1.5", "2.5"),
		typed("tuple", "d", "true", "0"), typed("key", "d", "true"), typed("tuple", "e"),
	}, p.Tasks[0].Typed); diff != "" {
		t.Errorf("typed (-want +got):\n%s", diff)
	}
	tracked := params.Of("a", []any{1, 2}, "b", []any{3, []any{[]any{4}}}, "d", params.Of("true", []any{[]any{1, 2}}, "k", []any{1}), "e", []any{1, 2}, "g", []any{1, 2})
	if got := p.Tasks[0].Tracked(); !got.Equal(tracked) {
		t.Errorf("tracked %v, want %v", got, tracked)
	}
	if got, want := p.Tasks[1].Code, "CREATE TABLE t AS SELECT * FROM x WHERE id IN (1, 2) AND name IN ('a',)"; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
	for i, want := range []string{"g-(1, 1)", "g-[2]", "g-3"} {
		if task := p.Tasks[2+i]; task.Name != want || (len(task.Typed) == 1) != (i == 0) {
			t.Errorf("task %d is %q with %v, want %q", i, task.Name, task.Typed, want)
		}
	}
}
