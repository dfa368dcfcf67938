package template

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/template/syntax"
	"github.com/pawlhq/pawl/internal/template/value"
)

// Key is an attribute or item of a variable that a template uses.
type Key struct {
	Name         string
	Line, Column int // of its first use
}

// Variables returns the names that the template takes from outside, in the
// order of their first use. Names that it sets itself before it uses them are
// none, nor are Globals and the functions of Jinja2. Names that imported
// templates use do not count.
func (t *Template) Variables() []string {
	return syntax.Variables(t.body, t.isGlobal)
}

func (t *Template) isGlobal(name string) bool {
	_, ok := t.options.Globals[name]
	return ok || globalNamed(name) != nil
}

// Keys returns the attributes and items that the template takes directly from
// a variable, each once, in the order of their first use: upstream.a and
// upstream['a']['k'] both give a. A key that is not a constant text is an
// *Error. Jinja2's comments do not count, all other text does.
func (t *Template) Keys(variable string) ([]Key, error) {
	type use struct {
		at   int
		name string
	}
	var uses []use
	var failed error
	syntax.Walk(t.body, func(n syntax.Part) {
		switch n := n.(type) {
		case *syntax.AttrExpr:
			if isVariable(n.Of, variable) {
				uses = append(uses, use{n.Of.At(), n.Name})
			}
		case *syntax.ItemExpr:
			if !isVariable(n.Of, variable) {
				return
			}
			name, err := t.constantKey(variable, n.Key)
			if err != nil && failed == nil {
				failed = err
			}
			uses = append(uses, use{n.Of.At(), name})
		}
	})
	if failed != nil {
		return nil, failed
	}
	slices.SortStableFunc(uses, func(a, b use) int { return a.at - b.at })
	var keys []Key
	seen := map[string]bool{}
	for _, u := range uses {
		if seen[u.name] {
			continue
		}
		seen[u.name] = true
		line, column := t.position(u.at)
		keys = append(keys, Key{u.name, line, column})
	}
	return keys, nil
}

func isVariable(e syntax.Expr, name string) bool {
	n, ok := e.(*syntax.NameExpr)
	return ok && n.Name == name
}

// constantKey evaluates a key that no variable is needed for.
func (t *Template) constantKey(variable string, key syntax.Expr) (string, error) {
	constant := true
	syntax.WalkOne(key, func(n syntax.Part) {
		switch n.(type) {
		case *syntax.NameExpr, *syntax.CallExpr, *syntax.SliceExpr:
			constant = false
		}
	})
	if !constant {
		return "", t.errorAt(key.At(), fmt.Sprintf("the key of %s is not a constant, such as %s['name']", value.Repr(variable), variable))
	}
	s := newState(&t.options)
	v, err := s.eval(&frame{template: t, scope: new(scope)}, key)
	if err != nil {
		return "", err
	}
	name, ok := v.(string)
	if !ok {
		return "", t.errorAt(key.At(), fmt.Sprintf("the key of %s is not a string: %s", value.Repr(variable), value.Repr(v)))
	}
	return name, nil
}

// Assigned evaluates the last {% set name = ... %} of the template with the
// Globals alone, so that a template can declare something about itself. The
// value is as in Args; found tells whether there is such a statement.
func (t *Template) Assigned(name string) (value any, found bool, err error) {
	var last *syntax.SetNode
	syntax.Walk(t.body, func(n syntax.Part) {
		if set, ok := n.(*syntax.SetNode); ok && isVariable(set.Target, name) {
			last = set
		}
	})
	if last == nil {
		return nil, false, nil
	}
	s := newState(&t.options)
	v, err := s.eval(&frame{template: t, scope: new(scope)}, last.Value)
	if err != nil {
		return nil, true, err
	}
	if value, err = s.Outgoing(v); err != nil {
		return nil, true, t.locate(last.Value.At(), err)
	}
	return value, true, nil
}
