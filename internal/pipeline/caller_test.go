package pipeline_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// fake is user code.
type fake struct {
	values    map[string]params.Value
	functions map[string]pipeline.FunctionInfo
	spec      params.Map
}

func (f fake) Call(_ context.Context, c pipeline.Call) (params.Value, error) {
	v, ok := f.values[c.Path]
	if !ok {
		return nil, errors.New("ZeroDivisionError: division by zero")
	}
	if add, ok := c.Args.Get("add"); ok {
		return v.(int64) + add.(int64), nil
	}
	return v, nil
}

func (f fake) Inspect(_ context.Context, dotted string) (pipeline.FunctionInfo, error) {
	info, ok := f.functions[dotted]
	if !ok {
		return info, errors.New("ModuleNotFoundError: no module")
	}
	return info, nil
}

func (f fake) Describe(context.Context, pipeline.Call) (params.Map, error) { return f.spec, nil }

func TestParamsAreCalled(t *testing.T) {
	t.Parallel()
	user := fake{values: map[string]params.Value{"steps::value": int64(3), "steps::nothing": nil}}
	dir := project(t, `
- source: steps.go
  product: x
  params:
    a: steps::value
    b: {dotted_path: 'steps::value', add: 4}
    c: steps.value
    d: {dotted_path: steps.value}
    e: [steps::value]
`)
	p := must(t, pipeline.Options{Dir: dir, Caller: by(user)})
	want := params.Of("a", 3, "b", 7, "c", "steps.value", "d", params.Of("dotted_path", "steps.value"), "e", []any{"steps::value"})
	if !p.Tasks[0].Params.Equal(want) || !p.Volatile {
		t.Errorf("got %v, want %v", p.Tasks[0].Params, want)
	}
	dir = project(t, "[{source: steps.go, product: x, params: {a: 'steps::nothing', b: 'steps::fails'}}]",
		"steps.py", "def go(product, a, b): pass\ndef nothing(): pass\ndef fails(): 1 / 0\n")
	refused(t, pipeline.Options{Dir: dir, Caller: by(user)}, `"steps::nothing" returned None`, "division by zero")
}

func TestGridsAreCalled(t *testing.T) {
	t.Parallel()
	dir := project(t, "[{source: steps.go, name: g, product: x, grid: {a: 'steps::value', b: [1, 2]}, params: {c: 'steps::value'}}]")
	p := must(t, pipeline.Options{Dir: dir, Caller: by(fake{values: map[string]params.Value{"steps::value": []any{int64(5), int64(6)}}})})
	if len(p.Tasks) != 4 || !p.Tasks[2].Params.Equal(params.Of("a", 6, "b", 1, "c", []any{int64(5), int64(6)})) {
		t.Errorf("got %d tasks, %v", len(p.Tasks), p.Tasks[2].Params)
	}
}

func TestFunctionsThatAreNoTextAreInspected(t *testing.T) {
	t.Parallel()
	dir := project(t, "[{source: native.step, product: x, params: {n: 1}}, {source: a.sh, name: b, product: y}]")
	info := pipeline.FunctionInfo{
		File: "/lib/native.py", Line: 7, Code: "def step(product, n, upstream):\n    upstream['b']\n", Doc: "\nDo it.\nMore",
		Params: []pipeline.FunctionParam{{Name: "product"}, {Name: "n"}, {Name: "upstream"}},
	}
	user := fake{functions: map[string]pipeline.FunctionInfo{"native.step": info}}
	task := must(t, pipeline.Options{Dir: dir, Caller: by(user)}).Tasks[0]
	if task.Code != info.Code || task.Line != 7 || task.Doc != "Do it." || task.Source.Path != info.File || len(task.Upstream) != 1 {
		t.Errorf("got %+v", task)
	}
	refused(t, pipeline.Options{Dir: dir, Caller: by(fake{})}, `there is no module "native"`)
}

func TestFactoriesDescribeTheirPipelines(t *testing.T) {
	t.Parallel()
	described := params.Of("tasks", []params.Value{
		params.Of("name", "first", "class", "ShellScript", "source", "a.sh", "product", "x", "product_class", "File"),
		params.Of("name", "second", "class", "PythonCallable", "source", "steps.back", "product", []any{"y", "z"}, "upstream", []any{"first"}),
	})
	for _, o := range []pipeline.Options{
		{Entry: "factory.make"},
		{Dir: project(t, "location: factory.make", "factory.py", "def make(): pass")},
	} {
		if o.Dir == "" {
			o.Dir = project(t, "[]")
		}
		o.Caller = by(fake{spec: described})
		p := must(t, o)
		if len(p.Tasks) != 2 || p.Tasks[1].Upstream[0].Task != "first" || p.Tasks[1].Products[1].Key != "1" || !p.Volatile {
			t.Errorf("got %+v", p.Tasks)
		}
	}
}

// by has everything answered by one caller.
func by(c pipeline.Caller) func(dir, root string) pipeline.Caller {
	return func(string, string) pipeline.Caller { return c }
}
