package build_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/workflow"
)

// site is a project that is built by its outline.
type site struct {
	*testing.T
	dir string
}

func newSite(t *testing.T, files map[string]string) site {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := site{t, dir}
	for path, content := range files {
		s.write(path, content)
	}
	p, err := pipeline.Load(context.Background(), s.options())
	if err != nil {
		t.Fatal(err)
	}
	o, ok := build.OutlineOf(p)
	if !ok {
		t.Fatal("there is no outline")
	}
	seal, ok := build.Origin{Inputs: p.Inputs, Paths: p.Paths, Began: later()}.Seal()
	s.keep(o, seal, ok)
	return s
}

func (s site) options() pipeline.Options { return pipeline.Options{Dir: s.dir, Lookup: nowhere} }

func nowhere(string) (string, bool) { return "", false }

func (s site) write(path, content string) {
	s.Helper()
	path = filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		s.Fatal(err)
	}
}

func (s site) file() string { return filepath.Join(s.dir, "outline") }

func (s site) keep(o *build.Outline, seal build.Seal, ok bool) {
	s.Helper()
	if !ok {
		s.Fatal("there is no seal")
	}
	if err := o.Write(s.file(), seal); err != nil {
		s.Fatal(err)
	}
}

// build plans by the outline, and returns it with the names of what is to be run.
func (s site) build(b build.Options) (o *build.Outline, runs []string) {
	s.Helper()
	o, ok := build.ReadOutline(s.file(), nil, nowhere)
	if !ok {
		s.Fatal("the outline does not count")
	}
	b.Now = later()
	plan, ok := o.Build(context.Background(), s.options(), b)
	if !ok {
		s.Fatal("the outline is not enough")
	}
	w, err := plan.Workflow()
	if err != nil {
		s.Fatal(err)
	}
	for _, n := range w.Root.Children {
		code, err := n.Config.StringOr("code", "")
		if err != nil {
			s.Fatal(err)
		}
		runs = append(runs, n.Name+": "+code)
	}
	return o, runs
}

func TestWhatAChangedSourceBeginsToReadIsLookedAtFromThenOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{
		"pipeline.yaml":   "meta: {source_loader: {path: scripts}}\ntasks:\n- {source: one.sh, product: out.txt}\n",
		"scripts/one.sh":  "echo > {{product}}",
		"scripts/more.sh": "{% macro word() %}old{% endmacro %}",
	})
	s.write("scripts/one.sh", "{% import 'more.sh' as more %}echo {{more.word()}} > {{product}}")
	for _, word := range []string{"old", "another"} {
		o, runs := s.build(build.Options{})
		if diff := cmp.Diff([]string{"+one: echo " + word + " > " + filepath.Join(s.dir, "out.txt")}, runs); diff != "" {
			t.Fatal(diff)
		}
		seal, ok := o.Reseal(later())
		s.keep(o, seal, ok)
		s.write("scripts/more.sh", "{% macro word() %}another{% endmacro %}")
	}
}

// A notebook that is to get a cell for parameters is rewritten by a load alone,
// which tells of it.
func TestANotebookThatLacksACellMeansALoad(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: nb.py, product: out.ipynb}\n",
		"nb.py":         "# %% tags=[\"parameters\"]\nupstream = None\nproduct = None\n# %%\n1\n",
	})
	const lacking = "# %%\n1\n"
	s.write("nb.py", lacking)
	o, ok := build.ReadOutline(s.file(), nil, nowhere)
	if !ok {
		t.Fatal("the outline does not count")
	}
	load := s.options()
	load.AddCells = true
	if _, ok := o.Build(context.Background(), load, build.Options{Now: later()}); ok {
		t.Error("it is built by its outline")
	}
	if now, err := os.ReadFile(filepath.Join(s.dir, "nb.py")); err != nil || string(now) != lacking {
		t.Errorf("it was rewritten: %q, %v", now, err)
	}
}

// Where a part of a pipeline is built and what it needs is left as it is, tasks
// come in the order of the whole, although none waits for another.
func TestTasksThatAreReadAgainComeInTheOrderOfTheWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: last.sh, name: x-last, product: last}\n- {source: middle.sh, product: middle}\n- {source: first.sh, name: x-first, product: first}\n",
		"last.sh":       "cat {{upstream['middle']}} > {{product}}",
		"middle.sh":     "cat {{upstream['x-first']}} > {{product}}",
		"first.sh":      "echo > {{product}}",
	})
	_, runs := s.build(build.Options{Force: true, Selection: product.Selection{Target: "x-*", Alone: true}})
	want := []string{
		"+x-first: echo > " + filepath.Join(s.dir, "first"),
		"+x-last: cat " + filepath.Join(s.dir, "middle") + " > " + filepath.Join(s.dir, "last"),
	}
	if diff := cmp.Diff(want, runs); diff != "" {
		t.Error(diff)
	}
}

// compareWorkflows fails unless two plans run the same.
func (w *world) compareWorkflows(want, got *build.Plan) {
	a, err := want.Workflow()
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := got.Workflow()
	if err != nil {
		w.t.Fatal(err)
	}
	if (a == nil) != (b == nil) {
		w.t.Fatalf("one plan runs something, and one does not: %v, %v", a, b)
	}
	if a == nil {
		return
	}
	for _, flow := range []*workflow.Workflow{a, b} {
		for _, n := range flow.Root.Children {
			n.Pos = workflow.Pos{} // of what was read from an outline, nobody knows
		}
	}
	loaded, outlined := a.AppendBinary(nil), b.AppendBinary(nil)
	if !bytes.Equal(loaded, outlined) {
		w.t.Fatalf("another workflow is to be run:\n%q\nof what was loaded,\n%q\nof the outline", loaded, outlined)
	}
}

// renew keeps the outline with what was read again, and fails unless it is what
// loading gives.
func (w *world) renew(o *build.Outline, p *pipeline.Pipeline) {
	seal, ok := o.Reseal(later())
	if !ok {
		return
	}
	if err := o.Write(w.file("outline"), seal); err != nil {
		w.t.Fatal(err)
	}
	again, ok := build.ReadOutline(w.file("outline"), []string{w.entry}, w.lookup)
	if !ok {
		w.t.Fatal("what was renewed is not trusted")
	}
	now, ok := build.OutlineOf(p)
	if !ok || !build.SameTasks(again, now) {
		w.t.Fatalf("what was renewed is something else, or is nothing any more: %v", !ok)
	}
}
