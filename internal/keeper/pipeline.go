package keeper

import (
	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// IgnoreCode is the key of a task of a pipeline that is true where changes of
// code and params count for nothing.
const IgnoreCode = "ignore_code"

// Keys that a build adds to the configuration of a task of a pipeline.
const (
	// Because is why the task is to run, where that is decided already.
	Because = "because"
	// Fetches are the paths of the products whose copies are to be fetched,
	// where a task is not to be run but to be fetched.
	Fetches = "fetches"
)

// readPipeline reads what a task of a pipeline says of its products.
func readPipeline(t *operator.Task, known *modules) (*making, error) {
	written := t.Local
	t = pipeline.Located(t)
	task, err := pipeline.TaskOf(t.Local)
	if err != nil {
		return nil, err
	}
	m := &making{code: task.Code, products: productsOf(task.Product, task.ProductClient)}
	needs, err := pipeline.NeedsOf(t.Local)
	if err != nil {
		return nil, err
	}
	for _, n := range needs {
		m.needs = append(m.needs, need{n.Task, productsOf(n.Product, n.Client)})
	}
	if m.language, err = t.Local.StringOr("language", ""); err != nil {
		return nil, err
	}
	if m.imports, err = t.Local.StringOr("imports", ""); err != nil {
		return nil, err
	}
	if m.because, err = t.Local.StringOr(Because, ""); err != nil {
		return nil, err
	}
	if m.ignoreCode, err = t.Local.BoolOr(IgnoreCode, false); err != nil {
		return nil, err
	}
	if m.root, err = t.Local.StringOr("root", ""); err != nil {
		return nil, err
	}
	fetches, err := t.Local.ListOr(Fetches, nil)
	if err != nil {
		return nil, err
	}
	for _, v := range fetches {
		if path, ok := v.(string); ok {
			m.fetches = append(m.fetches, path)
		}
	}
	if m.params, err = definition.TrackedIn(written); err != nil {
		return nil, err
	}
	if m.madeOf, err = definition.MadeOfIn(written); err != nil {
		return nil, err
	}
	if m.moved = t.Local.Has(definition.Moved); m.moved {
		// The folder of one try means nothing to the next: to records, paths in it
		// are relative.
		code, err := written.StringOr("code", "")
		m.code, m.params, m.madeOf = definition.Relative(code), definition.Relative(m.params), definition.Relative(m.madeOf)
		return m, err // nobody edits what is there for one try
	}
	return m, m.readOrigins(t, task.Code, task.Params, known)
}

func productsOf(p python.Products, client *python.Call) []Product {
	list := make([]Product, len(p.Items))
	for i, item := range p.Items {
		list[i] = Product{item, client}
	}
	return list
}

// takeMetadata takes out of a result what a product's own code has made of the
// record.
func takeMetadata(r *operator.Result) (params.Map, error) {
	m, err := r.Store.MapOr(pipeline.MetadataKey, params.Map{})
	r.Store = r.Store.Delete(pipeline.MetadataKey)
	return m, err
}
