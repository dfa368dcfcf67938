package template

import (
	"fmt"
	"strings"
)

// eval returns the value of an expression. Its errors have a position.
func (s *state) eval(f *frame, e expr) (any, error) {
	if err := s.enter(); err != nil {
		return nil, f.template.locate(e.at(), err)
	}
	defer s.leave()
	if err := s.spend(evalEffort); err != nil {
		return nil, f.template.locate(e.at(), err)
	}
	v, err := s.value(f, e)
	if err != nil {
		return nil, f.template.locate(e.at(), err)
	}
	return v, nil
}

func (s *state) value(f *frame, e expr) (any, error) {
	switch e := e.(type) {
	case *constExpr:
		return e.value, nil
	case *nameExpr:
		return s.lookup(f, e.name)
	case *attrExpr:
		of, err := s.eval(f, e.of)
		if err != nil {
			return nil, err
		}
		return s.attribute(of, e.name)
	case *itemExpr:
		return s.evalItem(f, e)
	case *callExpr:
		return s.call(f, e, nil)
	case *filterExpr:
		of, err := s.eval(f, e.of)
		if err != nil {
			return nil, err
		}
		return s.filterOne(f, e, of)
	case *testExpr:
		return s.evalTest(f, e)
	case *notExpr:
		ok, err := s.condition(f, e.of)
		return !ok && err == nil, err
	case *signExpr:
		v, err := s.eval(f, e.of)
		if err != nil {
			return nil, err
		}
		return signed(e.op, v)
	case *binaryExpr:
		items, err := s.evalAll(f, []expr{e.left, e.right})
		if err != nil {
			return nil, err
		}
		return s.binary(e.op, items[0], items[1])
	case *logicExpr:
		v, err := s.eval(f, e.left)
		if err != nil {
			return nil, err
		}
		if ok, err := truth(v); err != nil || ok != e.and {
			return v, err
		}
		return s.eval(f, e.right)
	case *condExpr:
		return s.evalCond(f, e)
	case *concatExpr:
		return s.evalConcat(f, e)
	case *compareExpr:
		return s.evalCompare(f, e)
	case *tupleExpr:
		items, err := s.evalAll(f, e.items)
		return Tuple(items), err
	case *listExpr:
		items, err := s.evalAll(f, e.items)
		return newList(items), err
	case *dictExpr:
		return s.evalDict(f, e)
	}
	return nil, fmt.Errorf("unknown expression %T", e)
}

func (s *state) evalAll(f *frame, list []expr) ([]any, error) {
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

func (s *state) evalCond(f *frame, e *condExpr) (any, error) {
	ok, err := s.condition(f, e.test)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return s.eval(f, e.yes)
	case e.no != nil:
		return s.eval(f, e.no)
	}
	return undefined{message: fmt.Sprintf("the inline if-expression on line %d evaluated to false and no else section was defined.",
		f.template.line(e.at()))}, nil // never strict
}

func (s *state) evalConcat(f *frame, e *concatExpr) (any, error) {
	items, err := s.evalAll(f, e.parts)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, v := range items {
		text, err := s.str(v)
		if err != nil {
			return nil, f.template.locate(e.parts[i].at(), err)
		}
		b.WriteString(text)
	}
	return b.String(), s.spend(b.Len())
}

func (s *state) evalCompare(f *frame, e *compareExpr) (any, error) {
	left, err := s.eval(f, e.first)
	if err != nil {
		return nil, err
	}
	for _, c := range e.rest {
		right, err := s.eval(f, c.with)
		if err != nil {
			return nil, err
		}
		if ok, err := s.compareOp(c.op, left, right); !ok || err != nil {
			return false, err
		}
		left = right
	}
	return true, nil
}

func (s *state) evalDict(f *frame, e *dictExpr) (any, error) {
	d := new(dict)
	for i := range e.keys {
		pair, err := s.evalAll(f, []expr{e.keys[i], e.values[i]})
		if err != nil {
			return nil, err
		}
		if err := s.put(d, pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (s *state) evalItem(f *frame, e *itemExpr) (any, error) {
	of, err := s.eval(f, e.of)
	if err != nil {
		return nil, err
	}
	if cut, ok := e.key.(*sliceExpr); ok {
		var bounds [3]any
		for i, part := range []expr{cut.low, cut.high, cut.step} {
			if part == nil {
				continue
			}
			if bounds[i], err = s.eval(f, part); err != nil {
				return nil, err
			}
		}
		return s.slice(of, bounds)
	}
	key, err := s.eval(f, e.key)
	if err != nil {
		return nil, err
	}
	return s.item(of, key)
}

func (s *state) evalTest(f *frame, e *testExpr) (any, error) {
	of, err := s.eval(f, e.of)
	if err != nil {
		return nil, err
	}
	a, err := s.arguments(f, e.name, &e.args)
	if err != nil {
		return nil, err
	}
	return s.test(e.name, of, a)
}

// filtered applies a chain of filters to the content of a block.
func (s *state) filtered(f *frame, e *filterExpr, text any) (any, error) {
	if inner, ok := e.of.(*filterExpr); ok {
		v, err := s.filtered(f, inner, text)
		if err != nil {
			return nil, err
		}
		text = v
	}
	v, err := s.filterOne(f, e, text)
	if err != nil {
		return nil, f.template.locate(e.at(), err)
	}
	return v, nil
}

func (s *state) filterOne(f *frame, e *filterExpr, of any) (any, error) {
	a, err := s.arguments(f, e.name, &e.args)
	if err != nil {
		return nil, err
	}
	return s.filter(e.name, of, a)
}

// call calls what an expression gives, with a caller if there is one.
func (s *state) call(f *frame, e *callExpr, caller *macro) (any, error) {
	fn, err := s.eval(f, e.fn)
	if err != nil {
		return nil, err
	}
	a, err := s.arguments(f, "", &e.args)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		a.named = append(a.named, namedValue{"caller", caller})
	}
	return s.callValue(fn, a)
}

// callValue calls a value.
func (s *state) callValue(fn any, a *arguments) (any, error) {
	switch fn := fn.(type) {
	case *macro:
		return s.callMacro(fn, a)
	case *method:
		a.fn = fn.name
		return fn.call(s, a)
	case builtin:
		return fn(s, a)
	case undefined:
		return nil, fn.fail()
	case *joiner:
		return fn.call(), a.none()
	case *loop:
		over := a.need("iterable")
		if err := a.done(); err != nil {
			return nil, err
		}
		if fn.recurse == nil {
			return nil, said("The loop must have the 'recursive' marker to be called recursively.")
		}
		return fn.recurse(over)
	case Func:
		return s.callOutside(fn, a)
	}
	return nil, fmt.Errorf("'%s' object is not callable", kindName(fn))
}

func (s *state) callOutside(fn Func, a *arguments) (any, error) {
	positional, err := s.exported(a.positional)
	if err != nil {
		return nil, err
	}
	args := Args{Positional: positional}
	for _, n := range a.named {
		v, err := s.outgoing(n.value)
		if err != nil {
			return nil, err
		}
		if args.Named == nil {
			args.Named = Map{}
		}
		args.Named[n.name] = v
	}
	v, err := fn(args)
	if err != nil {
		return nil, &outsideError{err}
	}
	return s.incoming(v)
}
