package python

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/params"
)

// ComputedError says that the value of a variable can't be known without
// running the text.
type ComputedError struct {
	Name       string
	Expression string
	Line       int // of the assignment, counted from 1
}

// Error implements error.
func (e *ComputedError) Error() string {
	return fmt.Sprintf("line %d: the value of %s is computed: write a literal such as ['a', 'b'] or None", e.Line, e.Name)
}

// Variable returns the value that the top level of text last assigns to name
// in a statement of the form name = literal; nil is None. An annotation of the
// name counts for nothing, and += assigns. It reports whether there is such a
// statement. The error is a *ComputedError if the value is not a literal.
func Variable(text, name string) (v params.Value, found bool, err error) {
	r := newReader(text)
	for r.tok.kind != kindEnd {
		at := r.tok.start
		if r.word() != name || !r.assignment() {
			r.skipStatement()
			continue
		}
		t := r.expression()
		value, ok := Literal(text[t.start:t.end])
		if !ok {
			return nil, true, &ComputedError{name, text[t.start:t.end], 1 + lines(text[:at])}
		}
		v, found = value, true
	}
	return v, found, nil
}

// assignment goes to the sign that assigns, and reports whether there is one.
func (r *reader) assignment() bool {
	r.advance()
	if r.is(":") {
		for r.tok.kind != kindNewline && r.tok.kind != kindEnd && !r.is("=") && !r.is(";") {
			r.advance()
		}
	}
	return r.is("=") || r.is("+=")
}

// expression skips what is assigned and the rest of the statement, and returns
// the bounds of the former.
func (r *reader) expression() token {
	r.advance()
	t := token{start: r.tok.start, end: r.tok.start}
	for r.tok.kind != kindNewline && r.tok.kind != kindEnd && !r.is(";") {
		t.end = r.tok.end
		r.advance()
	}
	r.skipStatement()
	return t
}

// Valid tells whether text can be Python as far as its tokens go: strings end,
// brackets match, and indentation fits. It takes some text that Python's parser
// would refuse.
func Valid(text string) bool {
	s := newScanner(text)
	for s.next().kind != kindEnd {
	}
	return !s.bad
}
