// Package build brings the products of a pipeline up to date: it finds out what
// is there, decides what has to run and why, and makes a workflow of that.
//
// It knows pipelines and products, but no store and no conductor: whoever has
// the workflow run gives it to them, with a keeper of products.
package build

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Options say what is to be brought up to date.
type Options struct {
	// Force runs all that is asked for, up to date or not.
	Force bool
	// Selection says what is asked for.
	Selection product.Selection
	// Memo is the file that remembers what records said; empty for none.
	Memo string
	// Catalog knows of products that are no files, and of copies of files. Without
	// it, a pipeline that has some is an error.
	Catalog keeper.Catalog
	// Now is the current time. Required.
	Now time.Time
}

// Plan says what becomes of each task of a pipeline.
type Plan struct {
	Pipeline *pipeline.Pipeline
	// Tasks are what is known of the tasks, in the order of the pipeline, and
	// Verdicts what is to be done with each.
	Tasks    []product.Task
	Verdicts []product.Verdict

	plan *product.Plan
}

// New looks at the products of a pipeline and decides what is to be run. A
// selection that names no task is an error with the code NotFound.
func New(ctx context.Context, p *pipeline.Pipeline, o Options) (*Plan, error) {
	if err := asks(p, o.Selection); err != nil {
		return nil, err
	}
	tasks, products := tasksOf(p)
	memo, err := files.OpenMemo(o.Memo)
	if err != nil {
		return nil, err
	}
	found, err := keeper.Look(ctx, o.Catalog, memo, tasks, products, o.Now)
	if err != nil {
		return nil, err
	}
	plan, err := product.NewPlan(tasks, found.Options(product.Options{
		Force: o.Force, IgnoreCode: !p.Config.OutdatedByCode, Selection: o.Selection,
	}))
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err)
	}
	return &Plan{Pipeline: p, Tasks: tasks, Verdicts: plan.Decide(), plan: plan}, nil
}

// asks makes sure that a selection names tasks of the pipeline.
func asks(p *pipeline.Pipeline, s product.Selection) (err error) {
	switch {
	case s.Target == "":
	case strings.Contains(s.Target, "*"):
		_, err = p.Select(s.Target)
	default:
		_, err = p.Task(s.Target)
	}
	return err
}

// tasksOf returns what decisions need to know of the tasks, and their products.
func tasksOf(p *pipeline.Pipeline) ([]product.Task, [][]keeper.Product) {
	places, named := make(map[string]int, len(p.Tasks)), make(map[string]*pipeline.Task, len(p.Tasks))
	for i, t := range p.Tasks {
		places[t.Name], named[t.Name] = i, t
	}
	tasks, products := make([]product.Task, len(p.Tasks)), make([][]keeper.Product, len(p.Tasks))
	for i, t := range p.Tasks {
		tasks[i] = product.Task{Name: t.Name, Code: t.Code, Language: t.Language, Imports: t.ImportsDigest, Params: t.Tracked(), MadeOf: p.MadeOf(t, named)}
		switch t.Class {
		case pipeline.Link:
			tasks[i].Standing = product.Linked
		case pipeline.Input:
			tasks[i].Standing = product.Changing
		}
		for _, u := range t.Upstream {
			tasks[i].Upstream = append(tasks[i].Upstream, places[u.Task])
		}
		products[i] = productsOf(p, t)
	}
	return tasks, products
}

func productsOf(p *pipeline.Pipeline, t *pipeline.Task) []keeper.Product {
	list := make([]keeper.Product, len(t.Products))
	for k, one := range t.Products {
		list[k].Product = python.Product{
			Key: one.Key, Class: one.Class, Path: one.Path, Schema: one.Schema, Name: one.Name, Kind: one.Kind,
		}
		if one.Name == "" && one.Class != python.FileClass { // a GenericProduct
			list[k].Name, list[k].Path = one.Path, ""
		}
		list[k].Client = callOf(p.ProductClient(t))
	}
	return list
}

func callOf(c *pipeline.Call) *python.Call {
	if c == nil {
		return nil
	}
	return &python.Call{Path: c.Path, Args: c.Args}
}

// Broken returns the error of a plan that can't be carried out, because records
// are damaged.
func (b *Plan) Broken() error {
	var list []string
	for i := range b.Verdicts {
		if b.Verdicts[i].Action == product.Broken {
			list = append(list, fmt.Sprintf("%s: %s", b.Tasks[i].Name, b.Verdicts[i].Reason))
		}
	}
	if len(list) == 0 {
		return nil
	}
	more := ""
	if len(list) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(list)-1)
	}
	return model.Errorf(model.Invalid, "%s%s", list[0], more).WithHint("repair what is damaged, or build with --force")
}

// Runs reports whether a task is to be run or fetched.
func (b *Plan) Runs(i int) bool {
	a := b.Verdicts[i].Action
	return a == product.Run || a == product.Later || a == product.Fetch
}

// Workflow returns the tasks that are to be run as a workflow, each with the
// reason why it is; nil where there is nothing to run.
func (b *Plan) Workflow() (*workflow.Workflow, error) {
	runs := make(map[string]int)
	for i := range b.Verdicts {
		if b.Runs(i) {
			runs[b.Tasks[i].Name] = i
		}
	}
	if len(runs) == 0 {
		return nil, nil
	}
	w, err := pipeline.Workflow(b.Pipeline, func(t *pipeline.Task) bool { _, ok := runs[t.Name]; return ok })
	if err != nil {
		return nil, err
	}
	for _, n := range w.Root.Children {
		i := runs[n.Name[1:]]
		n.Config = n.Config.Set(keeper.Because, b.Verdicts[i].Reason)
		if paths := b.fetches(i); len(paths) > 0 {
			n.Config = n.Config.Set(keeper.Fetches, paths)
		}
	}
	return w, nil
}

// fetches returns the products of a task that are to be fetched.
func (b *Plan) fetches(i int) []params.Value {
	if b.Verdicts[i].Action != product.Fetch {
		return nil
	}
	var paths []params.Value
	for _, k := range b.plan.Fetches(i) {
		paths = append(paths, b.Pipeline.Tasks[i].Products[k].Path)
	}
	return paths
}

// Asked reports whether a task is in the selection.
func (b *Plan) Asked(i int) bool { return b.plan.Asks(i) }

// Place returns the place of a task in the lists.
func (b *Plan) Place(name string) int {
	return slices.IndexFunc(b.Tasks, func(t product.Task) bool { return t.Name == name })
}

// Missing returns the first product of a task that is neither here nor has a copy
// that can be fetched, or "".
func (b *Plan) Missing(i int) string {
	for _, p := range b.Tasks[i].Products {
		if !p.Exists && p.Remote.State == product.Absent {
			return p.Name
		}
	}
	return ""
}

// LastRun returns when the products of a task were made, by the oldest of their
// records.
func (b *Plan) LastRun(i int) (at time.Time, ok bool) {
	for _, p := range b.Tasks[i].Products {
		made, ok := MadeAt(p)
		if !ok {
			return time.Time{}, false
		}
		if at.IsZero() || made.Before(at) {
			at = made
		}
	}
	return at, !at.IsZero()
}

// MadeAt returns when a product that is there was made, by its record.
func MadeAt(p product.Product) (at time.Time, ok bool) {
	if !p.Exists || !p.Local.Timed {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(p.Local.Time * 1e6)), true
}
