package build

import (
	"errors"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Outline is what of a pipeline is enough to see that all of it is up to date.
// It is kept in a file, because reading that takes a small part of the time that
// loading a pipeline does.
type Outline struct {
	// Name and Root are those of the pipeline.
	Name, Root string
	// File is the definition; empty where there is none.
	File string

	ignoreCode bool
	// tasks have prints instead of sources and parameters, and products whose
	// names are their paths.
	tasks []product.Task
}

// OutlineOf returns the outline of a pipeline. Not all have one: where something
// has to be asked or called each time, ok is false.
func OutlineOf(p *pipeline.Pipeline) (o *Outline, ok bool) {
	if p.Volatile || p.OnRender != nil || p.OnFinish != nil || len(p.Warnings) > 0 {
		return nil, false
	}
	tasks, products := tasksOf(p)
	var buf []byte
	for i := range tasks {
		t := &tasks[i]
		if p.Tasks[i].OnRender != nil || slices.ContainsFunc(products[i], func(p keeper.Product) bool { return !p.IsFile() || p.Client != nil }) {
			return nil, false
		}
		t.Print, buf = product.AppendPrint(buf, t.Code, t.Imports, t.Params)
		*t = product.Task{Name: t.Name, Upstream: t.Upstream, Print: t.Print, Products: make([]product.Product, len(products[i]))}
		for k := range t.Products {
			t.Products[k].Name = products[i][k].Path
		}
	}
	return &Outline{Name: p.Name, Root: p.Root, File: p.File, ignoreCode: !p.Config.OutdatedByCode, tasks: tasks}, true
}

// Names returns the names of the tasks.
func (o *Outline) Names() []string {
	names := make([]string, len(o.tasks))
	for i := range names {
		names[i] = o.tasks[i].Name
	}
	return names
}

// errUnknown says that an outline is not enough.
var errUnknown = errors.New("the outline does not tell")

// UpToDate reports whether all products are. Where it reports false, the
// pipeline has to be loaded to know more.
func (o *Outline) UpToDate(memoFile string, now time.Time) (bool, error) {
	memo, err := files.OpenMemo(memoFile)
	if err != nil {
		return false, err
	}
	err = memo.Look(o.tasks, now, func(task, k int) string { return o.tasks[task].Products[k].Name })
	if err != nil {
		return false, err
	}
	if memo.Linked() {
		return false, nil // loading follows links, and finds other products
	}
	plan, err := product.NewPlan(o.tasks, product.Options{
		IgnoreCode: o.ignoreCode,
		Load:       func(int, int, bool) (product.Record, error) { return product.Record{}, errUnknown },
	})
	if err != nil {
		return false, err
	}
	for _, v := range plan.Decide() {
		if v.Action != product.Skip {
			return false, nil
		}
	}
	return true, nil
}
