package template

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// run executes statements.
func (s *state) run(f *frame, nodes []node) error {
	for _, n := range nodes {
		if err := s.spend(runEffort); err != nil {
			return f.template.locate(n.at(), err)
		}
		if err := s.statement(f, n); err != nil {
			return f.template.locate(n.at(), err)
		}
	}
	return nil
}

func (s *state) statement(f *frame, n node) error {
	switch n := n.(type) {
	case *textNode:
		return s.write(f, n.text)
	case *printNode:
		return s.print(f, n)
	case *ifNode:
		return s.runIf(f, n)
	case *forNode:
		return s.runFor(f, n)
	case *setNode:
		v, err := s.eval(f, n.value)
		if err != nil {
			return err
		}
		return s.assign(f, n.target, v)
	case *setBlock:
		text, err := s.capture(f, n.body, n.filter)
		if err != nil {
			return err
		}
		return s.assign(f, n.target, text)
	case *withNode:
		return s.runWith(f, n)
	case *macroNode:
		f.scope.set(n.name, &macro{name: n.name, signature: n.signature, body: n.body, frame: f})
		return nil
	case *callNode:
		return s.runCall(f, n)
	case *filterNode:
		v, err := s.capture(f, n.body, n.filter)
		if err != nil {
			return err
		}
		return s.printValue(f, v)
	case *includeNode:
		return s.include(f, n)
	case *importNode:
		m, err := s.importModule(f, n.name, n.withContext)
		if err != nil {
			return err
		}
		f.scope.setImported(n.target, m)
		return nil
	case *fromNode:
		return s.importNames(f, n)
	case *raiseNode:
		return s.raise(f, n)
	}
	return fmt.Errorf("unknown statement %T", n)
}

func (s *state) write(f *frame, text string) error {
	f.out.WriteString(text)
	return s.spend(len(text))
}

func (s *state) print(f *frame, n *printNode) error {
	for _, e := range n.values {
		v, err := s.eval(f, e)
		if err != nil {
			return err
		}
		if err := s.printValue(f, v); err != nil {
			return f.template.locate(e.at(), err)
		}
	}
	return nil
}

func (s *state) printValue(f *frame, v any) error {
	text, err := s.str(v)
	if err != nil {
		return err
	}
	return s.write(f, text)
}

// condition evaluates a test.
func (s *state) condition(f *frame, e expr) (bool, error) {
	v, err := s.eval(f, e)
	if err != nil {
		return false, err
	}
	ok, err := truth(v)
	if err != nil {
		err = f.template.locate(e.at(), err)
	}
	return ok, err
}

func (s *state) runIf(f *frame, n *ifNode) error {
	for _, b := range n.branches {
		ok, err := s.condition(f, b.test)
		if err != nil {
			return err
		}
		if ok {
			return s.run(f, b.body)
		}
	}
	return s.run(f, n.otherwise)
}

func (s *state) runFor(f *frame, n *forNode) error {
	over, err := s.eval(f, n.over)
	if err != nil {
		return err
	}
	return s.loop(f, n, over, 0)
}

// loop runs the body for each item, at a depth of recursion.
func (s *state) loop(f *frame, n *forNode, over any, depth int) error {
	items, err := s.elements(over)
	if err != nil {
		return f.template.locate(n.over.at(), err)
	}
	if n.test != nil {
		if items, err = s.filterItems(f, n, items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return s.run(f.within(f.out), n.otherwise)
	}
	l := &loop{items: items, depth: depth}
	if n.recursive {
		l.recurse = func(over any) (string, error) {
			if err := s.enterCall(); err != nil {
				return "", err
			}
			defer s.leaveCall()
			var out strings.Builder
			err := s.loop(&frame{f.template, f.scope, f.root, &out}, n, over, depth+1)
			return out.String(), err
		}
	}
	for i, item := range items {
		l.at = i
		if err := s.spend(turnEffort); err != nil {
			return f.template.locate(n.at(), err)
		}
		inner := f.within(f.out)
		if err := s.assign(inner, n.target, item); err != nil {
			return err
		}
		inner.scope.set("loop", l)
		if err := s.run(inner, n.body); err != nil {
			return err
		}
	}
	return nil
}

// filterItems keeps the items for which the test of the loop holds.
func (s *state) filterItems(f *frame, n *forNode, items []any) ([]any, error) {
	var kept []any
	for _, item := range items {
		inner := f.within(f.out)
		if err := s.assign(inner, n.target, item); err != nil {
			return nil, err
		}
		ok, err := s.condition(inner, n.test)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// assign gives the names of a target their values.
func (s *state) assign(f *frame, target expr, v any) error {
	if err := s.assignTo(f, target, v); err != nil {
		return f.template.locate(target.at(), err)
	}
	return nil
}

func (s *state) assignTo(f *frame, target expr, v any) error {
	switch t := target.(type) {
	case *nameExpr:
		f.scope.set(t.name, v)
	case *memberTarget:
		object, err := s.lookup(f, t.object)
		if err != nil {
			return err
		}
		n, ok := object.(*namespace)
		if !ok {
			return errors.New("cannot assign attribute on non-namespace object")
		}
		return s.put(&n.dict, t.name, v)
	case *tupleExpr:
		items, err := s.elements(v)
		if err != nil {
			if _, isUndefined := v.(undefined); !isUndefined {
				err = fmt.Errorf("cannot unpack non-iterable %s object", kindName(v))
			}
			return err
		}
		if len(items) > len(t.items) {
			return fmt.Errorf("too many values to unpack (expected %d)", len(t.items))
		}
		if len(items) < len(t.items) {
			return fmt.Errorf("not enough values to unpack (expected %d, got %d)", len(t.items), len(items))
		}
		for i, item := range items {
			if err := s.assign(f, t.items[i], item); err != nil {
				return err
			}
		}
	}
	return nil
}

// capture returns the text of a block, as its filters leave it.
func (s *state) capture(f *frame, body []node, filter expr) (any, error) {
	var out strings.Builder
	inner := f.within(&out)
	if err := s.run(inner, body); err != nil {
		return nil, err
	}
	if filter == nil {
		return out.String(), nil
	}
	return s.filtered(inner, filter.(*filterExpr), out.String())
}

func (s *state) runWith(f *frame, n *withNode) error {
	inner := f.within(f.out)
	for i, target := range n.targets {
		v, err := s.eval(f, n.values[i])
		if err != nil {
			return err
		}
		if err := s.assign(inner, target, v); err != nil {
			return err
		}
	}
	return s.run(inner, n.body)
}

func (s *state) runCall(f *frame, n *callNode) error {
	caller := &macro{signature: n.signature, body: n.body, frame: f}
	v, err := s.call(f, n.call, caller)
	if err != nil {
		return err
	}
	return s.printValue(f, v)
}

func (s *state) raise(f *frame, n *raiseNode) error {
	v, err := s.eval(f, n.message)
	if err != nil {
		return err
	}
	text, err := s.str(v)
	if err != nil {
		return err
	}
	return errors.New(text)
}

// named loads the template that an expression names, or the first there is of
// a list of names.
func (s *state) named(f *frame, e expr, many bool) (*Template, error) {
	v, err := s.eval(f, e)
	if err != nil {
		return nil, err
	}
	names := []any{v}
	switch v := v.(type) {
	case undefined:
		return nil, v.fail()
	case *list, Tuple:
		if !many {
			return nil, errors.New("the name of a template must be a string")
		}
		names, _ = s.elements(v)
	}
	for _, name := range names {
		text, ok := name.(string)
		if !ok {
			return nil, errors.New("the name of a template must be a string")
		}
		var t *Template
		if t, err = s.load(text); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return t, err
		}
	}
	if err == nil {
		err = fmt.Errorf("there is no template in the list: %w", fs.ErrNotExist)
	}
	return nil, err
}

func (s *state) include(f *frame, n *includeNode) error {
	t, err := s.named(f, n.name, true)
	if err != nil {
		if n.ignoreMissing && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	_, err = s.enterTemplate(f, t, n.withContext, f.out)
	return err
}

// enterTemplate runs another template and returns the names that it sets.
func (s *state) enterTemplate(f *frame, t *Template, withContext bool, out *strings.Builder) (*scope, error) {
	if err := s.enterCall(); err != nil {
		return nil, err
	}
	defer s.leaveCall()
	root := new(scope)
	if withContext {
		root = f.scope.inner()
	}
	return root, s.run(&frame{t, root, root, out}, t.body)
}

func (s *state) importModule(f *frame, name expr, withContext bool) (*module, error) {
	t, err := s.named(f, name, false)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	root, err := s.enterTemplate(f, t, withContext, &out)
	if err != nil {
		return nil, err
	}
	m := &module{name: t.name, text: out.String(), names: map[string]any{}}
	for name, v := range root.vars {
		if !strings.HasPrefix(name, "_") && !root.imported[name] {
			m.names[name] = v
		}
	}
	return m, nil
}

func (s *state) importNames(f *frame, n *fromNode) error {
	m, err := s.importModule(f, n.name, n.withContext)
	if err != nil {
		return err
	}
	for _, name := range n.names {
		v, ok := m.names[name.name]
		if !ok {
			v = s.undefined(fmt.Sprintf("the template %s (imported on line %d) does not export the requested name %s",
				repr(m.name), f.template.line(n.at()), repr(name.name)), name.name)
		}
		f.scope.setImported(name.as, v)
	}
	return nil
}
