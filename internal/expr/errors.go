package expr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Error reports a text that could not be evaluated. Its code is model.Invalid.
type Error struct {
	// Text is what was evaluated, with all its expressions.
	Text string
	// Reason says why it failed, mostly in JavaScript's words: "ReferenceError:
	// x is not defined".
	Reason string
	// Source is the expression that failed, the braces included, and Offset is
	// where its "${" stands in Text, in bytes. Source is empty if the text
	// failed as a whole.
	Source string
	Offset int
	// Near are names in scope that may have been meant instead of an unknown one.
	Near []string
}

// maxShown bounds the text in a message; scripts may be long.
const maxShown = 1000

func (e *Error) Error() string {
	text := e.Text
	if len(text) > maxShown {
		text = fmt.Sprintf("%.*s...", maxShown, text)
	}
	return "Failed to evaluate a variable " + text + " (" + e.Reason + ")"
}

// Unwrap gives the error its code.
func (e *Error) Unwrap() error {
	return &model.Error{Code: model.Invalid, Message: e.Error()}
}

func tooLong(what string, size, limit int) error {
	return fmt.Errorf("%s has %d bytes; the limit is %d", what, size, limit)
}

func tooSlow(limit time.Duration) error {
	return fmt.Errorf("it takes longer than %v", limit)
}

// newError describes why a part of a text failed, or all of it.
func newError(text string, p part, s scope, err error) *Error {
	e := &Error{Text: text, Reason: err.Error(), Source: text[p.from:p.to], Offset: p.from}
	if name := e.Unknown(); name != "" {
		e.Near = document.Suggest(name, slices.Collect(s.names()))
	}
	return e
}

// Unknown returns the name that nothing defines, if that is the reason.
func (e *Error) Unknown() string {
	name, is := strings.CutPrefix(e.Reason, "ReferenceError: ")
	name, ends := strings.CutSuffix(name, " is not defined")
	if !is || !ends {
		return ""
	}
	return name
}
