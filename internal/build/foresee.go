package build

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/source"
)

// fewDrafts is how many drafts are read again at most, as fewChanges is.
const fewDrafts = 1000

// Plan says what becomes of each task as New does, without the pipeline. Tasks
// whose sources have changed are read again, and so are those whose records say
// something else; load are the options of the pipeline. It reports false where
// that is not enough to say what New would. It is for one call.
func (o *Outline) Plan(ctx context.Context, load pipeline.Options, b Options) (*Plan, bool) {
	if o.strict || !o.rereadChanged(ctx, load) || !o.look(b) {
		return nil, false
	}
	plan, unread, ok := o.decide(b)
	if ok && len(unread) > 0 {
		if !o.rereadTasks(ctx, load, unread) {
			return nil, false
		}
		plan, unread, ok = o.decide(b)
	}
	return plan, ok && len(unread) == 0
}

// look finds out what is there of the products, once.
func (o *Outline) look(b Options) bool {
	if o.looked {
		return true
	}
	memo, err := files.OpenMemo(b.Memo)
	if err != nil {
		return false
	}
	err = memo.Look(o.tasks, b.Now, func(task, k int) string { return o.tasks[task].Products[k].Name })
	o.looked = err == nil && !memo.Linked() // loading follows links, and finds other products
	return o.looked
}

// decide decides what is to be run. It returns the tasks that have to be read
// before that can be told.
func (o *Outline) decide(b Options) (p *Plan, unread []int, ok bool) {
	plan, err := product.NewPlan(o.tasks, product.Options{
		Force: b.Force, IgnoreCode: o.ignoreCode, Selection: b.Selection,
		Same: source.Same, FirstDifference: source.FirstDifference,
		Load: func(task, k int, _ bool) (product.Record, error) {
			if !o.read[task] {
				unread = append(unread, task)
			}
			return files.Read(o.tasks[task].Products[k].Name)
		},
	})
	if err != nil {
		return nil, nil, false
	}
	verdicts := plan.Decide()
	broken := slices.ContainsFunc(verdicts, func(v product.Verdict) bool { return v.Action == product.Broken })
	return &Plan{Tasks: o.tasks, Verdicts: verdicts, plan: plan}, unread, !broken
}

// rereadChanged reads what depends on changed inputs again.
func (o *Outline) rereadChanged(ctx context.Context, load pipeline.Options) bool {
	if len(o.changed) == 0 {
		return true
	}
	if !o.detailed() {
		return false
	}
	var drafts []int
	for _, i := range o.changed {
		readers := o.details.readers[i]
		if len(readers) == 0 {
			return false // it decided something else
		}
		drafts = append(drafts, readers...)
	}
	slices.Sort(drafts)
	return o.reread(ctx, load, slices.Compact(drafts))
}

// rereadTasks reads what makes tasks again.
func (o *Outline) rereadTasks(ctx context.Context, load pipeline.Options, tasks []int) bool {
	return o.detailed() && o.reread(ctx, load, o.details.draftsOf(tasks))
}

// reread reads drafts again, which are in order.
func (o *Outline) reread(ctx context.Context, load pipeline.Options, drafts []int) bool {
	if len(drafts) > fewDrafts {
		return false
	}
	d := &o.details
	places := d.tasksOf(drafts)
	for _, i := range places {
		d.tasks[i].Upstream = o.upstream(i)
	}
	p, ok := d.notes.Reread(ctx, load, drafts, d.tasks)
	if !ok {
		return false
	}
	o.rereads = append(o.rereads, p)
	if o.read == nil {
		o.read = make(map[int]bool, len(places))
	}
	for _, i := range places {
		o.tasks[i] = o.again(i)
		o.read[i] = true
	}
	return true
}

// again returns what decisions need to know of a task that was read again.
func (o *Outline) again(i int) product.Task {
	t, old := o.details.tasks[i], &o.tasks[i]
	needs := make(map[string]*pipeline.Task, len(old.Upstream))
	for _, u := range old.Upstream {
		needs[o.tasks[u].Name] = o.details.tasks[u]
	}
	return product.Task{
		Name: t.Name, Upstream: old.Upstream, Products: old.Products,
		Code: t.Code, Language: t.Language, Imports: t.ImportsDigest, Params: t.Tracked(),
		MadeOf: (&pipeline.Pipeline{Root: o.Root}).MadeOf(t, needs),
	}
}

// detailed makes sure that there are details.
func (o *Outline) detailed() bool { return o.details.tasks != nil || o.readDetails() == nil }
