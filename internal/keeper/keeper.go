// Package keeper looks after the products of tasks while attempts run: it finds
// out whether a task has anything to do, and keeps products and their records
// together when it has.
//
// It serves tasks of every language. What a task makes, and what of, it reads
// from the task's own configuration; it knows nothing of attempts.
package keeper

import (
	"cmp"
	"context"
	"errors"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// Keeper looks after products of tasks.
type Keeper struct {
	// Pool has the Pythons that answer for products that are no files.
	Pool *pool.Pool

	modules modules
}

var _ executor.Products = (*Keeper)(nil)

// making is what a task says of its products.
type making struct {
	products []Product
	// unknown names what the products are made of that can't be known; "" if all
	// is known.
	unknown string
	// needs are what the products are made of.
	needs []need
	// code, language, imports, params and madeOf are what records keep of the
	// task.
	code, language, imports string
	params, madeOf          params.Map
	// ignoreCode lets changes of code and params count for nothing.
	ignoreCode bool
	// because is why the task is to run, where that was decided before; the
	// products are not looked at then.
	because string
	// root is the folder of the project, for tasks of pipelines.
	root string
	// moved tells that the project's folder is there for this try only.
	moved bool
	// origins are the files that the task reads when it runs, as far as records
	// tell of them.
	origins []origin
	// fetches are the files whose copies are to be fetched, instead of a run.
	fetches []string
}

// need is something that products are made of.
type need struct {
	name     string
	products []Product
}

// Make implements executor.Products.
func (k *Keeper) Make(ctx context.Context, t *operator.Task, run func(engine.Verdict) (operator.Result, error)) (operator.Result, *engine.Verdict, error) {
	m, catalog, release, err := k.read(ctx, t)
	if err != nil {
		return operator.Result{}, nil, err
	}
	defer release()
	paths, _ := m.split()
	unlock, err := files.Lock(ctx, m.locks()...) // who comes second judges what the first has made
	if err != nil {
		return operator.Result{}, nil, err
	}
	defer unlock()
	if err := m.clear(t.Project); err != nil {
		return operator.Result{}, nil, err
	}
	verdict := &engine.Verdict{Reason: m.because}
	if m.because == "" {
		v, err := m.judge(ctx, catalog, t)
		if err != nil {
			return operator.Result{}, nil, err
		}
		verdict = &engine.Verdict{Skip: v.Action == product.Skip, Reason: v.Reason}
		if m.moved && v.Action == product.Fetch { // to where nobody would find it
			verdict = &engine.Verdict{Skip: true, Reason: "a copy is up to date"}
		}
	}
	switch {
	case verdict.Skip:
		return operator.Result{}, verdict, nil
	case len(m.fetches) > 0:
		if err := m.fetch(ctx, catalog); err != nil {
			return operator.Result{}, verdict, err
		}
		result, err := pipeline.Finish(ctx, k.Pool, t)
		if err != nil || result.Stop {
			err = errors.Join(err, files.Begin(paths...)) // they count as outdated, as after a run
		}
		return result, verdict, err
	}
	if err := m.bring(ctx, catalog); err != nil {
		return operator.Result{}, verdict, err
	}
	if err := m.present(t.Project); err != nil {
		return operator.Result{}, verdict, err
	}
	if err := m.begin(ctx, catalog); err != nil {
		return operator.Result{}, verdict, err
	}
	edited := m.edited()
	result, err := run(*verdict)
	switch {
	case err != nil || result.Wait != nil || result.Stop:
		return result, verdict, err // the marks stay
	case result.Subtasks.Len() > 0:
		return operator.Result{}, verdict, errors.New("a task that makes tasks makes no products itself: let these make them")
	}
	if ctx.Err() != nil {
		return operator.Result{}, verdict, context.Cause(ctx)
	}
	if catalog == nil {
		runner.Yield(ctx) // files are written to disk now
	}
	own, err := takeMetadata(&result)
	if err != nil {
		return operator.Result{}, verdict, err
	}
	if edited = cmp.Or(edited, m.edited()); edited != "" {
		tellEdited(t, edited)
		return result, verdict, m.exist(ctx, catalog) // the marks stay
	}
	if err := m.commit(ctx, catalog, t, own); err != nil {
		return operator.Result{}, verdict, err
	}
	if err := m.upload(ctx, catalog); err != nil {
		return result, verdict, err
	}
	m.tell(t)
	return result, verdict, nil
}

// read reads what a task says of its products, and finds who knows of those that
// are no files, and of copies of files.
func (k *Keeper) read(ctx context.Context, t *operator.Task) (*making, Catalog, func(), error) {
	if !t.Local.Has("products") {
		m, err := readDig(t)
		return m, nil, func() {}, err
	}
	m, err := readPipeline(t, &k.modules)
	if err != nil || !m.needsCatalog() {
		return m, nil, func() {}, err
	}
	host, release, err := pipeline.Host(ctx, k.Pool, t)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &Clients{Root: m.root, Env: t.Env, Python: func(context.Context) (*python.Host, error) { return host, nil }}
	return m, c, func() { _ = c.Close(); release() }, nil // what was copied is copied
}

// judge says whether the products are up to date.
func (m *making) judge(ctx context.Context, catalog Catalog, t *operator.Task) (product.Verdict, error) {
	tasks := make([]product.Task, 0, len(m.needs)+1)
	products := make([][]Product, 0, len(m.needs)+1)
	self := product.Task{Name: t.Name, Code: m.code, Language: m.language, Imports: m.imports, Params: m.params, MadeOf: m.madeOf}
	for i, n := range m.needs {
		tasks, products = append(tasks, product.Task{Name: n.name}), append(products, n.products)
		self.Upstream = append(self.Upstream, i)
	}
	tasks, products = append(tasks, self), append(products, m.products)
	memo, err := files.OpenMemo("") // of so few products nothing is kept
	if err != nil {
		return product.Verdict{}, err
	}
	found, err := Look(ctx, catalog, memo, tasks, products, t.Now())
	if err != nil {
		return product.Verdict{}, err
	}
	for i := range tasks {
		for k := range tasks[i].Products {
			tasks[i].Products[k].Name = shown(t, tasks[i].Products[k].Name)
		}
	}
	plan, err := product.NewPlan(tasks, found.Options(product.Options{IgnoreCode: m.ignoreCode}))
	if err != nil {
		return product.Verdict{}, err
	}
	for i := range m.needs {
		standIn(tasks[i].Products)
		if err := dated(tasks[i].Products, m.needs[i].products); err != nil {
			return product.Verdict{}, err
		}
		plan.Given(i, tasks[i].Products)
	}
	last := len(tasks) - 1
	v := plan.Again(last)
	if v.Action == product.Skip && m.unknown != "" {
		return product.Verdict{Action: product.Run, Reason: "what " + m.unknown + " makes is not known"}, nil
	}
	if v.Action == product.Fetch {
		for _, k := range plan.Fetches(last) {
			m.fetches = append(m.fetches, m.products[k].Path)
		}
	}
	return v, nil
}
