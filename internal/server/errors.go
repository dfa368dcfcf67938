package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/shape"
)

// statuses are those of errors by code. Clients repeat requests that end in a
// status from 500 on, so that nothing does which would end so again.
var statuses = map[model.Code]int{
	model.Invalid:         http.StatusBadRequest,
	model.Exhausted:       http.StatusBadRequest,
	model.RunFailed:       http.StatusBadRequest,
	model.Unauthenticated: http.StatusUnauthorized,
	model.Forbidden:       http.StatusForbidden,
	model.NotFound:        http.StatusNotFound,
	model.Conflict:        http.StatusConflict,
	model.Gone:            http.StatusGone,
	model.Unavailable:     http.StatusServiceUnavailable,
	model.Internal:        http.StatusInternalServerError,
}

// excuses are what is said of errors that others must not read.
var excuses = map[model.Code]string{
	model.Unavailable: "the server can't reach its database, or what else it needs; its log says why",
	model.Internal:    "the server could not answer; its log says why",
}

// clash makes the message of a Conflict begin as in Digdag, where it is about a
// name that is taken.
func clash(err error) error {
	if model.CodeOf(err) != model.Conflict {
		return err
	}
	return model.Errorf(model.Conflict, "Resource already exists: %w", err)
}

// failure is the body of an error.
type failure struct {
	Message string `json:"message"`
	Status  int    `json:"status"`
	// Problems are what is wrong with parameters, one by one.
	Problems []problem `json:"problems,omitempty"`
}

// problem is one thing that is wrong with a parameter.
type problem struct {
	Input   string `json:"input"`
	Message string `json:"message"`
	// Wanted says what the value is to be; empty where there is to be none.
	Wanted string `json:"wanted,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// problems are those of an error about parameters.
func problems(err error) (list []problem) {
	var wrong *shape.Error
	if errors.As(err, &wrong) {
		for _, p := range wrong.Problems {
			list = append(list, problem{Input: p.Input, Message: p.String(), Wanted: p.Want, Hint: p.Hint})
		}
	}
	return list
}

// fail answers with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	code := model.CodeOf(err)
	switch {
	case errors.As(err, &tooLarge):
		err = model.Errorf(model.Invalid, "the body has more than %d bytes", tooLarge.Limit)
		code = model.Invalid
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody waits for an answer
	}
	status := statuses[code]
	var own withBody
	if errors.As(err, &own) {
		s.write(w, r, status, own.body)
		return
	}
	if status >= http.StatusInternalServerError {
		s.cfg.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		s.refuse(w, r, status, excuses[code])
		return
	}
	text := message(err)
	if code == model.NotFound {
		text = "Resource does not exist: " + text
	}
	s.write(w, r, status, failure{Message: text, Status: status, Problems: problems(err)})
}

// message returns what an error says, with the hints for the next step.
func message(err error) string {
	if hints := model.HintsOf(err); hints != "" {
		return err.Error() + " (" + strings.ReplaceAll(hints, "\n", "; ") + ")"
	}
	return err.Error()
}

// refuse answers with an error's status and message.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	s.write(w, r, status, failure{Message: message, Status: status})
}
