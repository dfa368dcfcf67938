package template

// syntax is an expression or a statement.
type syntax interface{ at() int }

// walk visits what the list holds at any depth, in the order of the text.
func walk[T syntax](list []T, visit func(syntax)) {
	for _, n := range list {
		walkOne(n, visit)
	}
}

func walkOne(n syntax, visit func(syntax)) {
	if n == nil {
		return
	}
	visit(n)
	next := func(list ...expr) {
		for _, e := range list {
			if e != nil {
				walkOne(e, visit)
			}
		}
	}
	walkExpr(n, next)
	walkNode(n, next, func(body []node) { walk(body, visit) })
}

// walkExpr passes on the parts of an expression.
func walkExpr(n syntax, next func(...expr)) {
	switch n := n.(type) {
	case *attrExpr:
		next(n.of)
	case *itemExpr:
		next(n.of, n.key)
	case *sliceExpr:
		next(n.low, n.high, n.step)
	case *callExpr:
		next(n.fn)
		n.args.walk(next)
	case *filterExpr:
		next(n.of)
		n.args.walk(next)
	case *testExpr:
		next(n.of)
		n.args.walk(next)
	case *notExpr:
		next(n.of)
	case *signExpr:
		next(n.of)
	case *binaryExpr:
		next(n.left, n.right)
	case *logicExpr:
		next(n.left, n.right)
	case *concatExpr:
		next(n.parts...)
	case *compareExpr:
		next(n.first)
		for _, c := range n.rest {
			next(c.with)
		}
	case *condExpr:
		next(n.yes, n.test, n.no)
	case *tupleExpr:
		next(n.items...)
	case *listExpr:
		next(n.items...)
	case *dictExpr:
		for i, key := range n.keys {
			next(key, n.values[i])
		}
	}
}

func (a *callArgs) walk(next func(...expr)) {
	next(a.positional...)
	for _, n := range a.named {
		next(n.value)
	}
	next(a.star, a.stars)
}

// walkNode passes on the parts of a statement.
func walkNode(n syntax, next func(...expr), block func([]node)) {
	switch n := n.(type) {
	case *printNode:
		next(n.values...)
	case *ifNode:
		for _, b := range n.branches {
			next(b.test)
			block(b.body)
		}
		block(n.otherwise)
	case *forNode:
		next(n.target, n.over, n.test)
		block(n.body)
		block(n.otherwise)
	case *setNode:
		next(n.target, n.value)
	case *setBlock:
		next(n.target, n.filter)
		block(n.body)
	case *withNode:
		for i, target := range n.targets {
			next(target, n.values[i])
		}
		block(n.body)
	case *macroNode:
		next(n.defaults...)
		block(n.body)
	case *callNode:
		next(n.defaults...)
		next(n.call)
		block(n.body)
	case *filterNode:
		next(n.filter)
		block(n.body)
	case *includeNode:
		next(n.name)
	case *importNode:
		next(n.name)
	case *fromNode:
		next(n.name)
	case *raiseNode:
		next(n.message)
	}
}

// usedNames returns the names that statements mention.
func usedNames(body []node) map[string]bool {
	used := map[string]bool{}
	walk(body, func(n syntax) {
		if name, ok := n.(*nameExpr); ok {
			used[name.name] = true
		}
	})
	return used
}
