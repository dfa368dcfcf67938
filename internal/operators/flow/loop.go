package flow

import (
	"context"
	"math"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// body makes the tasks of one operator that repeats its `_do`.
type body struct {
	do, export params.Map
	// tasks are names and configurations in turn.
	tasks []any
}

// newBody returns a body to be repeated n times.
func newBody(t *operator.Task, n int64) (*body, error) {
	limit, err := taskLimit(t)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, model.Errorf(model.Invalid, "Too many %s subtasks. Limit: %d, as %s says", t.Type, limit, limitKey)
	}
	b := &body{tasks: make([]any, 0, 2*max(n, 0)+2)}
	if b.do, err = t.Params.MapAt("_do"); err != nil {
		return nil, err
	}
	b.export, err = b.do.MapOr("_export", params.Map{})
	return b, err
}

// add adds a task in which the given parameters replace those of the body's
// own export.
func (b *body) add(name string, vars params.Map) {
	export := b.export
	for k, v := range vars.All() {
		export = export.Set(k, v)
	}
	b.tasks = append(b.tasks, name, b.do.Set("_export", export))
}

// result is a group of the tasks that were added.
func (b *body) result(t *operator.Task) (operator.Result, error) {
	if len(b.tasks) == 0 {
		return operator.Result{}, nil
	}
	parallel, err := parallel(t.Params)
	if err != nil {
		return operator.Result{}, err
	}
	if parallel != nil {
		b.tasks = append(b.tasks, "_parallel", parallel)
	}
	return operator.Result{Subtasks: params.Of(b.tasks...)}, nil
}

// parallel returns what `_parallel` of the generated group is, nil for none.
func parallel(p params.Map) (params.Value, error) {
	if v, _ := p.Get("_parallel"); v != nil {
		if m, ok := v.(params.Map); ok {
			return m, nil
		}
	}
	yes, err := p.BoolOr("_parallel", false)
	if err != nil || !yes {
		return nil, err
	}
	return true, nil
}

// loopN repeats its body as often as its command says, `i` counting from 0.
func loopN(_ context.Context, t *operator.Task) (operator.Result, error) {
	n, err := t.Params.Int("_command")
	if err != nil {
		return operator.Result{}, err
	}
	if n, err = t.Params.IntOr("count", n); err != nil {
		return operator.Result{}, err
	}
	b, err := newBody(t, n)
	if err != nil {
		return operator.Result{}, err
	}
	for i := range n {
		b.add("+loop-"+strconv.FormatInt(i, 10), params.Map{}.Set("i", i))
	}
	return b.result(t)
}

// forRange cuts a range of integers into slices and repeats its body for each.
func forRange(_ context.Context, t *operator.Task) (operator.Result, error) {
	config, err := t.Params.ParseMap("_command")
	if err != nil {
		return operator.Result{}, err
	}
	from, to, step, err := readRange(config)
	if err != nil {
		return operator.Result{}, err
	}
	var n uint64
	if from < to {
		n = ceilDiv(uint64(to)-uint64(from), step)
	}
	b, err := newBody(t, int64(min(n, math.MaxInt64)))
	if err != nil {
		return operator.Result{}, err
	}
	for i := range n {
		start := from + int64(i*step)
		end := to
		if uint64(to)-uint64(start) > step {
			end = start + int64(step)
		}
		name := "+range-from=" + strconv.FormatInt(start, 10) + "&to=" + strconv.FormatInt(end, 10)
		b.add(name, params.Of("range", params.Of("from", start, "to", end, "index", i)))
	}
	return b.result(t)
}

// readRange reads the command of a forRange. The step is at least 1.
func readRange(config params.Map) (from, to int64, step uint64, err error) {
	if from, err = config.Int("from"); err != nil {
		return 0, 0, 0, err
	}
	if to, err = config.Int("to"); err != nil {
		return 0, 0, 0, err
	}
	by, slices := config.Has("step"), config.Has("slices")
	if by == slices {
		return 0, 0, 0, model.Errorf(model.Invalid, "for_range> needs either step or slices")
	}
	key := "step"
	if slices {
		key = "slices"
	}
	n, err := config.Int(key)
	if err != nil {
		return 0, 0, 0, err
	}
	if n < 1 {
		return 0, 0, 0, model.Errorf(model.Invalid, "%s of for_range> must be at least 1, not %d", key, n)
	}
	if step = uint64(n); slices && from < to {
		step = ceilDiv(uint64(to)-uint64(from), step)
	}
	return from, to, step, nil
}

// ceilDiv returns a/b, rounded up, for positive numbers.
func ceilDiv(a, b uint64) uint64 { return (a-1)/b + 1 }
