package expr

import (
	"strconv"

	"github.com/dop251/goja/ast"

	"github.com/pawlhq/pawl/internal/expr/moment"
)

// node is part of an expression that is evaluated without an engine: literals,
// names, paths, operators and calls of moment.
//
// It answers with the value that the engine would come to, or with false if
// that is not certain: if the engine would throw, or if something beyond what
// is known here is involved. Evaluating a node changes nothing, so that the
// engine can always start over.
//
// Values are those of parameters, moment's, and moment.Undefined.
type node interface {
	eval(f *frame) (moment.Value, bool)
}

// frame is what nodes are evaluated in.
type frame struct {
	scope  scope
	moment *moment.Lib
}

type (
	literal struct{ value moment.Value }
	name    struct{ name string }
	own     struct{ name string } // this.name
	member  struct {
		object node
		name   string
	}
	element struct{ object, index node }
	call    struct { // moment(...) or, with a name, moment.name(...)
		name string
		args []node
	}
	static     struct{ name string } // moment.name
	methodCall struct {
		object node
		name   string
		args   []node
	}
)

// isReference tells whether n is a name or a path.
func isReference(n node) bool {
	switch n := n.(type) {
	case name, own:
		return true
	case member:
		return isReference(n.object)
	case element:
		return isReference(n.object)
	}
	return false
}

// compileDirect returns a node for an expression, or nil if it has parts for
// which there is none.
func compileDirect(e ast.Expression) node {
	switch e := e.(type) {
	case *ast.StringLiteral:
		return literal{e.Value.String()}
	case *ast.NumberLiteral:
		return numberLiteral(e, 1)
	case *ast.BooleanLiteral:
		return literal{e.Value}
	case *ast.NullLiteral:
		return literal{nil}
	case *ast.Identifier:
		return name{e.Name.String()}
	case *ast.DotExpression:
		return compileDot(e)
	case *ast.BracketExpression:
		return compileElement(e)
	case *ast.UnaryExpression:
		return compileUnary(e)
	case *ast.BinaryExpression:
		return compileBinary(e)
	case *ast.ConditionalExpression:
		return compileConditional(e)
	case *ast.CallExpression:
		return compileCall(e)
	}
	return nil
}

func numberLiteral(e *ast.NumberLiteral, sign float64) node {
	switch v := e.Value.(type) {
	case int64:
		return literal{sign * float64(v)}
	case float64:
		return literal{sign * v}
	}
	return nil
}

// isMoment tells whether an expression is the name moment.
func isMoment(e ast.Expression) bool {
	id, ok := e.(*ast.Identifier)
	return ok && id.Name == "moment"
}

func compileDot(e *ast.DotExpression) node {
	property := e.Identifier.Name.String()
	if _, this := e.Left.(*ast.ThisExpression); this {
		return own{property}
	}
	if isMoment(e.Left) {
		return static{property}
	}
	if object := compileDirect(e.Left); object != nil {
		return member{object, property}
	}
	return nil
}

func compileElement(e *ast.BracketExpression) node {
	object, index := compileDirect(e.Left), compileDirect(e.Member)
	if object == nil || index == nil {
		return nil
	}
	return element{object, index}
}

func compileCall(e *ast.CallExpression) node {
	args := make([]node, len(e.ArgumentList))
	for i, a := range e.ArgumentList {
		if args[i] = compileDirect(a); args[i] == nil {
			return nil
		}
	}
	if isMoment(e.Callee) {
		return call{args: args}
	}
	dot, ok := e.Callee.(*ast.DotExpression)
	if !ok {
		return nil
	}
	method := dot.Identifier.Name.String()
	if isMoment(dot.Left) {
		return call{method, args}
	}
	if object := compileDirect(dot.Left); isMomentCall(object) {
		return methodCall{object, method, args}
	}
	return nil
}

// isMomentCall tells whether the value of n may be a moment or a duration.
func isMomentCall(n node) bool {
	switch n.(type) {
	case call, methodCall:
		return true
	}
	return false
}

// arrayIndex reads a property name that is an index of a list as JavaScript
// writes it.
func arrayIndex(name string) (uint32, bool) {
	if name == "" || len(name) > 10 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(name, 10, 32)
	return uint32(n), err == nil && n < 1<<32-1
}
