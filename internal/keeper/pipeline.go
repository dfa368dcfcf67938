package keeper

import (
	"context"

	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// Keys that a build adds to the configuration of a task of a pipeline.
const (
	// Because is why the task is to run, where that is decided already.
	Because = "because"
	// IgnoreCode is true where changes of code and params count for nothing.
	IgnoreCode = "ignore_code"
)

// readPipeline reads what a task of a pipeline says of its products.
func readPipeline(t *operator.Task) (*making, error) {
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
	m.params, err = t.Local.MapOr("tracked", params.Map{})
	return m, err
}

func productsOf(p python.Products, client *python.Call) []Product {
	list := make([]Product, len(p.Items))
	for i, item := range p.Items {
		list[i].Product = item
		if item.Class != fileClass {
			list[i].Client = client
		}
	}
	return list
}

func (k *Keeper) host(ctx context.Context, t *operator.Task) (*python.Host, func(), error) {
	return pipeline.Host(ctx, k.Pool, t)
}

// takeMetadata takes out of a result what a product's own code has made of the
// record.
func takeMetadata(r *operator.Result) (params.Map, error) {
	m, err := r.Store.MapOr(pipeline.MetadataKey, params.Map{})
	r.Store = r.Store.Delete(pipeline.MetadataKey)
	return m, err
}
