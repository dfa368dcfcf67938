package executor

import (
	"context"
	"iter"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// lists reports whether the try lists the items of a collection, for which there is a
// place.
func (r *run) lists() bool {
	n := r.try.Node
	return n.IsGroup() && n.Each != nil && r.try.Attempt.info.Items != nil
}

// carriedItems lists the items of an earlier attempt, if the try is to go on with them.
func (r *run) carriedItems(ctx context.Context) (runner.Outcome, error) {
	if !r.lists() {
		return nil, nil
	}
	listed, err := r.try.Attempt.info.Items.Carried(ctx, r.try.ID, r.try.Name)
	if err != nil || listed == nil {
		return nil, err
	}
	return r.succeeded(&engine.Result{Listed: listed, Replayed: true})
}

// gave is the outcome of a try whose operator gave a result.
func (r *run) gave(ctx context.Context, result *operator.Result) (runner.Outcome, error) {
	var listed *engine.Listed
	var err error
	switch {
	case r.lists():
		listed, err = r.try.Attempt.info.Items.List(ctx, r.try.ID, r.try.Name, each(result))
		result.Items = nil
	case result.Each != nil:
		for item, failed := range result.Each {
			if err = failed; err != nil {
				break
			}
			result.Items = append(result.Items, item.Value)
		}
	}
	if err != nil {
		return nil, err
	}
	out := converted(result)
	if listed != nil {
		if out == nil {
			out = &engine.Result{}
		}
		out.Listed = listed
	}
	return r.succeeded(r.remember(out))
}

// each yields the items that an operator has listed.
func each(r *operator.Result) iter.Seq2[operator.Item, error] {
	if r.Each != nil {
		return r.Each
	}
	return func(yield func(operator.Item, error) bool) {
		for _, v := range r.Items {
			if !yield(operator.Item{Key: itemKey(v), Value: v}, nil) {
				return
			}
		}
	}
}

// maxItemKey is how long the text of an item may be that is its key, too.
const maxItemKey = 100

// itemKey is what tells an item apart for people that has no key: itself, if it is
// short and simple.
func itemKey(v params.Value) string {
	switch v.(type) {
	case params.Map, []params.Value, nil:
		return ""
	}
	text, _ := params.ToString(v)
	if len(text) > maxItemKey {
		return ""
	}
	return text
}
