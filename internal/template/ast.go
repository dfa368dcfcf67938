package template

// pos is an offset into the normalized text.
type pos int

func (p pos) at() int { return int(p) }

// expr is an expression. A filter that stands for the content of a block has no
// operand.
type expr interface{ at() int }

type (
	constExpr struct {
		pos
		value any
	}
	nameExpr struct {
		pos
		name string
	}
	attrExpr struct {
		pos
		of   expr
		name string
	}
	itemExpr struct {
		pos
		of, key expr
	}
	sliceExpr struct { // only as a key
		pos
		low, high, step expr // or nil
	}
	callExpr struct {
		pos
		fn   expr
		args callArgs
	}
	filterExpr struct {
		pos
		of   expr // nil: the content of a block
		name string
		args callArgs
	}
	testExpr struct {
		pos
		of   expr
		name string
		args callArgs
	}
	notExpr struct {
		pos
		of expr
	}
	signExpr struct {
		pos
		op string
		of expr
	}
	binaryExpr struct {
		pos
		op          string
		left, right expr
	}
	logicExpr struct {
		pos
		and         bool
		left, right expr
	}
	concatExpr struct {
		pos
		parts []expr
	}
	compareExpr struct {
		pos
		first expr
		rest  []comparison
	}
	condExpr struct {
		pos
		test, yes, no expr // no may be nil
	}
	tupleExpr struct {
		pos
		items []expr
	}
	listExpr struct {
		pos
		items []expr
	}
	dictExpr struct {
		pos
		keys, values []expr
	}
	// memberTarget is what {% set ns.name = ... %} assigns to.
	memberTarget struct {
		pos
		object, name string
	}
)

type comparison struct {
	op   string
	with expr
}

// callArgs are the arguments of a call as they are written.
type callArgs struct {
	positional  []expr
	named       []namedArg
	star, stars expr // *x and **x, or nil
}

type namedArg struct {
	name  string
	value expr
}

// node is a statement or a piece of text.
type node interface{ at() int }

type (
	textNode struct {
		pos
		text string
	}
	printNode struct {
		pos
		values []expr
	}
	ifNode struct {
		pos
		branches  []branch
		otherwise []node
	}
	forNode struct {
		pos
		target    expr
		over      expr
		test      expr // or nil
		recursive bool
		body      []node
		otherwise []node
	}
	setNode struct {
		pos
		target, value expr
	}
	setBlock struct {
		pos
		target expr
		filter expr // or nil
		body   []node
	}
	withNode struct {
		pos
		targets, values []expr
		body            []node
	}
	macroNode struct {
		pos
		name string
		signature
		body []node
	}
	callNode struct {
		pos
		signature
		call *callExpr
		body []node
	}
	filterNode struct {
		pos
		filter expr
		body   []node
	}
	includeNode struct {
		pos
		name          expr
		ignoreMissing bool
		withContext   bool
	}
	importNode struct {
		pos
		name        expr
		target      string
		withContext bool
	}
	fromNode struct {
		pos
		name        expr
		names       []importedName
		withContext bool
	}
	raiseNode struct {
		pos
		message expr
	}
)

type branch struct {
	test expr
	body []node
}

type importedName struct{ name, as string }

// signature is what a macro takes. The last parameters have the defaults. What
// else the body uses says whether it takes more arguments.
type signature struct {
	params                    []string
	defaults                  []expr
	varargs, kwargs, callable bool
}
