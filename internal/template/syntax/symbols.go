package syntax

import (
	"cmp"
	"maps"
	"slices"
)

// origin says where a name in a frame comes from when the frame is entered.
type origin uint8

const (
	fromOutside origin = iota + 1 // a variable of the template
	fromFrame                     // a frame around
	fromNowhere                   // it is set before it is used
	fromCaller                    // a parameter
)

// symbols are the names that one frame (the template, a loop, a macro) uses and
// sets, read in the order of the text.
type symbols struct {
	parent *symbols
	origin map[string]origin
	stores map[string]bool
	at     map[string]int // of the first use
}

func newSymbols(parent *symbols) *symbols {
	return &symbols{parent, map[string]origin{}, map[string]bool{}, map[string]int{}}
}

func (y *symbols) branch() *symbols {
	return &symbols{y.parent, maps.Clone(y.origin), maps.Clone(y.stores), y.at}
}

// known tells whether the frame or one around has the name.
func (y *symbols) known(name string) bool {
	for ; y != nil; y = y.parent {
		if y.origin[name] != 0 {
			return true
		}
	}
	return false
}

func (y *symbols) load(name string, at int) {
	if !y.known(name) {
		y.origin[name] = fromOutside
	}
	if _, ok := y.at[name]; !ok {
		y.at[name] = at
	}
}

func (y *symbols) store(name string) {
	y.stores[name] = true
	switch {
	case y.origin[name] != 0:
	case y.parent.known(name):
		y.origin[name] = fromFrame
	default:
		y.origin[name] = fromNowhere
	}
}

func (y *symbols) param(name string) {
	y.stores[name] = true
	y.origin[name] = fromCaller
}

// merge adds what happens in branches of which one is taken. What only some of
// them set comes from outside in the others.
func (y *symbols) merge(branches []*symbols) {
	stores := map[string]bool{}
	for _, b := range branches {
		maps.Copy(stores, b.stores)
	}
	maps.DeleteFunc(stores, func(name string, _ bool) bool { return y.stores[name] })
	for _, b := range branches {
		maps.Copy(y.origin, b.origin)
		maps.Copy(y.stores, b.stores)
	}
	for name := range stores {
		y.origin[name] = fromOutside
		if y.parent.known(name) {
			y.origin[name] = fromFrame
		}
	}
}

// analysis finds the variables of a template.
type analysis struct {
	global func(name string) bool
	found  map[string]int // name to the offset of the first use
}

// Variables returns the names that statements take from outside, but for global
// ones, in the order of their first use.
func Variables(body []Node, global func(name string) bool) []string {
	a := &analysis{global: global, found: map[string]int{}}
	a.frame(nil, nil, body)
	return a.names()
}

func (a *analysis) names() []string {
	names := slices.Collect(maps.Keys(a.found))
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(cmp.Compare(a.found[x], a.found[y]), cmp.Compare(x, y))
	})
	return names
}

// frame reads the statements of a frame with what comes before them, and then
// the frames in it.
func (a *analysis) frame(parent *symbols, before func(*symbols), body []Node) {
	y := newSymbols(parent)
	if before != nil {
		before(y)
	}
	y.nodes(body)
	for name, o := range y.origin {
		if o != fromOutside || a.global(name) {
			continue
		}
		if at, ok := a.found[name]; !ok || y.at[name] < at {
			a.found[name] = y.at[name]
		}
	}
	a.inner(y, body)
}

// inner reads the frames of the statements.
func (a *analysis) inner(y *symbols, body []Node) {
	for _, n := range body {
		switch n := n.(type) {
		case *IfNode:
			for _, b := range n.Branches {
				a.inner(y, b.Body)
			}
			a.inner(y, n.Otherwise)
		case *ForNode:
			target := func(y *symbols) { y.params(targetNames(n.Target, nil)) }
			a.frame(y, func(y *symbols) { target(y); y.param("loop") }, n.Body)
			a.frame(y, nil, n.Otherwise)
			if n.Test != nil {
				a.frame(y, func(y *symbols) { target(y); y.expr(n.Test) }, nil)
			}
		case *SetBlock:
			a.frame(y, func(y *symbols) { y.expr(n.Filter) }, n.Body)
		case *FilterNode:
			a.frame(y, nil, n.Body)
		case *WithNode:
			a.frame(y, func(y *symbols) {
				for _, target := range n.Targets {
					y.params(targetNames(target, nil))
				}
			}, n.Body)
		case *MacroNode:
			a.frame(y, n.bind, n.Body)
		case *CallNode:
			a.frame(y, n.bind, n.Body)
		}
	}
}

func (y *symbols) params(names []string) {
	for _, name := range names {
		y.param(name)
	}
}

// bind declares the parameters of a macro.
func (s *Signature) bind(y *symbols) {
	y.params(s.Params)
	for name, used := range map[string]bool{"caller": s.Callable, "kwargs": s.Kwargs, "varargs": s.Varargs} {
		if used {
			y.param(name)
		}
	}
	for _, e := range s.Defaults {
		y.expr(e)
	}
}

// expr reads the names in an expression, which may be nil.
func (y *symbols) expr(e Expr) {
	if e == nil {
		return
	}
	WalkOne(e, func(n Part) {
		if name, ok := n.(*NameExpr); ok {
			y.load(name.Name, name.At())
		}
	})
}

func (y *symbols) target(e Expr) {
	switch e := e.(type) {
	case *NameExpr:
		y.store(e.Name)
	case *MemberTarget:
		y.load(e.Object, e.At())
	case *TupleExpr:
		for _, item := range e.Items {
			y.target(item)
		}
	}
}

func (y *symbols) nodes(body []Node) {
	for _, n := range body {
		y.node(n)
	}
}

func (y *symbols) node(n Node) {
	switch n := n.(type) {
	case *PrintNode:
		for _, e := range n.Values {
			y.expr(e)
		}
	case *IfNode:
		y.conditions(n)
	case *ForNode:
		y.expr(n.Over)
	case *SetNode:
		y.expr(n.Value)
		y.target(n.Target)
	case *SetBlock:
		y.target(n.Target)
	case *FilterNode:
		y.expr(n.Filter)
	case *WithNode:
		for _, e := range n.Values {
			y.expr(e)
		}
	case *MacroNode:
		y.store(n.Name)
	case *CallNode:
		y.expr(n.Call)
	case *IncludeNode:
		y.expr(n.Name)
	case *ImportNode:
		y.expr(n.Name)
		y.store(n.Target)
	case *FromNode:
		y.expr(n.Name)
		for _, name := range n.Names {
			y.store(name.As)
		}
	case *RaiseNode:
		y.expr(n.Message)
	}
}

// conditions reads an if: what follows elif is a branch of its own.
func (y *symbols) conditions(n *IfNode) {
	y.expr(n.Branches[0].Test)
	first, others, otherwise := y.branch(), y.branch(), y.branch()
	first.nodes(n.Branches[0].Body)
	for _, b := range n.Branches[1:] {
		others.conditions(&IfNode{Branches: []Branch{b}})
	}
	otherwise.nodes(n.Otherwise)
	y.merge([]*symbols{first, others, otherwise})
}
