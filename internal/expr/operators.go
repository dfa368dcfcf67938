package expr

import (
	"math"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/expr/moment"
)

type (
	binary struct {
		apply       operator
		left, right node
	}
	logical struct { // && or ||
		and         bool
		left, right node
	}
	not         struct{ operand node }
	conditional struct{ test, yes, no node }
)

// operator computes with two values and reports whether it knows how; objects
// are left to the engine.
type operator func(left, right moment.Value) (moment.Value, bool)

var operators = map[token.Token]operator{
	token.PLUS:             add,
	token.MINUS:            arithmetic(func(a, b float64) float64 { return a - b }),
	token.MULTIPLY:         arithmetic(func(a, b float64) float64 { return a * b }),
	token.SLASH:            arithmetic(func(a, b float64) float64 { return a / b }),
	token.REMAINDER:        arithmetic(math.Mod),
	token.LESS:             comparison(func(order int) bool { return order < 0 }),
	token.GREATER:          comparison(func(order int) bool { return order > 0 }),
	token.LESS_OR_EQUAL:    comparison(func(order int) bool { return order <= 0 }),
	token.GREATER_OR_EQUAL: comparison(func(order int) bool { return order >= 0 }),
	token.EQUAL:            equality(looselyEqual, true),
	token.NOT_EQUAL:        equality(looselyEqual, false),
	token.STRICT_EQUAL:     equality(strictlyEqual, true),
	token.STRICT_NOT_EQUAL: equality(strictlyEqual, false),
}

func compileBinary(e *ast.BinaryExpression) node {
	left, right := compileDirect(e.Left), compileDirect(e.Right)
	if left == nil || right == nil {
		return nil
	}
	switch e.Operator {
	case token.LOGICAL_AND:
		return logical{true, left, right}
	case token.LOGICAL_OR:
		return logical{false, left, right}
	}
	if apply := operators[e.Operator]; apply != nil {
		return binary{apply, left, right}
	}
	return nil
}

func compileUnary(e *ast.UnaryExpression) node {
	switch e.Operator {
	case token.MINUS:
		if n, ok := e.Operand.(*ast.NumberLiteral); ok {
			return numberLiteral(n, -1)
		}
	case token.NOT:
		if operand := compileDirect(e.Operand); operand != nil {
			return not{operand}
		}
	}
	return nil
}

func compileConditional(e *ast.ConditionalExpression) node {
	test, yes, no := compileDirect(e.Test), compileDirect(e.Consequent), compileDirect(e.Alternate)
	if test == nil || yes == nil || no == nil {
		return nil
	}
	return conditional{test, yes, no}
}

func (n binary) eval(f *frame) (moment.Value, bool) {
	left, ok := n.left.eval(f)
	if !ok {
		return nil, false
	}
	right, ok := n.right.eval(f)
	if !ok {
		return nil, false
	}
	return n.apply(left, right)
}

func (n logical) eval(f *frame) (moment.Value, bool) {
	v, ok := n.left.eval(f)
	if ok && truthy(v) == n.and {
		v, ok = n.right.eval(f)
	}
	return rounded(v, ok)
}

func (n not) eval(f *frame) (moment.Value, bool) {
	v, ok := n.operand.eval(f)
	return !truthy(v), ok
}

func (n conditional) eval(f *frame) (moment.Value, bool) {
	v, ok := n.test.eval(f)
	if !ok {
		return nil, false
	}
	branch := n.no
	if truthy(v) {
		branch = n.yes
	}
	return rounded(branch.eval(f))
}

// truthy tells whether a value counts as true.
func truthy(v moment.Value) bool {
	switch v := v.(type) {
	case nil, moment.Undefined:
		return false
	case bool:
		return v
	case string:
		return v != ""
	}
	n, isNumber := number(v)
	return !isNumber || n != 0 && n == n
}

// rounded makes a number one of JavaScript: what an expression computes has no
// more digits than the engine would give it.
func rounded(v moment.Value, ok bool) (moment.Value, bool) {
	if n, isNumber := number(v); isNumber {
		return n, ok
	}
	return v, ok && !hasBig(v)
}

// maxSum is the longest string that is put together without the engine, which
// has a limit of time.
const maxSum = 1 << 20

func add(left, right moment.Value) (moment.Value, bool) {
	_, leftText := left.(string)
	_, rightText := right.(string)
	if !leftText && !rightText {
		a, ok1 := primitiveNumber(left)
		b, ok2 := primitiveNumber(right)
		return a + b, ok1 && ok2
	}
	a, ok1 := primitiveText(left)
	b, ok2 := primitiveText(right)
	if !ok1 || !ok2 || len(a)+len(b) > maxSum {
		return nil, false
	}
	return a + b, true
}

func arithmetic(f func(a, b float64) float64) operator {
	return func(left, right moment.Value) (moment.Value, bool) {
		a, ok1 := primitiveNumber(left)
		b, ok2 := primitiveNumber(right)
		return f(a, b), ok1 && ok2
	}
}

func comparison(holds func(order int) bool) operator {
	return func(left, right moment.Value) (moment.Value, bool) {
		s, leftText := left.(string)
		t, rightText := right.(string)
		if leftText && rightText {
			// Strings are in the order of their UTF-16, which differs from that of
			// their bytes beyond the first 65,536 characters.
			known := strings.IndexFunc(s+t, func(r rune) bool { return r > 0xffff }) < 0
			return holds(strings.Compare(s, t)), known
		}
		a, ok1 := primitiveNumber(left)
		b, ok2 := primitiveNumber(right)
		switch {
		case !ok1 || !ok2:
			return nil, false
		case a < b:
			return holds(-1), true
		case a > b:
			return holds(1), true
		}
		return a == b && holds(0), true
	}
}

func equality(equal func(a, b moment.Value) bool, want bool) operator {
	return func(left, right moment.Value) (moment.Value, bool) {
		if !isPrimitive(left) || !isPrimitive(right) {
			return nil, false
		}
		return equal(left, right) == want, true
	}
}

func isPrimitive(v moment.Value) bool {
	_, ok := primitiveText(v)
	return ok
}

// strictlyEqual compares values that are no objects.
func strictlyEqual(a, b moment.Value) bool {
	m, ok1 := number(a)
	n, ok2 := number(b)
	if ok1 && ok2 {
		return m == n
	}
	return ok1 == ok2 && a == b
}

// looselyEqual compares values that are no objects, of different types too.
func looselyEqual(a, b moment.Value) bool {
	if isNothing(a) || isNothing(b) {
		return isNothing(a) && isNothing(b)
	}
	_, text1 := a.(string)
	_, text2 := b.(string)
	if text1 && text2 {
		return a == b
	}
	m, _ := primitiveNumber(a)
	n, _ := primitiveNumber(b)
	return m == n
}

func isNothing(v moment.Value) bool {
	_, undefined := v.(moment.Undefined)
	return v == nil || undefined
}

// primitiveNumber converts a value that is no object to a number.
func primitiveNumber(v moment.Value) (float64, bool) {
	switch v := v.(type) {
	case nil:
		return 0, true
	case moment.Undefined:
		return math.NaN(), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		return js.ParseNumber(v), true
	}
	return number(v)
}
