package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/source/notebook"
	"github.com/pawlhq/pawl/operator"
)

// notebook returns the operator of tasks whose source is a notebook or a script:
// the code with the task's parameters goes to a file, which a family of the
// project's Python executes.
func (p *Tasks) notebook(family string) operator.Func {
	return func(ctx context.Context, t *operator.Task) (operator.Result, error) {
		return p.runNotebook(ctx, t, family)
	}
}

func (p *Tasks) runNotebook(ctx context.Context, t *operator.Task, family string) (operator.Result, error) {
	task, err := TaskOf(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	rendered, err := Render(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	dir := ""
	if t.Scratch != nil {
		if dir, err = t.Scratch(); err != nil {
			return operator.Result{}, err
		}
	}
	dir, err = os.MkdirTemp(dir, "notebook-")
	if err != nil {
		return operator.Result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder of scratch files is swept anyway
	path := filepath.Join(dir, "notebook.ipynb")
	if err := os.WriteFile(path, rendered.Content, 0o600); err != nil {
		return operator.Result{}, err
	}
	task.Options = task.Options.Set("notebook", path).Set("language", rendered.Language).Set("kernel", rendered.Kernel).Set("places", rendered.Places())
	return p.run(ctx, t, task, family)
}

// Rendered is a notebook with the parameters of its task.
type Rendered struct {
	// Content is the notebook as an ipynb file has it.
	Content []byte
	// Language is that of its code in lower case, such as "python" or "r", and
	// Kernel the name of what runs it.
	Language, Kernel string

	lines, numbers []params.Value
}

// Places tells where the cells are in the source: the line at which each begins, where
// the source is a text, and which cell of it each is. Both are 0 for a cell that the
// source does not have.
func (r *Rendered) Places() params.Map { return params.Of("lines", r.lines, "numbers", r.numbers) }

// locate notes where the cells of a notebook are, of which so many are in the source.
func (r *Rendered) locate(cells []notebook.Cell, own int) {
	number := int64(0)
	for _, c := range cells {
		of := int64(0)
		if len(cells) == own || !slices.Contains(c.Tags, "injected-parameters") {
			number++
			of = number
		}
		r.lines, r.numbers = append(r.lines, int64(c.Line)), append(r.numbers, of)
	}
}

// Render reads the notebook or script of a task, as its configuration names it
// (see pipeline.Workflow), and adds the cell with its parameters.
func Render(config params.Map) (Rendered, error) {
	r := reading{config: config}
	source, options := r.of(r.mapping("source")), r.of(r.mapping("options"))
	path, code, asked := source.text("path"), source.text("text"), options.text("kernelspec_name")
	if code != "" {
		path = definition.Source{Kind: definition.Text, Suffix: source.text("suffix")}.FileName()
	}
	for _, in := range []*reading{source, options} {
		r.take(in.err)
	}
	given, err := Injected(config)
	r.take(err)
	if r.err != nil {
		return Rendered{}, r.err
	}
	text := []byte(code)
	if code == "" {
		if text, err = os.ReadFile(path); err != nil {
			return Rendered{}, err
		}
	}
	nb, err := notebook.Read(path, text)
	own := 0
	if err == nil {
		own = len(nb.Cells)
		nb, err = nb.Inject(given)
	}
	if err != nil {
		return Rendered{}, err
	}
	out := Rendered{Language: nb.Language(), Kernel: nb.Kernel(asked)}
	if out.Kernel == "" {
		return Rendered{}, fmt.Errorf("it can't be told which kernel runs %s: add kernelspec_name to the task", path)
	}
	out.locate(nb.Cells, own)
	out.Content, err = nb.IPYNB(notebook.KernelSpec{Name: out.Kernel, Language: out.Language})
	return out, err
}

// Injected returns what is injected into a task's notebook, in that order: its
// params, then upstream where there is any, and product. Products are paths, and
// relations the texts by which SQL knows them; those of a task with several are
// maps or lists, and those that a pattern has found maps by task.
func Injected(config params.Map) (params.Map, error) {
	task, err := TaskOf(config)
	if err != nil {
		return params.Map{}, err
	}
	given := task.Params
	if typed, ok := config.Get("typed"); ok {
		given = untyped(given, typed)
	}
	var upstream params.Map
	for _, u := range task.Upstream {
		at := []string{u.Task}
		if u.Group != "" {
			at = []string{u.Group, u.Task}
		}
		upstream = upstream.SetAt(injectedProducts(u.Product), at...)
	}
	if upstream.Len() > 0 {
		given = given.Set("upstream", upstream)
	}
	return given.Set("product", injectedProducts(task.Product)), nil
}

func injectedProducts(p python.Products) params.Value {
	switch p.Shape {
	case python.Keys:
		var m params.Map
		for _, item := range p.Items {
			m = m.Set(item.Key, injectedProduct(item))
		}
		return m
	case python.List:
		list := make([]params.Value, len(p.Items))
		for i, item := range p.Items {
			list[i] = injectedProduct(item)
		}
		return list
	}
	if len(p.Items) == 0 {
		return nil
	}
	return injectedProduct(p.Items[0])
}

func injectedProduct(p python.Product) string {
	switch {
	case p.Text != "":
		return p.Text
	case p.Path != "":
		return p.Path
	case p.Schema != "":
		return p.Schema + "." + p.Name
	}
	return p.Name
}

// untyped returns params in which what is no JSON value is as code in a notebook
// gets it: floats as such, and dates as texts.
func untyped(given params.Map, typed params.Value) params.Map {
	list, _ := typed.([]params.Value)
	for _, v := range list {
		m, _ := v.(params.Map)
		path, _ := m.ListOr("path", nil)
		kind, _ := m.StringOr("type", "")
		if kind == "tuple" || kind == "key" {
			continue // they are lists, and texts
		}
		given, _ = replaced(given, path, func(text string) params.Value {
			if f, err := strconv.ParseFloat(text, 64); kind == "float" && err == nil {
				return f
			}
			return strings.Replace(text, "T", " ", 1)
		}).(params.Map)
	}
	return given
}

// replaced returns v with another text at a path of keys and numbers.
func replaced(v params.Value, path []params.Value, by func(string) params.Value) params.Value {
	if len(path) == 0 {
		if text, ok := v.(string); ok {
			return by(text)
		}
		return v
	}
	key, _ := path[0].(string)
	switch v := v.(type) {
	case params.Map:
		if e, ok := v.Get(key); ok {
			return v.Set(key, replaced(e, path[1:], by))
		}
	case []params.Value:
		if i, ok := params.ToInt(key); ok && i >= 0 && int(i) < len(v) {
			list := slices.Clone(v)
			list[i] = replaced(v[i], path[1:], by)
			return list
		}
	}
	return v
}
