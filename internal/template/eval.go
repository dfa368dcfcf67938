package template

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/template/filter"
	"github.com/pawlhq/pawl/internal/template/syntax"
	"github.com/pawlhq/pawl/internal/template/value"
)

// eval returns the value of an expression. Its errors have a position.
func (s *state) eval(f *frame, e syntax.Expr) (any, error) {
	if err := s.Enter(); err != nil {
		return nil, f.template.locate(e.At(), err)
	}
	defer s.Leave()
	if err := s.Spend(evalEffort); err != nil {
		return nil, f.template.locate(e.At(), err)
	}
	v, err := s.value(f, e)
	if err != nil {
		return nil, f.template.locate(e.At(), err)
	}
	return v, nil
}

func (s *state) value(f *frame, e syntax.Expr) (any, error) {
	switch e := e.(type) {
	case *syntax.ConstExpr:
		return e.Value, nil
	case *syntax.NameExpr:
		return s.lookup(f, e.Name)
	case *syntax.AttrExpr:
		of, err := s.eval(f, e.Of)
		if err != nil {
			return nil, err
		}
		return s.Attribute(of, e.Name)
	case *syntax.ItemExpr:
		return s.evalItem(f, e)
	case *syntax.CallExpr:
		return s.call(f, e, nil)
	case *syntax.FilterExpr:
		of, err := s.eval(f, e.Of)
		if err != nil {
			return nil, err
		}
		return s.filterOne(f, e, of)
	case *syntax.TestExpr:
		return s.evalTest(f, e)
	case *syntax.NotExpr:
		ok, err := s.condition(f, e.Of)
		return !ok && err == nil, err
	case *syntax.SignExpr:
		v, err := s.eval(f, e.Of)
		if err != nil {
			return nil, err
		}
		return value.Signed(e.Op, v)
	case *syntax.BinaryExpr:
		items, err := s.evalAll(f, []syntax.Expr{e.Left, e.Right})
		if err != nil {
			return nil, err
		}
		return s.Binary(e.Op, items[0], items[1])
	case *syntax.LogicExpr:
		v, err := s.eval(f, e.Left)
		if err != nil {
			return nil, err
		}
		if ok, err := value.Truth(v); err != nil || ok != e.And {
			return v, err
		}
		return s.eval(f, e.Right)
	case *syntax.CondExpr:
		return s.evalCond(f, e)
	case *syntax.ConcatExpr:
		return s.evalConcat(f, e)
	case *syntax.CompareExpr:
		return s.evalCompare(f, e)
	case *syntax.TupleExpr:
		items, err := s.evalAll(f, e.Items)
		return value.Tuple(items), err
	case *syntax.ListExpr:
		items, err := s.evalAll(f, e.Items)
		return value.NewList(items), err
	case *syntax.DictExpr:
		return s.evalDict(f, e)
	}
	return nil, fmt.Errorf("unknown expression %T", e)
}

func (s *state) evalAll(f *frame, list []syntax.Expr) ([]any, error) {
	items := make([]any, len(list))
	for i, e := range list {
		v, err := s.eval(f, e)
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

func (s *state) evalCond(f *frame, e *syntax.CondExpr) (any, error) {
	ok, err := s.condition(f, e.Test)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return s.eval(f, e.Yes)
	case e.No != nil:
		return s.eval(f, e.No)
	}
	return value.Undefined{Message: fmt.Sprintf("the inline if-expression on line %d evaluated to false and no else section was defined.",
		f.template.line(e.At()))}, nil // never strict
}

func (s *state) evalConcat(f *frame, e *syntax.ConcatExpr) (any, error) {
	items, err := s.evalAll(f, e.Parts)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, v := range items {
		text, err := s.Str(v)
		if err != nil {
			return nil, f.template.locate(e.Parts[i].At(), err)
		}
		b.WriteString(text)
	}
	return b.String(), s.Spend(b.Len())
}

func (s *state) evalCompare(f *frame, e *syntax.CompareExpr) (any, error) {
	left, err := s.eval(f, e.First)
	if err != nil {
		return nil, err
	}
	for _, c := range e.Rest {
		right, err := s.eval(f, c.With)
		if err != nil {
			return nil, err
		}
		if ok, err := s.CompareOp(c.Op, left, right); !ok || err != nil {
			return false, err
		}
		left = right
	}
	return true, nil
}

func (s *state) evalDict(f *frame, e *syntax.DictExpr) (any, error) {
	d := new(value.Dict)
	for i := range e.Keys {
		pair, err := s.evalAll(f, []syntax.Expr{e.Keys[i], e.Values[i]})
		if err != nil {
			return nil, err
		}
		if err := s.Put(d, pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (s *state) evalItem(f *frame, e *syntax.ItemExpr) (any, error) {
	of, err := s.eval(f, e.Of)
	if err != nil {
		return nil, err
	}
	if cut, ok := e.Key.(*syntax.SliceExpr); ok {
		var bounds [3]any
		for i, part := range []syntax.Expr{cut.Low, cut.High, cut.Step} {
			if part == nil {
				continue
			}
			if bounds[i], err = s.eval(f, part); err != nil {
				return nil, err
			}
		}
		return s.Slice(of, bounds)
	}
	key, err := s.eval(f, e.Key)
	if err != nil {
		return nil, err
	}
	return s.Item(of, key)
}

func (s *state) evalTest(f *frame, e *syntax.TestExpr) (any, error) {
	of, err := s.eval(f, e.Of)
	if err != nil {
		return nil, err
	}
	a, err := s.arguments(f, e.Name, &e.Args)
	if err != nil {
		return nil, err
	}
	return filter.Test(&s.Work, e.Name, of, a)
}

// filtered applies a chain of filters to the content of a block.
func (s *state) filtered(f *frame, e *syntax.FilterExpr, text any) (any, error) {
	if inner, ok := e.Of.(*syntax.FilterExpr); ok {
		v, err := s.filtered(f, inner, text)
		if err != nil {
			return nil, err
		}
		text = v
	}
	v, err := s.filterOne(f, e, text)
	if err != nil {
		return nil, f.template.locate(e.At(), err)
	}
	return v, nil
}

func (s *state) filterOne(f *frame, e *syntax.FilterExpr, of any) (any, error) {
	a, err := s.arguments(f, e.Name, &e.Args)
	if err != nil {
		return nil, err
	}
	return filter.Apply(&s.Work, e.Name, of, a)
}

// call calls what an expression gives, with a caller if there is one.
func (s *state) call(f *frame, e *syntax.CallExpr, caller *macro) (any, error) {
	fn, err := s.eval(f, e.Fn)
	if err != nil {
		return nil, err
	}
	a, err := s.arguments(f, "", &e.Args)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		a.Named = append(a.Named, value.NamedValue{Name: "caller", Value: caller})
	}
	return s.callValue(fn, a)
}

// arguments evaluates what a call passes.
func (s *state) arguments(f *frame, fn string, c *syntax.CallArgs) (*value.Arguments, error) {
	a := &value.Arguments{Callee: fn}
	var err error
	if a.Positional, err = s.evalAll(f, c.Positional); err != nil {
		return nil, err
	}
	if c.Star != nil {
		v, err := s.eval(f, c.Star)
		if err != nil {
			return nil, err
		}
		items, err := s.Elements(v)
		if err != nil {
			return nil, err
		}
		a.Positional = append(a.Positional, items...)
	}
	for _, n := range c.Named {
		v, err := s.eval(f, n.Value)
		if err != nil {
			return nil, err
		}
		if err := a.AddNamed(n.Name, v); err != nil {
			return nil, err
		}
	}
	if c.Stars != nil {
		return a, s.addStars(f, a, c.Stars)
	}
	return a, nil
}

func (s *state) addStars(f *frame, a *value.Arguments, stars syntax.Expr) error {
	v, err := s.eval(f, stars)
	if err != nil {
		return err
	}
	if u, ok := v.(value.Undefined); ok {
		return u.Fail()
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return fmt.Errorf("argument after ** must be a mapping, not %s", value.KindName(v))
	}
	for i, k := range d.Keys {
		name, ok := k.(string)
		if !ok {
			return fmt.Errorf("keywords must be strings")
		}
		if err := a.AddNamed(name, d.Values[i]); err != nil {
			return err
		}
	}
	return s.Spend(len(d.Keys))
}

// callValue calls a value.
func (s *state) callValue(fn any, a *value.Arguments) (any, error) {
	switch fn := fn.(type) {
	case value.Callable:
		return fn.Call(&s.Work, a)
	case value.Undefined:
		return nil, fn.Fail()
	case value.Func:
		return s.callOutside(fn, a)
	}
	return nil, fmt.Errorf("'%s' object is not callable", value.KindName(fn))
}

func (s *state) callOutside(fn value.Func, a *value.Arguments) (any, error) {
	positional, err := s.OutgoingAll(a.Positional)
	if err != nil {
		return nil, err
	}
	args := value.Args{Positional: positional}
	for _, n := range a.Named {
		v, err := s.Outgoing(n.Value)
		if err != nil {
			return nil, err
		}
		if args.Named == nil {
			args.Named = value.Map{}
		}
		args.Named[n.Name] = v
	}
	v, err := fn(args)
	if err != nil {
		return nil, &outsideError{err}
	}
	return s.Incoming(v)
}
