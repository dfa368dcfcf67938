package template

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

func (a *analysis) names() []string {
	names := slices.Collect(maps.Keys(a.found))
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(cmp.Compare(a.found[x], a.found[y]), cmp.Compare(x, y))
	})
	return names
}

// frame reads the statements of a frame with what comes before them, and then
// the frames in it.
func (a *analysis) frame(parent *symbols, before func(*symbols), body []node) {
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
func (a *analysis) inner(y *symbols, body []node) {
	for _, n := range body {
		switch n := n.(type) {
		case *ifNode:
			for _, b := range n.branches {
				a.inner(y, b.body)
			}
			a.inner(y, n.otherwise)
		case *forNode:
			target := func(y *symbols) { y.params(targetNames(n.target, nil)) }
			a.frame(y, func(y *symbols) { target(y); y.param("loop") }, n.body)
			a.frame(y, nil, n.otherwise)
			if n.test != nil {
				a.frame(y, func(y *symbols) { target(y); y.expr(n.test) }, nil)
			}
		case *setBlock:
			a.frame(y, func(y *symbols) { y.expr(n.filter) }, n.body)
		case *filterNode:
			a.frame(y, nil, n.body)
		case *withNode:
			a.frame(y, func(y *symbols) {
				for _, target := range n.targets {
					y.params(targetNames(target, nil))
				}
			}, n.body)
		case *macroNode:
			a.frame(y, n.bind, n.body)
		case *callNode:
			a.frame(y, n.bind, n.body)
		}
	}
}

func (y *symbols) params(names []string) {
	for _, name := range names {
		y.param(name)
	}
}

// bind declares the parameters of a macro.
func (s *signature) bind(y *symbols) {
	y.params(s.params)
	for name, used := range map[string]bool{"caller": s.callable, "kwargs": s.kwargs, "varargs": s.varargs} {
		if used {
			y.param(name)
		}
	}
	for _, e := range s.defaults {
		y.expr(e)
	}
}

// expr reads the names in an expression, which may be nil.
func (y *symbols) expr(e expr) {
	if e == nil {
		return
	}
	walkOne(e, func(n syntax) {
		if name, ok := n.(*nameExpr); ok {
			y.load(name.name, name.at())
		}
	})
}

func (y *symbols) target(e expr) {
	switch e := e.(type) {
	case *nameExpr:
		y.store(e.name)
	case *memberTarget:
		y.load(e.object, e.at())
	case *tupleExpr:
		for _, item := range e.items {
			y.target(item)
		}
	}
}

func (y *symbols) nodes(body []node) {
	for _, n := range body {
		y.node(n)
	}
}

func (y *symbols) node(n node) {
	switch n := n.(type) {
	case *printNode:
		for _, e := range n.values {
			y.expr(e)
		}
	case *ifNode:
		y.conditions(n)
	case *forNode:
		y.expr(n.over)
	case *setNode:
		y.expr(n.value)
		y.target(n.target)
	case *setBlock:
		y.target(n.target)
	case *filterNode:
		y.expr(n.filter)
	case *withNode:
		for _, e := range n.values {
			y.expr(e)
		}
	case *macroNode:
		y.store(n.name)
	case *callNode:
		y.expr(n.call)
	case *includeNode:
		y.expr(n.name)
	case *importNode:
		y.expr(n.name)
		y.store(n.target)
	case *fromNode:
		y.expr(n.name)
		for _, name := range n.names {
			y.store(name.as)
		}
	case *raiseNode:
		y.expr(n.message)
	}
}

// conditions reads an if: what follows elif is a branch of its own.
func (y *symbols) conditions(n *ifNode) {
	y.expr(n.branches[0].test)
	first, others, otherwise := y.branch(), y.branch(), y.branch()
	first.nodes(n.branches[0].body)
	for _, b := range n.branches[1:] {
		others.conditions(&ifNode{branches: []branch{b}})
	}
	otherwise.nodes(n.otherwise)
	y.merge([]*symbols{first, others, otherwise})
}
