package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// codes are those of answers by status. Others are Invalid below 500, and
// Internal from there on.
var codes = map[int]model.Code{
	http.StatusUnauthorized:       model.Unauthenticated,
	http.StatusForbidden:          model.Forbidden,
	http.StatusNotFound:           model.NotFound,
	http.StatusConflict:           model.Conflict,
	http.StatusGone:               model.Gone,
	http.StatusRequestTimeout:     model.Unavailable,
	http.StatusTooManyRequests:    model.Unavailable,
	http.StatusBadGateway:         model.Unavailable,
	http.StatusServiceUnavailable: model.Unavailable,
	http.StatusGatewayTimeout:     model.Unavailable,
}

// prefixes begin the messages of some errors. Servers have words of their own
// for them, which are cut off.
var prefixes = map[int]struct{ ours, theirs string }{
	http.StatusNotFound: {"resource not found: ", "Resource does not exist: "},
	http.StatusConflict: {"request conflicted: ", "Resource already exists: "},
}

// refused is what a server says when it does not do what it is asked for.
type refused struct{ body []byte }

func (r *refused) Error() string { return "the server refused" }

// Answered reports whether a server has answered a request with that error, so
// that it can be reached.
func Answered(err error) bool {
	var r *refused
	return errors.As(err, &r)
}

// maxRefusal bounds what is read of an answer that refuses.
const maxRefusal = 1 << 20

// refusal is the error of an answer that is no good one.
func refusal(res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal)) // what there is of it will do
	code, known := codes[res.StatusCode]
	switch {
	case known:
	case res.StatusCode >= http.StatusInternalServerError:
		code = model.Internal
	default:
		code = model.Invalid
	}
	prefix := prefixes[res.StatusCode]
	err := &model.Error{
		Code:    code,
		Message: prefix.ours + strings.TrimPrefix(said(res, text), prefix.theirs),
		Cause:   &refused{text},
	}
	if res.StatusCode >= http.StatusInternalServerError || code == model.Unavailable {
		return transient{err, retryAfter(res)}
	}
	return err
}

// said returns the message of an answer: that of the server, else, as from a
// proxy, the status.
func said(res *http.Response, text []byte) string {
	var failure struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &failure) == nil && failure.Message != "" {
		return failure.Message
	}
	what := "the server answered " + res.Status
	if line := bytes.TrimSpace(text); len(line) > 0 && len(line) <= 200 && !bytes.ContainsAny(line, "<\n") {
		what += ": " + string(line)
	}
	return what
}

func retryAfter(res *http.Response) time.Duration {
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
}

// bodyOf reads the object that came with an error, if one did.
func bodyOf(err error, into any) bool {
	var r *refused
	return errors.As(err, &r) && json.Unmarshal(r.body, into) == nil
}
