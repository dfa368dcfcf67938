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

// ErrNotFound says that there is no such run; see Run.
var ErrNotFound = errors.New("not found")

// ErrExists is the error of Start, with Reject, for a run that exists.
var ErrExists = errors.New("exists already")

// ErrConflict says that a run is not in a state in which that can be done.
var ErrConflict = errors.New("conflict")

// ErrInvalid says that what was asked for makes no sense.
var ErrInvalid = errors.New("invalid")

// explained lets callers tell the kind of an error with errors.Is.
func explained(err error) error {
	var told kindOf
	if err == nil || errors.As(err, &told) {
		return err
	}
	switch model.CodeOf(err) {
	case model.NotFound:
		return kindOf{err, ErrNotFound}
	case model.Conflict:
		return kindOf{err, ErrConflict}
	case model.Invalid:
		return kindOf{err, ErrInvalid}
	}
	return err
}

// kindOf is an error of a kind.
type kindOf struct{ err, kind error }

func (e kindOf) Error() string {
	if hint := model.HintsOf(e.err); hint != "" {
		return e.err.Error() + "; " + hint
	}
	return e.err.Error()
}

func (e kindOf) Unwrap() []error { return []error{e.err, e.kind} }
