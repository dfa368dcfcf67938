package expr

import (
	"errors"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// expression is an expression of JavaScript, ready to be evaluated any number
// of times and by many goroutines.
type expression struct {
	program *goja.Program
	// direct evaluates the expression without an engine where it can; nil if it
	// never can.
	direct node
	// reference tells whether it is a name or a path.
	reference bool
}

// An expression becomes the body of a function that is called with the
// parameters as this. The line end is for an expression that ends in a comment.
const (
	beforeExpression = "(function(){with(this){return("
	afterExpression  = "\n)}})"
)

// maxDepth and maxArrows bound what the parser is given: the first its stack,
// the second the time it takes, which doubles with each arrow function inside
// the parameters of another.
const (
	maxDepth  = 200
	maxArrows = 10
)

func parseExpression(source string, limits Limits) (*expression, error) {
	if err := checkSource(source, limits); err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(nil, "", beforeExpression+source+afterExpression, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, syntaxError(err)
	}
	body := bodyOf(tree)
	if body == nil {
		return nil, errors.New("SyntaxError: it is not one expression")
	}
	program, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, syntaxError(err)
	}
	direct := compileDirect(body)
	return &expression{program: program, direct: direct, reference: isReference(direct)}, nil
}

func checkSource(source string, limits Limits) error {
	if len(source) > limits.Expression {
		return tooLong("an expression", len(source), limits.Expression)
	}
	depth := 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > maxDepth {
			return errors.New("an expression is nested too deeply")
		}
	}
	if strings.Count(source, "=>") > maxArrows {
		return errors.New("an expression has too many arrow functions")
	}
	return nil
}

// syntaxError leaves positions and all errors but the first out.
func syntaxError(err error) error {
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return errors.New("SyntaxError: " + list[0].Message)
	}
	var compile *goja.CompilerSyntaxError
	if errors.As(err, &compile) {
		if strings.HasPrefix(compile.Message, "Compiler bug") { // the parser took it for what is no expression
			return errors.New("SyntaxError: it is no expression")
		}
		return errors.New("SyntaxError: " + compile.Message)
	}
	return err
}

// bodyOf returns the expression that was put into the function, or nil if the
// text closed the function and went on.
func bodyOf(tree *ast.Program) ast.Expression {
	statement, ok := only(tree.Body).(*ast.ExpressionStatement)
	if !ok {
		return nil
	}
	function, ok := statement.Expression.(*ast.FunctionLiteral)
	if !ok {
		return nil
	}
	with, ok := only(function.Body.List).(*ast.WithStatement)
	if !ok {
		return nil
	}
	block, ok := with.Body.(*ast.BlockStatement)
	if !ok {
		return nil
	}
	result, ok := only(block.List).(*ast.ReturnStatement)
	if !ok {
		return nil
	}
	return result.Argument
}

func only(list []ast.Statement) ast.Statement {
	if len(list) != 1 {
		return nil
	}
	return list[0]
}
