package expr

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// Error reports a text that could not be evaluated. Its code is model.Invalid.
type Error struct {
	// Text is what was evaluated, with all its expressions.
	Text string
	// Reason says why it failed, mostly in JavaScript's words: "ReferenceError:
	// x is not defined".
	Reason string
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
