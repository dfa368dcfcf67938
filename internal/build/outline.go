package build

import (
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
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
	// strict tells that some tasks can't be judged without Python.
	strict bool

	// Of one that was read: where in which file its details are, what it was made
	// of, and which of its inputs have changed.
	file    string
	sum     uint32
	end     int64
	from    origin
	changed []int

	details details
	looked  bool                 // the products have been looked at
	read    map[int]bool         // tasks that have their sources and parameters again
	rereads []*pipeline.Pipeline // with what was read for these
}

// OutlineOf returns the outline of a pipeline. Not all have one: where something
// has to be asked or called each time, ok is false.
func OutlineOf(p *pipeline.Pipeline) (o *Outline, ok bool) {
	if p.Volatile || p.OnRender != nil || p.OnFinish != nil || len(p.Warnings) > 0 {
		return nil, false
	}
	tasks, products := tasksOf(p)
	strict := false
	var buf []byte
	for i := range tasks {
		t := &tasks[i]
		if p.Tasks[i].OnRender != nil || slices.ContainsFunc(products[i], func(p keeper.Product) bool { return !p.IsFile() || p.Client != nil }) {
			return nil, false
		}
		strict = strict || p.Tasks[i].Strict()
		buf = t.SetPrints(buf)
		*t = product.Task{Name: t.Name, Upstream: t.Upstream, Print: t.Print, Whole: t.Whole, Products: make([]product.Product, len(products[i]))}
		for k := range t.Products {
			t.Products[k].Name = products[i][k].Path
		}
	}
	return &Outline{
		Name: p.Name, Root: p.Root, File: p.File, ignoreCode: !p.Config.OutdatedByCode, tasks: tasks, strict: strict,
		details: details{notes: p.Notes(), tasks: p.Tasks},
	}, true
}

// Names returns the names of the tasks.
func (o *Outline) Names() []string {
	names := make([]string, len(o.tasks))
	for i := range names {
		names[i] = o.tasks[i].Name
	}
	return names
}

// UpToDate reports whether all products are. Where it reports false, the
// pipeline has to be loaded to know more.
func (o *Outline) UpToDate(memoFile string, now time.Time) bool {
	b := Options{Memo: memoFile, Now: now}
	if len(o.changed) > 0 || !o.look(b) {
		return false
	}
	if product.UpToDate(o.tasks) {
		return true
	}
	plan, unread, ok := o.decide(b)
	return ok && len(unread) == 0 && !slices.ContainsFunc(plan.Verdicts, func(v product.Verdict) bool { return v.Action != product.Skip })
}
