package pawl

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// ErrStop ends the process well when the function of a step returns it: the step
// counts as done, with what it changed in the parameters, and nothing that comes
// after it is run.
var ErrStop = errors.New("stop here")

func isStop(err error) bool { return errors.Is(err, ErrStop) }

// Permanent returns an error that no Retry tries again.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	of := operator.Error{Message: boundary.Text(err), Props: boundary.Describe(err)}
	var deliberate *operator.Error
	if errors.As(err, &deliberate) {
		of = *deliberate
	}
	of.Final = true
	return &permanent{of, err}
}

// permanent is an operator's error that keeps its cause.
type permanent struct {
	of    operator.Error
	cause error
}

func (e *permanent) Error() string { return e.of.Message }

// Unwrap gives executors what they look for, and callers the cause.
func (e *permanent) Unwrap() []error { return []error{&e.of, e.cause} }

// RetryAfter returns an error that has the step tried again after a time, instead of
// what its Retry says, unless it was tried again so often already. Zero times is as
// Permanent.
func RetryAfter(err error, wait time.Duration, most int) error {
	if err == nil {
		return nil
	}
	return &permanent{operator.Error{
		Message: boundary.Text(err), Props: boundary.Describe(err), Final: most <= 0, Again: &operator.Again{After: max(wait, 0), Most: most},
	}, err}
}

// FailWith returns an error that names what has gone wrong with a label, such as
// "out_of_stock", for programs, and a description for people. Metadata says more, as
// JSON; it may be nil. Both are stored with the step, and shown. Retry counts as for
// other errors; Permanent keeps it from that.
func FailWith(label, description string, metadata any) error {
	props := params.Of("label", label, "description", description)
	if metadata != nil {
		v, err := valueOf(metadata)
		if err != nil {
			return Permanent(fmt.Errorf("the metadata of failure %q can't be written as JSON: %w", label, err))
		}
		props = props.Set("metadata", v)
	}
	message := label
	if description != "" {
		message += ": " + description
	}
	return &operator.Error{Message: message, Props: props}
}

func valueOf(v any) (params.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return params.ParseJSON(text)
}

// ErrNotFound says that there is no such thing: no run, step, output, file or product.
var ErrNotFound error = &model.Kind{Code: model.NotFound, Text: "not found"}

// ErrExists is the error of Start, with Reject, for a run that exists.
var ErrExists = errors.New("exists already")

// ErrConflict says that things are not in a state in which that can be done.
var ErrConflict error = &model.Kind{Code: model.Conflict, Text: "conflict"}

// ErrInvalid says that what was asked for makes no sense.
var ErrInvalid error = &model.Kind{Code: model.Invalid, Text: "invalid"}

// explained adds the hints of an error to its text.
func explained(err error) error {
	if err == nil || model.HintsOf(err) == "" || errors.As(err, new(explanation)) {
		return err
	}
	return explanation{err}
}

// explanation is an error with its hints.
type explanation struct{ err error }

func (e explanation) Error() string { return e.err.Error() + "; " + model.HintsOf(e.err) }

func (e explanation) Unwrap() error { return e.err }
