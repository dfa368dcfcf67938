package template

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/template/value"
)

// Error is a fault in a template or in what it was given.
type Error struct {
	Template     string // the name of the template that the fault is in
	Line, Column int    // where it is; both count from 1
	Message      string
	Undefined    string // the variable that is missing, if that is the fault
	Err          error  // what a Func or Load returned, or why the template takes too much
}

// Error returns the message after its position, on one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Template, e.Line, e.Column, e.Message)
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// outsideError marks an error as that of a Func or of Load.
type outsideError struct{ err error }

func (e *outsideError) Error() string { return e.err.Error() }
func (e *outsideError) Unwrap() error { return e.err }

// locate gives an error its position, unless it has one.
func (t *Template) locate(at int, err error) error {
	if _, ok := err.(*Error); ok { //nolint:errorlint // what a Func returns may hold an Error of another template
		return err
	}
	e := t.errorAt(at, err.Error())
	var missing *value.UndefinedError
	if errors.As(err, &missing) {
		e.Undefined = missing.Name
	}
	var outside *outsideError
	if errors.As(err, &outside) {
		e.Err = outside.err
	}
	if errors.Is(err, value.ErrEffort) || errors.Is(err, value.ErrDepth) {
		e.Err = err
	}
	return e
}

func (t *Template) errorAt(at int, message string) *Error {
	line, column := t.position(at)
	return &Error{Template: t.name, Line: line, Column: column, Message: message}
}

// position returns the line and column of an offset.
func (t *Template) position(at int) (line, column int) {
	before := t.text[:min(at, len(t.text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}

func (t *Template) line(at int) int {
	line, _ := t.position(at)
	return line
}
