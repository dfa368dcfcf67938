package syntax

// Part is an expression or a statement.
type Part interface{ At() int }

// Walk visits what the list holds at any depth, in the order of the text.
func Walk[T Part](list []T, visit func(Part)) {
	for _, n := range list {
		WalkOne(n, visit)
	}
}

// WalkOne visits an expression or a statement, and what it holds at any depth.
func WalkOne(n Part, visit func(Part)) {
	if n == nil {
		return
	}
	visit(n)
	next := func(list ...Expr) {
		for _, e := range list {
			if e != nil {
				WalkOne(e, visit)
			}
		}
	}
	walkExpr(n, next)
	walkNode(n, next, func(body []Node) { Walk(body, visit) })
}

// walkExpr passes on the parts of an expression.
func walkExpr(n Part, next func(...Expr)) {
	switch n := n.(type) {
	case *AttrExpr:
		next(n.Of)
	case *ItemExpr:
		next(n.Of, n.Key)
	case *SliceExpr:
		next(n.Low, n.High, n.Step)
	case *CallExpr:
		next(n.Fn)
		n.Args.walk(next)
	case *FilterExpr:
		next(n.Of)
		n.Args.walk(next)
	case *TestExpr:
		next(n.Of)
		n.Args.walk(next)
	case *NotExpr:
		next(n.Of)
	case *SignExpr:
		next(n.Of)
	case *BinaryExpr:
		next(n.Left, n.Right)
	case *LogicExpr:
		next(n.Left, n.Right)
	case *ConcatExpr:
		next(n.Parts...)
	case *CompareExpr:
		next(n.First)
		for _, c := range n.Rest {
			next(c.With)
		}
	case *CondExpr:
		next(n.Yes, n.Test, n.No)
	case *TupleExpr:
		next(n.Items...)
	case *ListExpr:
		next(n.Items...)
	case *DictExpr:
		for i, key := range n.Keys {
			next(key, n.Values[i])
		}
	}
}

func (a *CallArgs) walk(next func(...Expr)) {
	next(a.Positional...)
	for _, n := range a.Named {
		next(n.Value)
	}
	next(a.Star, a.Stars)
}

// walkNode passes on the parts of a statement.
func walkNode(n Part, next func(...Expr), block func([]Node)) {
	switch n := n.(type) {
	case *PrintNode:
		next(n.Values...)
	case *IfNode:
		for _, b := range n.Branches {
			next(b.Test)
			block(b.Body)
		}
		block(n.Otherwise)
	case *ForNode:
		next(n.Target, n.Over, n.Test)
		block(n.Body)
		block(n.Otherwise)
	case *SetNode:
		next(n.Target, n.Value)
	case *SetBlock:
		next(n.Target, n.Filter)
		block(n.Body)
	case *WithNode:
		for i, target := range n.Targets {
			next(target, n.Values[i])
		}
		block(n.Body)
	case *MacroNode:
		next(n.Defaults...)
		block(n.Body)
	case *CallNode:
		next(n.Defaults...)
		next(n.Call)
		block(n.Body)
	case *FilterNode:
		next(n.Filter)
		block(n.Body)
	case *IncludeNode:
		next(n.Name)
	case *ImportNode:
		next(n.Name)
	case *FromNode:
		next(n.Name)
	case *RaiseNode:
		next(n.Message)
	}
}

// usedNames returns the names that statements mention.
func usedNames(body []Node) map[string]bool {
	used := map[string]bool{}
	Walk(body, func(n Part) {
		if name, ok := n.(*NameExpr); ok {
			used[name.Name] = true
		}
	})
	return used
}
