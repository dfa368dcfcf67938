package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// LogQuery selects events of all attempts; what is empty matches all.
type LogQuery struct {
	Project, Workflow, Task string
	Attempt                 ID
	Types                   []string
	// Tags are those of the attempts, as NAME=VALUE.
	Tags         []string
	Since, Until time.Time
	// After is the cursor to go on with.
	After string
}

func (q *LogQuery) values() url.Values {
	v := values("project", q.Project, "workflow", q.Workflow, "task", q.Task, "attempt", string(q.Attempt),
		"since", exact(q.Since), "until", exact(q.Until), "cursor", q.After)
	for _, t := range q.Types {
		v.Add("type", t)
	}
	for _, t := range q.Tags {
		v.Add("tag", t)
	}
	return v
}

// LoggedEvent is one thing that happened to an attempt, with what it is about.
type LoggedEvent struct {
	Cursor       string     `json:"cursor"`
	Type         string     `json:"type"`
	Time         time.Time  `json:"time"`
	Project      string     `json:"project,omitempty"`
	ProjectID    ID         `json:"projectId,omitempty"`
	Workflow     string     `json:"workflow"`
	Session      string     `json:"session"`
	SessionID    ID         `json:"sessionId"`
	SessionUUID  string     `json:"sessionUuid"`
	SessionTime  string     `json:"sessionTime,omitempty"`
	AttemptID    ID         `json:"attemptId"`
	AttemptIndex int        `json:"attemptIndex"`
	AttemptName  string     `json:"attemptName,omitempty"`
	Seq          int64      `json:"seq"`
	Task         string     `json:"task,omitempty"`
	Try          int32      `json:"try,omitempty"`
	State        string     `json:"state"`
	Opens        string     `json:"opens,omitempty"`
	Closes       bool       `json:"closes,omitempty"`
	Data         params.Map `json:"data"`
}

const logPath = "events"

// ReadEvents calls each with the events that match, in order, up to now.
func (c *Client) ReadEvents(ctx context.Context, q LogQuery, each func(LoggedEvent) error) error {
	for {
		var page struct {
			Events []LoggedEvent `json:"events"`
			Next   string        `json:"next"`
			More   bool          `json:"more"`
		}
		query := q.values()
		query.Set("count", "1000")
		if err := c.get(ctx, path("pawl", "v1", logPath), query, &page); err != nil {
			return err
		}
		for _, e := range page.Events {
			if err := each(e); err != nil {
				return err
			}
		}
		if q.After = page.Next; !page.More {
			return nil
		}
	}
}

// Listener is told what happens.
type Listener struct {
	// Event is called with each event, in order.
	Event func(LoggedEvent) error
	// Gone is called where events are missing that are not kept any more.
	Gone func()
	// Lost is called when the connection was, each time before it is made again.
	Lost func(error)
}

// longestRest is the longest wait before a connection that was lost is made again.
const longestRest = 5 * time.Second

// FollowEvents tells a listener of the events that match, as they happen, until ctx is done
// or Event fails. A connection that is lost is made again, and nothing is left out.
func (c *Client) FollowEvents(ctx context.Context, q LogQuery, to Listener) error {
	wait := firstWait
	for connected := false; ; {
		var moment transient
		err := c.followOnce(ctx, &q, to, func() { connected, wait = true, firstWait })
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &moment):
			return err
		case !connected && wait > longestRest:
			return moment.error
		case connected:
			to.Lost(moment.error)
		}
		if err := c.pause(ctx, max(min(wait, longestRest), min(moment.after, longestWait))); err != nil {
			return err
		}
		wait = min(2*wait, 2*longestRest)
	}
}

// followOnce listens to one answer, and keeps the cursor to go on with in q.
func (c *Client) followOnce(ctx context.Context, q *LogQuery, to Listener, connected func()) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.Endpoint.at(path("pawl", "v1", logPath), q.values()), http.NoBody)
	if err != nil {
		return err
	}
	for name, values := range c.cfg.Headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.exchange(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	connected()
	in := bufio.NewReader(res.Body)
	for {
		m, err := readMessage(in)
		if err != nil {
			return transient{error: model.Errorf(model.Unavailable, "the connection to %s was lost: %w", c.cfg.Endpoint, err)}
		}
		if err := m.tell(to); err != nil {
			return err
		}
		if m.id != "" {
			q.After, q.Since = m.id, time.Time{}
		}
	}
}

// message is one of a stream.
type message struct{ id, kind, data string }

// readMessage reads the lines of one message.
func readMessage(in *bufio.Reader) (m message, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // a stream has no end
			}
			return m, err
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			m.id = value
		case "event":
			m.kind = value
		case "data":
			m.data += value
		case "":
			if value == "" { // and not a remark
				return m, nil
			}
		}
	}
}

// tell tells a listener what a message says; one without data only has an id.
func (m *message) tell(to Listener) error {
	switch {
	case m.data == "":
		return nil
	case m.kind == "gone":
		to.Gone()
		return nil
	}
	var e LoggedEvent
	if err := json.Unmarshal([]byte(m.data), &e); err != nil {
		return model.Errorf(model.Unavailable, "the server does not send events as a workflow server does: %w", err)
	}
	return to.Event(e)
}
