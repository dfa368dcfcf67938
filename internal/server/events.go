package server

import (
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// maxEvents is how many events an answer, or a step of a stream, has.
const maxEvents = 1000

type restEvent struct {
	Seq      int64      `json:"seq"`
	At       moment     `json:"at"`
	Kind     string     `json:"kind"`
	TaskID   number     `json:"taskId"`
	FullName string     `json:"fullName"`
	Try      int32      `json:"try"`
	State    string     `json:"state"`
	Data     params.Map `json:"data"`
}

func eventOut(e *engine.Event) restEvent {
	return restEvent{
		Seq: e.Seq, At: moment(e.At), Kind: e.Kind.String(), TaskID: taskNumber(e.Attempt, e.Task),
		FullName: e.Name, Try: e.Try, State: e.State.String(), Data: e.Data,
	}
}

func getEvents(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	after, err := c.number("after", 0)
	if err != nil {
		return nil, err
	}
	if strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		if last, err := strconv.ParseInt(c.r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
			after = last
		}
		f := eventFollower{id: a.ID, after: max(0, after)}
		return following{id: a.ID, next: f.next}, nil
	}
	events, err := c.store.Events(c.r.Context(), a.ID, max(0, after), maxEvents)
	if err != nil {
		return nil, err
	}
	return struct {
		Events []restEvent `json:"events"`
		Done   bool        `json:"done"`
	}{outs(events, eventOut), a.State.Done() && len(events) < maxEvents}, nil
}

// eventFollower streams the events of an attempt.
type eventFollower struct {
	id    model.AttemptID
	after int64
}

func (f *eventFollower) next(s *stream) (bool, error) {
	ctx := s.c.r.Context()
	// Whether the attempt is done is asked first: then no event comes later.
	a, err := s.c.store.Attempt(ctx, f.id)
	if err != nil {
		return false, err
	}
	for {
		events, err := s.c.store.Events(ctx, f.id, f.after, maxEvents)
		if err != nil {
			return false, err
		}
		for i := range events {
			text, err := marshal(eventOut(&events[i]))
			if err != nil {
				return false, err
			}
			f.after = events[i].Seq
			if err := s.event(strconv.FormatInt(f.after, 10), events[i].Kind.String(), string(text)); err != nil {
				return false, err
			}
		}
		if len(events) < maxEvents {
			return a.State.Done(), nil
		}
	}
}
