package shape

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Problem is one thing that is wrong with what was given.
type Problem struct {
	// Input is the path of a parameter; empty is all of them.
	Input string
	// Given is the value as JSON, shortened; empty where none was given.
	Given string
	// Want says what the value is to be; empty where there is to be none.
	Want string
	// Unknown is set where the shape has no such parameter.
	Unknown bool
	// Hint says what may have been meant; may be empty.
	Hint string
}

// String says what is wrong and what is allowed, in one sentence.
func (p Problem) String() string {
	switch {
	case p.Unknown:
		return fmt.Sprintf("there is no parameter %q", p.Input)
	case p.Given == "":
		return fmt.Sprintf("parameter %q is missing, and is to be %s", p.Input, p.Want)
	case p.Input == "":
		return fmt.Sprintf("the parameters are to be %s, not %s", p.Want, p.Given)
	}
	return fmt.Sprintf("parameter %q is %s, and is to be %s", p.Input, p.Given, p.Want)
}

// Error says of parameters all that is wrong with them. It is Invalid.
type Error struct{ Problems []Problem }

// Error returns the problems, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the error as a *model.Error.
func (e *Error) Unwrap() error {
	var hints []string
	for _, p := range e.Problems {
		if p.Hint != "" {
			hints = append(hints, p.Hint)
		}
	}
	return &model.Error{Code: model.Invalid, Message: e.Error(), Hint: strings.Join(hints, "\n")}
}

// shown bounds how much of a value a problem has, in characters.
const shown = 60

// brief is a value as JSON, not all of a long one.
func brief(v params.Value) string { return params.Shortened(string(params.AppendJSON(nil, v)), shown) }
