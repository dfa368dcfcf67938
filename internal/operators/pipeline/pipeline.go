// Package pipeline has the operators of the tasks of pipelines: functions,
// notebooks, scripts, SQL. What is the user's Python runs in a python.Host; only
// shell scripts and downloads need none.
//
// An operator makes the products and no more: whether it has to, and what is
// stored with them, is decided around it.
package pipeline

import (
	"context"
	"errors"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	definition "github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/operator"
)

// Tasks are the operators. They take their Pythons from a pool.
type Tasks struct{ pool *pool.Pool }

// New returns the operators.
func New(p *pool.Pool) *Tasks { return &Tasks{p} }

// families are the operators that run in Python: the family that runs each.
var families = map[string]string{
	"function": "function", "sql_script": "sql", "sql_dump": "sql", "sql_transfer": "sql", "sql_upload": "sql",
	"postgres_copy": "sql", "upload_s3": "upload",
}

// Specs describes the operators. Their names are those that pipeline.Workflow
// gives; they are not meant to be written by hand.
func (p *Tasks) Specs() []operator.Spec {
	specs := []operator.Spec{
		{Name: "shell", Operator: operator.Func(p.shell)},
		{Name: "download", Operator: operator.Func(download)},
		{Name: "notebook", Operator: p.notebook("notebook")},
		{Name: "script", Operator: p.notebook("script")},
		{Name: definition.HookOperator, Operator: operator.Func(p.hook)},
	}
	for name, family := range families {
		specs = append(specs, operator.Spec{Name: name, Operator: operator.Func(
			func(ctx context.Context, t *operator.Task) (operator.Result, error) { return p.python(ctx, t, family) })})
	}
	for i := range specs {
		specs[i].Needs = needs
		o := specs[i].Operator
		specs[i].Operator = operator.Func(func(ctx context.Context, t *operator.Task) (operator.Result, error) {
			return o.Run(ctx, Located(t))
		})
	}
	return specs
}

// Located returns a task whose configuration says where things are in the folder
// that it has. It is the task itself unless its workflow was portable.
func Located(t *operator.Task) *operator.Task {
	if !definition.IsPortable(t.Local) {
		return t
	}
	located := *t
	located.Local = definition.At(t.Local, t.Project)
	return &located
}

// python runs a task in the project's Python.
func (p *Tasks) python(ctx context.Context, t *operator.Task, family string) (operator.Result, error) {
	task, err := TaskOf(t.Local)
	if err != nil {
		return operator.Result{}, err
	}
	return p.run(ctx, t, task, family)
}

// run runs what was read of a task.
func (p *Tasks) run(ctx context.Context, t *operator.Task, task python.Task, family string) (operator.Result, error) {
	task.Family, task.Cwd, task.LogLevel = family, t.Workdir, t.LogLevel
	if t.Facts != nil {
		task.Facts = t.Facts.File()
	}
	host, release, err := Host(ctx, p.pool, t)
	if err != nil {
		return operator.Result{}, err
	}
	defer release()
	if family == "notebook" || family == "sql" {
		host.Preload(Modules(t.Local)...)
	}
	made, err := host.Run(ctx, task, t.Output)
	result, err := ended(err)
	if made.HasMetadata {
		result.Store = params.Of(MetadataKey, made.Metadata)
	}
	return result, err
}

// Finish calls the hook on finish of a task whose products have come without a
// run, if it has one.
func Finish(ctx context.Context, p *pool.Pool, t *operator.Task) (operator.Result, error) {
	t = Located(t)
	task, err := TaskOf(t.Local)
	if err != nil || task.OnFinish == nil {
		return operator.Result{}, err
	}
	result, err := New(p).run(ctx, t, task, "fetched")
	result.Store = params.Map{} // the record has come, too
	return result, err
}

// Host returns the Python of a task's pipeline, until release is called.
func Host(ctx context.Context, p *pool.Pool, t *operator.Task) (host *python.Host, release func(), err error) {
	t = Located(t)
	dir, err := t.Local.String("dir")
	if err != nil {
		return nil, nil, err
	}
	root, err := t.Local.StringOr("root", dir)
	if err != nil {
		return nil, nil, err
	}
	return p.Of(ctx, pool.Place{Dir: dir, Root: root, Cwd: t.Workdir, Env: t.Env, Once: t.Local.Has(definition.Moved)})
}

// MetadataKey is under which a result has what a product's own code makes of
// the metadata. It is for whoever stores that, and goes no further.
const MetadataKey = "_metadata"

// failure says what user code has done: its traceback where it has one.
func failure(err error) error {
	var f *python.Failure
	if !errors.As(err, &f) {
		return err
	}
	var props params.Map
	if f.Class != "" {
		props = props.Set("class", f.Class)
	}
	if f.Traceback != "" {
		props = props.Set("traceback", f.Traceback)
	}
	if f.File != "" {
		props = props.Set("file", f.File)
	}
	if f.Line > 0 {
		props = props.Set("line", int64(f.Line))
	}
	e := &operator.Error{Message: strings.TrimSpace(f.Error()), Props: props.Merge(f.Said)}
	if f.Again != nil {
		e.Again, e.Final = &operator.Again{After: f.Again.After, Most: f.Again.Most}, f.Again.Most == 0
	}
	return e
}
