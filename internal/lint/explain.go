package lint

import (
	"errors"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// wanted are the kinds of values in the words of the files.
var wanted = strings.NewReplacer(
	"object type", "a mapping", "array type", "a list", "string type", "a text",
	"integer (long) type", "an integer", "number type", "a number", "'true' or 'false'", "true or false",
)

// explain says of an error of the named operator what it means for who wrote the
// task, and what to do about it.
func explain(err error, by string) (message, hint string) {
	name := func(key string) string {
		if key == "_command" {
			return by + ">"
		}
		return key
	}
	var missing *params.MissingError
	var wrong *params.TypeError
	var failure *operator.Error
	switch {
	case errors.As(err, &missing) && missing.Key == "_command":
		return by + "> needs a command", ""
	case errors.As(err, &missing):
		return by + "> needs " + missing.Key, ""
	case errors.As(err, &wrong):
		message = name(wrong.Key) + " must be " + wanted.Replace(wrong.Want) + ", not " + wrong.Sample
		if wrong.Err != nil {
			message += ": " + wrong.Err.Error()
		}
		return message, ""
	case errors.As(err, &failure):
		hint, _ := failure.Props.StringOr("hint", "") // a hint that is no text is none
		return failure.Message, hint
	}
	return err.Error(), model.HintsOf(err)
}
