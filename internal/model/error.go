package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code says what kind of failure an error is. Exit codes, HTTP statuses and
// the decision to try again follow from it and from nothing else.
type Code uint8

// Codes of errors. An error without a code is Internal.
const (
	Internal Code = iota
	Invalid       // a definition, option or argument is wrong
	NotFound
	Conflict
	Forbidden
	Unavailable     // a service cannot be reached; trying again may help
	RunFailed       // user code failed: a recorded result, not a fault of pawl
	Unauthenticated // who asks is not known, or not proven
	Exhausted       // a configured limit leaves no room; less, or later, may do
	Gone            // it was there, and is not kept any more
)

var codeNames = [...]string{"internal", "invalid", "not_found", "conflict", "forbidden", "unavailable", "run_failed", "unauthenticated", "exhausted", "gone"}

// String returns the name of c as it stands in output.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return fmt.Sprintf("code(%d)", uint8(c))
}

// Error carries a code for machines, a message for people, a hint for their
// next step and a cause for operators.
type Error struct {
	Code    Code
	Message string // lower case, no full stop
	Hint    string // what to do next; may be empty
	Cause   error
}

// Errorf returns an error with the given code; %w sets its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: errors.Unwrap(err)}
}

// WithHint returns a copy of e that carries the hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Cause }

// Kind is an error that stands for all with a code, for callers that know no codes:
// errors.Is finds it in each of them.
type Kind struct {
	Code Code
	Text string
}

func (k *Kind) Error() string { return k.Text }

// Is reports whether target is the kind of e.
func (e *Error) Is(target error) bool {
	k, ok := target.(*Kind)
	return ok && k.Code == e.Code
}

// CodeOf returns the code of the first *Error in err's tree, or Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// HintsOf returns the hints in err's tree, one a line, or "".
func HintsOf(err error) string {
	var hints []string
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			break
		}
		if e.Hint != "" && !slices.Contains(hints, e.Hint) {
			hints = append(hints, e.Hint)
		}
		err = e.Cause
	}
	return strings.Join(hints, "\n")
}
