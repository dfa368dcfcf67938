package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// HookOptions say what a hook takes, and of whom.
type HookOptions struct {
	// Topic says what its messages mean. With an ID, a message without one is
	// refused, and one that comes again does nothing. Required.
	Topic feed.Topic
	// Proof says who may send. Required.
	Proof Proof
	// MaxBody is how many bytes a message may have. Defaults to 8 MiB.
	MaxBody int64
	// Clock defaults to clock.System.
	Clock clock.Clock
}

const defaultBody = 8 << 20

// Hook makes messages of requests. These promises hold, whenever a request is cut
// off or its answer lost:
//
//   - A message that is answered as taken, early or dead is with the sink.
//   - One with an id does something once, however often it is sent.
//   - What can't be read, or proves nothing, does nothing.
//   - A sink that is away is told by an Unavailable error: the sender is to send it
//     again.
//
// It is safe for concurrent use.
type Hook struct {
	topic   feed.Topic
	verify  verifier
	maxBody int64
	clock   clock.Clock
}

// NewHook returns a hook. What is wrong with the options is Invalid.
func NewHook(o HookOptions) (*Hook, error) {
	if err := model.CheckTopic(o.Topic.Name); err != nil {
		return nil, err
	}
	if o.Topic.Keys == nil {
		return nil, model.Errorf(model.Invalid, "a hook needs keys: nobody could wait for its messages")
	}
	verify, err := o.Proof.verifier()
	if err != nil {
		return nil, err
	}
	if err := o.checkRemember(); err != nil {
		return nil, err
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultBody
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	return &Hook{o.Topic, verify, o.MaxBody, o.Clock}, nil
}

// checkRemember returns an error, which is Invalid, where a request is valid for
// longer than its id is remembered, so that it could be sent again by others.
func (o *HookOptions) checkRemember() error {
	tolerance := cmp.Or(o.Proof.Tolerance, defaultTolerance)
	if o.Proof.Scheme != Standard || cmp.Or(o.Topic.Remember, feed.DefaultRemember)/2 >= tolerance {
		return nil
	}
	return model.Errorf(model.Invalid, "a request is forgotten while it is valid, which is %v before and after its time", tolerance).
		WithHint("remember messages for at least twice the tolerance")
}

// Take gives the message of a request to a sink, and returns what became of it.
// Errors are Unauthenticated, Invalid, *http.MaxBytesError for a body that is too
// long, and what the sink gives. The body is read of those only whose headers may
// prove something.
func (h *Hook) Take(w http.ResponseWriter, r *http.Request, sink feed.Sink) (store.Delivered, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return store.Delivered{}, model.Errorf(model.Invalid, "the body is encoded as %q, and a hook takes it as it is signed only", coding)
	}
	check, err := h.verify(r.Header)
	if err != nil {
		return store.Delivered{}, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBody))
	if err != nil {
		return store.Delivered{}, broken(err)
	}
	now := h.clock.Now()
	if err := check(body, now); err != nil {
		return store.Delivered{}, err
	}
	return h.deliver(r.Context(), r.Header, body, sink, model.InstantOf(now))
}

// broken is the error of a body that can't be read: the sender's, not the server's.
func broken(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return model.Errorf(model.Invalid, "read body: %w", err)
}

func (h *Hook) deliver(ctx context.Context, header http.Header, body []byte, sink feed.Sink, now model.Instant) (store.Delivered, error) {
	m, err := h.topic.Message(ctx, feed.Raw{Place: uuid.NewString(), Value: body, Headers: headersOf(header), AnyCase: true}, now)
	switch {
	case err != nil:
		return store.Delivered{}, err
	case m.Unreadable != "":
		return store.Delivered{}, model.Errorf(model.Invalid, "%s", m.Unreadable)
	case h.topic.ID != nil && m.Remember == 0:
		return store.Delivered{}, model.Errorf(model.Invalid, "the message has no id")
	}
	done, err := sink.Deliver(ctx, store.Delivery{Messages: []store.Message{m}, Now: now})
	if err != nil {
		return store.Delivered{}, err
	}
	return done[0], nil
}

// headersOf returns the headers of a request.
func headersOf(h http.Header) (list []feed.Header) {
	for name, values := range h {
		for _, v := range values {
			list = append(list, feed.Header{Name: name, Value: v})
		}
	}
	return list
}

// Accepted is the answer to a message.
type Accepted struct {
	// Outcome is a store.Outcome, and Tasks how many have got it.
	Outcome string `json:"outcome"`
	Tasks   int    `json:"tasks"`
}

// Refused is the answer to what is no message.
type Refused struct {
	Message string `json:"message"`
	Status  int    `json:"status"`
}

// Status returns the status that Take is answered with: from 500 on where it may
// help to send the message again, and only then.
func Status(d store.Delivered, err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case err != nil:
		switch model.CodeOf(err) {
		case model.Invalid:
			return http.StatusBadRequest
		case model.Unauthenticated:
			return http.StatusUnauthorized
		}
		return http.StatusServiceUnavailable
	case d.Outcome == store.Dropped || d.Outcome == store.Duplicate:
		return http.StatusOK // nothing was done
	}
	return http.StatusAccepted
}

// Handler answers requests with what becomes of their messages. Failed is called
// with errors that may be gone when a message is sent again.
func (h *Hook) Handler(sink feed.Sink, failed func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			write(w, http.StatusMethodNotAllowed, Refused{"a hook takes POST only", http.StatusMethodNotAllowed})
			return
		}
		d, err := h.Take(w, r, sink)
		status := Status(d, err)
		switch {
		case err == nil:
			write(w, status, Accepted{d.Outcome.String(), d.Tasks})
		case status >= http.StatusInternalServerError:
			failed(err)
			write(w, status, Refused{"the message could not be stored; send it again", status})
		default:
			write(w, status, Refused{err.Error(), status})
		}
	})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who went away needs no answer
}
