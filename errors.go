package pawl

import (
	"errors"

	"github.com/pawlhq/pawl/internal/model"
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
	return &permanent{operator.Error{Message: err.Error(), Final: true}, err}
}

// permanent is an operator's error that keeps its cause.
type permanent struct {
	of    operator.Error
	cause error
}

func (e *permanent) Error() string { return e.of.Message }

// Unwrap gives executors what they look for, and callers the cause.
func (e *permanent) Unwrap() []error { return []error{&e.of, e.cause} }

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
	if err == nil {
		return nil
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
