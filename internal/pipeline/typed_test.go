package pipeline_test

import (
	"math"
	"path/filepath"
	"testing"

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
