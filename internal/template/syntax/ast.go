package syntax

// Pos is an offset into the normalized text.
type Pos int

// At returns the offset.
func (p Pos) At() int { return int(p) }

// Expr is an expression. A filter that stands for the content of a block has no
// operand.
type Expr interface{ At() int }

type (
	// ConstExpr is a constant.
	ConstExpr struct {
		Pos
		Value any
	}

	// NameExpr is a name.
	NameExpr struct {
		Pos
		Name string
	}

	// AttrExpr is of.name.
	AttrExpr struct {
		Pos
		Of   Expr
		Name string
	}

	// ItemExpr is of[key].
	ItemExpr struct {
		Pos
		Of, Key Expr
	}

	// SliceExpr is low:high:step, which is a key only.
	SliceExpr struct {
		Pos
		Low, High, Step Expr // or nil
	}

	// CallExpr is fn(args).
	CallExpr struct {
		Pos
		Fn   Expr
		Args CallArgs
	}

	// FilterExpr is of|name(args).
	FilterExpr struct {
		Pos
		Of   Expr // nil: the content of a block
		Name string
		Args CallArgs
	}

	// TestExpr is of is name(args).
	TestExpr struct {
		Pos
		Of   Expr
		Name string
		Args CallArgs
	}

	// NotExpr is not of.
	NotExpr struct {
		Pos
		Of Expr
	}

	// SignExpr is +of or -of.
	SignExpr struct {
		Pos
		Op string
		Of Expr
	}

	// BinaryExpr is arithmetic: left op right.
	BinaryExpr struct {
		Pos
		Op          string
		Left, Right Expr
	}

	// LogicExpr is left and right, or left or right.
	LogicExpr struct {
		Pos
		And         bool
		Left, Right Expr
	}

	// ConcatExpr is parts joined by ~.
	ConcatExpr struct {
		Pos
		Parts []Expr
	}

	// CompareExpr is a chain of comparisons: first op with op with.
	CompareExpr struct {
		Pos
		First Expr
		Rest  []Comparison
	}

	// CondExpr is yes if test else no.
	CondExpr struct {
		Pos
		Test, Yes, No Expr // no may be nil
	}

	// TupleExpr is (items).
	TupleExpr struct {
		Pos
		Items []Expr
	}

	// ListExpr is [items].
	ListExpr struct {
		Pos
		Items []Expr
	}

	// DictExpr is {keys: values}.
	DictExpr struct {
		Pos
		Keys, Values []Expr
	}
	// MemberTarget is what {% set ns.name = ... %} assigns to.
	MemberTarget struct {
		Pos
		Object, Name string
	}
)

// Comparison is one of a chain: op with.
type Comparison struct {
	Op   string
	With Expr
}

// CallArgs are the arguments of a call as they are written.
type CallArgs struct {
	Positional  []Expr
	Named       []NamedArg
	Star, Stars Expr // *x and **x, or nil
}

// NamedArg is name=value.
type NamedArg struct {
	Name  string
	Value Expr
}

// Node is a statement or a piece of text.
type Node interface{ At() int }

type (
	// TextNode is text outside of marks.
	TextNode struct {
		Pos
		Text string
	}

	// PrintNode is {{ values }}.
	PrintNode struct {
		Pos
		Values []Expr
	}

	// IfNode is {% if %}, with its branches and what is otherwise.
	IfNode struct {
		Pos
		Branches  []Branch
		Otherwise []Node
	}

	// ForNode is {% for %}.
	ForNode struct {
		Pos
		Target    Expr
		Over      Expr
		Test      Expr // or nil
		Recursive bool
		Body      []Node
		Otherwise []Node
	}

	// SetNode is {% set target = value %}.
	SetNode struct {
		Pos
		Target, Value Expr
	}

	// SetBlock is {% set target %}, whose value is its body.
	SetBlock struct {
		Pos
		Target Expr
		Filter Expr // or nil
		Body   []Node
	}

	// WithNode is {% with %}.
	WithNode struct {
		Pos
		Targets, Values []Expr
		Body            []Node
	}

	// MacroNode is {% macro %}.
	MacroNode struct {
		Pos
		Name string
		Signature
		Body []Node
	}

	// CallNode is {% call %}, whose body is what caller() gives.
	CallNode struct {
		Pos
		Signature
		Call *CallExpr
		Body []Node
	}

	// FilterNode is {% filter %}.
	FilterNode struct {
		Pos
		Filter Expr
		Body   []Node
	}

	// IncludeNode is {% include %}.
	IncludeNode struct {
		Pos
		Name          Expr
		IgnoreMissing bool
		WithContext   bool
	}

	// ImportNode is {% import name as target %}.
	ImportNode struct {
		Pos
		Name        Expr
		Target      string
		WithContext bool
	}

	// FromNode is {% from name import names %}.
	FromNode struct {
		Pos
		Name        Expr
		Names       []ImportedName
		WithContext bool
	}

	// RaiseNode is {% raise %}.
	RaiseNode struct {
		Pos
		Message Expr
	}
)

// Branch is an {% if %} or {% elif %}.
type Branch struct {
	Test Expr
	Body []Node
}

// ImportedName is a name that another template has, and the one that it gets.
type ImportedName struct{ Name, As string }

// Signature is what a macro takes. The last parameters have the defaults. What
// else the body uses says whether it takes more arguments.
type Signature struct {
	Params                    []string
	Defaults                  []Expr
	Varargs, Kwargs, Callable bool
}
