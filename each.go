package pawl

import (
	"context"
	"fmt"
	"iter"

	"github.com/pawlhq/pawl/internal/operators/gofunc"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Items says how the items of an Each are run.
type Items struct {
	// Window bounds how many are in work at a time; 0 means as many as there may be at
	// all, which is 1000.
	Window int
	// OnFailure says what the failure of one means for the others. Defaults to
	// CancelItems. The step fails in any case.
	OnFailure ItemFailure
}

// ItemFailure says what the failure of an item means for others.
type ItemFailure uint8

const (
	// CancelItems cancels the items that have not ended.
	CancelItems ItemFailure = iota
	// IsolateItems runs them to their end.
	IsolateItems
	// CancelAll cancels them, and everything else of the run.
	CancelAll
)

// itemKey is the parameter under which the engine gives an item, and itemWord what
// follows the path of an Each in that of its items.
const (
	itemKey  = "^item"
	itemWord = "item"
)

// Each returns a step that calls do for each item that list yields. They are read
// once, before the first call, and stored: so there may be a million of them, of
// which those in work alone are in memory, and each is called for in spite of any
// program that dies. An error that list yields fails the step.
//
// Retry, AtMostOnce and HoldWhenLost are about each item. What do changes in the
// parameters counts as of steps that run in Parallel. I is written as JSON.
func Each[P, I any](name string, how Items, list func(ctx context.Context, p *P) iter.Seq2[I, error], do func(ctx context.Context, p *P, item I) error) Step[P] {
	s := &step{kind: lists, name: name, items: how, call: listing(list)}
	if do != nil {
		s.item = typed(func(ctx context.Context, p *P, t *operator.Task) (operator.Result, error) {
			item, err := itemOf[I](t)
			if err == nil {
				err = do(ctx, p, item)
			}
			return operator.Result{}, err
		})
	}
	return Step[P]{s}
}

// EachCall returns a step that starts a run of another process for each item that
// list yields, and waits until all of them have ended, as Each and Call do. With
// gives the parameters of a run.
func EachCall[P, I, C any](name string, how Items, list func(ctx context.Context, p *P) iter.Seq2[I, error], of *Process[C], with func(ctx context.Context, p *P, item I) (C, error)) Step[P] {
	s := &step{kind: lists, name: name, items: how, call: listing(list)}
	if of == nil || with == nil {
		return Step[P]{s}
	}
	s.child = of.of
	s.item = typed(func(ctx context.Context, p *P, t *operator.Task) (operator.Result, error) {
		item, err := itemOf[I](t)
		if err != nil {
			return operator.Result{}, err
		}
		return s.calls(ctx, t,
			func() (operator.Map, error) { return given(with(ctx, p, item)) },
			func(operator.Map) error { return nil })
	})
	return Step[P]{s}
}

// listing returns the function that lists items; nil for none.
func listing[P, I any](list func(ctx context.Context, p *P) iter.Seq2[I, error]) function {
	if list == nil {
		return nil
	}
	return typed(func(ctx context.Context, p *P, _ *operator.Task) (operator.Result, error) {
		items := list(ctx, p)
		if items == nil {
			return operator.Result{}, Permanent(fmt.Errorf("there is no list of items"))
		}
		return operator.Result{Each: func(yield func(operator.Item, error) bool) {
			for item, err := range items {
				var v params.Value
				if err == nil {
					v, err = valueOf(item)
				}
				if !yield(operator.Item{Value: v}, err) || err != nil {
					return
				}
			}
		}}, nil
	})
}

func itemOf[I any](t *operator.Task) (item I, err error) {
	v, _ := t.Scope.Get(itemKey)
	if err := decode(v, &item); err != nil {
		return item, Permanent(fmt.Errorf("the item can't be read as %T: %w", item, err))
	}
	return item, nil
}

// each makes a task a collection, whose body calls the function of its items.
func (c compiler) each(n *workflow.Node, path string, s *step) {
	n.Each = &workflow.Each{
		Source: gofunc.Name, Config: gofunc.Config(c.of.name, c.of.version, path, "list items"),
		Key: itemKey, Window: s.items.Window, OnFailure: workflow.ItemFailure(s.items.OnFailure),
	}
	n.Children = []*workflow.Node{{
		Name: "+" + itemWord, Operator: gofunc.Name, Config: gofunc.Config(c.of.name, c.of.version, join(path, itemWord), s.does()),
		Redrive: s.lost, Retry: s.retry.policy(),
	}}
	if s.leave {
		n.Children[0].Config = n.Children[0].Config.Set(leaveKey, true)
	}
}
