package template

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pawlhq/pawl/internal/template/syntax"
	"github.com/pawlhq/pawl/internal/template/value"
)

// run executes statements.
func (s *state) run(f *frame, nodes []syntax.Node) error {
	for _, n := range nodes {
		if err := s.Spend(runEffort); err != nil {
			return f.template.locate(n.At(), err)
		}
		if err := s.statement(f, n); err != nil {
			return f.template.locate(n.At(), err)
		}
	}
	return nil
}

func (s *state) statement(f *frame, n syntax.Node) error {
	switch n := n.(type) {
	case *syntax.TextNode:
		return s.write(f, n.Text)
	case *syntax.PrintNode:
		return s.print(f, n)
	case *syntax.IfNode:
		return s.runIf(f, n)
	case *syntax.ForNode:
		return s.runFor(f, n)
	case *syntax.SetNode:
		v, err := s.eval(f, n.Value)
		if err != nil {
			return err
		}
		return s.assign(f, n.Target, v)
	case *syntax.SetBlock:
		text, err := s.capture(f, n.Body, n.Filter)
		if err != nil {
			return err
		}
		return s.assign(f, n.Target, text)
	case *syntax.WithNode:
		return s.runWith(f, n)
	case *syntax.MacroNode:
		f.scope.set(n.Name, &macro{name: n.Name, Signature: n.Signature, body: n.Body, state: s, frame: f})
		return nil
	case *syntax.CallNode:
		return s.runCall(f, n)
	case *syntax.FilterNode:
		v, err := s.capture(f, n.Body, n.Filter)
		if err != nil {
			return err
		}
		return s.printValue(f, v)
	case *syntax.IncludeNode:
		return s.include(f, n)
	case *syntax.ImportNode:
		m, err := s.importModule(f, n.Name, n.WithContext)
		if err != nil {
			return err
		}
		f.scope.setImported(n.Target, m)
		return nil
	case *syntax.FromNode:
		return s.importNames(f, n)
	case *syntax.RaiseNode:
		return s.raise(f, n)
	}
	return fmt.Errorf("unknown statement %T", n)
}

func (s *state) write(f *frame, text string) error {
	f.out.WriteString(text)
	return s.Spend(len(text))
}

func (s *state) print(f *frame, n *syntax.PrintNode) error {
	for _, e := range n.Values {
		v, err := s.eval(f, e)
		if err != nil {
			return err
		}
		if err := s.printValue(f, v); err != nil {
			return f.template.locate(e.At(), err)
		}
	}
	return nil
}

func (s *state) printValue(f *frame, v any) error {
	text, err := s.Str(v)
	if err != nil {
		return err
	}
	return s.write(f, text)
}

// condition evaluates a test.
func (s *state) condition(f *frame, e syntax.Expr) (bool, error) {
	v, err := s.eval(f, e)
	if err != nil {
		return false, err
	}
	ok, err := value.Truth(v)
	if err != nil {
		err = f.template.locate(e.At(), err)
	}
	return ok, err
}

func (s *state) runIf(f *frame, n *syntax.IfNode) error {
	for _, b := range n.Branches {
		ok, err := s.condition(f, b.Test)
		if err != nil {
			return err
		}
		if ok {
			return s.run(f, b.Body)
		}
	}
	return s.run(f, n.Otherwise)
}

func (s *state) runFor(f *frame, n *syntax.ForNode) error {
	over, err := s.eval(f, n.Over)
	if err != nil {
		return err
	}
	return s.loop(f, n, over, 0)
}

// loop runs the body for each item, at a depth of recursion.
func (s *state) loop(f *frame, n *syntax.ForNode, over any, depth int) error {
	items, err := s.Elements(over)
	if err != nil {
		return f.template.locate(n.Over.At(), err)
	}
	if n.Test != nil {
		if items, err = s.filterItems(f, n, items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return s.run(f.within(f.out), n.Otherwise)
	}
	l := &loop{items: items, depth: depth}
	if n.Recursive {
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
		if err := s.Spend(turnEffort); err != nil {
			return f.template.locate(n.At(), err)
		}
		inner := f.within(f.out)
		if err := s.assign(inner, n.Target, item); err != nil {
			return err
		}
		inner.scope.set("loop", l)
		if err := s.run(inner, n.Body); err != nil {
			return err
		}
	}
	return nil
}

// filterItems keeps the items for which the test of the loop holds.
func (s *state) filterItems(f *frame, n *syntax.ForNode, items []any) ([]any, error) {
	var kept []any
	for _, item := range items {
		inner := f.within(f.out)
		if err := s.assign(inner, n.Target, item); err != nil {
			return nil, err
		}
		ok, err := s.condition(inner, n.Test)
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
func (s *state) assign(f *frame, target syntax.Expr, v any) error {
	if err := s.assignTo(f, target, v); err != nil {
		return f.template.locate(target.At(), err)
	}
	return nil
}

func (s *state) assignTo(f *frame, target syntax.Expr, v any) error {
	switch t := target.(type) {
	case *syntax.NameExpr:
		f.scope.set(t.Name, v)
	case *syntax.MemberTarget:
		object, err := s.lookup(f, t.Object)
		if err != nil {
			return err
		}
		n, ok := object.(*value.Namespace)
		if !ok {
			return errors.New("cannot assign attribute on non-namespace object")
		}
		return s.Put(&n.Dict, t.Name, v)
	case *syntax.TupleExpr:
		items, err := s.Elements(v)
		if err != nil {
			if _, isUndefined := v.(value.Undefined); !isUndefined {
				err = fmt.Errorf("cannot unpack non-iterable %s object", value.KindName(v))
			}
			return err
		}
		if len(items) > len(t.Items) {
			return fmt.Errorf("too many values to unpack (expected %d)", len(t.Items))
		}
		if len(items) < len(t.Items) {
			return fmt.Errorf("not enough values to unpack (expected %d, got %d)", len(t.Items), len(items))
		}
		for i, item := range items {
			if err := s.assign(f, t.Items[i], item); err != nil {
				return err
			}
		}
	}
	return nil
}

// capture returns the text of a block, as its filters leave it.
func (s *state) capture(f *frame, body []syntax.Node, filter syntax.Expr) (any, error) {
	var out strings.Builder
	inner := f.within(&out)
	if err := s.run(inner, body); err != nil {
		return nil, err
	}
	if filter == nil {
		return out.String(), nil
	}
	return s.filtered(inner, filter.(*syntax.FilterExpr), out.String())
}

func (s *state) runWith(f *frame, n *syntax.WithNode) error {
	inner := f.within(f.out)
	for i, target := range n.Targets {
		v, err := s.eval(f, n.Values[i])
		if err != nil {
			return err
		}
		if err := s.assign(inner, target, v); err != nil {
			return err
		}
	}
	return s.run(inner, n.Body)
}

func (s *state) runCall(f *frame, n *syntax.CallNode) error {
	caller := &macro{Signature: n.Signature, body: n.Body, state: s, frame: f}
	v, err := s.call(f, n.Call, caller)
	if err != nil {
		return err
	}
	return s.printValue(f, v)
}

func (s *state) raise(f *frame, n *syntax.RaiseNode) error {
	v, err := s.eval(f, n.Message)
	if err != nil {
		return err
	}
	text, err := s.Str(v)
	if err != nil {
		return err
	}
	return errors.New(text)
}

// named loads the template that an expression names, or the first there is of
// a list of names.
func (s *state) named(f *frame, e syntax.Expr, many bool) (*Template, error) {
	v, err := s.eval(f, e)
	if err != nil {
		return nil, err
	}
	names := []any{v}
	switch v := v.(type) {
	case value.Undefined:
		return nil, v.Fail()
	case *value.List, value.Tuple:
		if !many {
			return nil, errors.New("the name of a template must be a string")
		}
		names, _ = s.Elements(v)
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

func (s *state) include(f *frame, n *syntax.IncludeNode) error {
	t, err := s.named(f, n.Name, true)
	if err != nil {
		if n.IgnoreMissing && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	_, err = s.enterTemplate(f, t, n.WithContext, f.out)
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

func (s *state) importModule(f *frame, name syntax.Expr, withContext bool) (*module, error) {
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

func (s *state) importNames(f *frame, n *syntax.FromNode) error {
	m, err := s.importModule(f, n.Name, n.WithContext)
	if err != nil {
		return err
	}
	for _, name := range n.Names {
		v, ok := m.names[name.Name]
		if !ok {
			v = s.Undefined(fmt.Sprintf("the template %s (imported on line %d) does not export the requested name %s",
				value.Repr(m.name), f.template.line(n.At()), value.Repr(name.Name)), name.Name)
		}
		f.scope.setImported(name.As, v)
	}
	return nil
}
