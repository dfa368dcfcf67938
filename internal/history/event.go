package history

import (
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// Event is one thing that happened, with what it happened to. Its JSON is what
// everybody gets who listens.
type Event struct {
	// Cursor goes on after the event.
	Cursor string `json:"cursor"`
	Type   Type   `json:"type"`
	Time   string `json:"time"`
	// Project is the name of the project, if there is one, and ProjectID its number.
	Project   string `json:"project,omitempty"`
	ProjectID string `json:"projectId,omitempty"`
	Workflow  string `json:"workflow"`
	// Session is the key of the session, and SessionTime the time that it is for.
	Session     string `json:"session"`
	SessionID   string `json:"sessionId"`
	SessionUUID string `json:"sessionUuid"`
	SessionTime string `json:"sessionTime,omitempty"`
	AttemptID   string `json:"attemptId"`
	// AttemptIndex counts the attempts of the session from 1.
	AttemptIndex int    `json:"attemptIndex"`
	AttemptName  string `json:"attemptName,omitempty"`
	// Seq counts the events of the attempt from 1: with the attempt it names the
	// event, wherever it is told again.
	Seq int64 `json:"seq"`
	// Task is the full name of the task; what happened to the attempt has none.
	Task string `json:"task,omitempty"`
	Try  int32  `json:"try,omitempty"`
	// State is that of the task, or the attempt, after the event.
	State string `json:"state"`
	// Opens is the span that begins, and Closes says that one that the task had open
	// is over.
	Opens  Span       `json:"opens,omitempty"`
	Closes bool       `json:"closes,omitempty"`
	Data   params.Map `json:"data"`
}

// from returns an event of an entry of the log.
func from(l *store.LogEntry, e *engine.Event, project string) Event {
	t := Of(e)
	out := Event{
		Cursor: l.CursorAt(e.Seq), Type: t, Time: moment(e.At), Project: project, Workflow: l.Session.Workflow,
		Session: l.Session.Key, SessionID: id(l.Session.ID), SessionUUID: l.Session.UUID,
		AttemptID: id(l.Attempt), AttemptIndex: l.Index, AttemptName: l.Name, Seq: e.Seq, State: state(t, e), Data: e.Data,
	}
	if l.Session.Project != 0 {
		out.ProjectID = id(l.Session.Project)
	}
	if l.Session.Time != 0 {
		out.SessionTime = moment(l.Session.Time)
	}
	if t.Group() != "attempt" {
		of := entries()[t]
		out.Task, out.Try, out.Opens, out.Closes = e.Name, e.Try, of.Opens, of.Closes
	}
	return out
}

// state returns that of the attempt, where it is about the attempt as a whole.
func state(t Type, e *engine.Event) string {
	switch t {
	case AttemptSucceeded:
		return engine.AttemptSuccess.String()
	case AttemptFailed:
		return engine.AttemptFailed.String()
	case AttemptKilled:
		return engine.AttemptKilled.String()
	case AttemptStarted, AttemptKillWanted, AttemptParamsChanged:
		return engine.AttemptRunning.String()
	}
	return e.State.String()
}

func id[ID ~int64](n ID) string { return strconv.FormatInt(int64(n), 10) }

func moment(i model.Instant) string { return i.Time().Format(time.RFC3339Nano) }

// Text returns what happened as a line for people, such as
//
//	Task (12) shop/daily +daily+load: Failed - no such table
func (e *Event) Text() string {
	var b strings.Builder
	kind := e.Type.Group()
	b.WriteString(strings.ToUpper(kind[:1]) + kind[1:] + " (" + e.AttemptID + ") ")
	if e.Project != "" {
		b.WriteString(e.Project + "/")
	}
	b.WriteString(e.Workflow)
	if e.Task != "" {
		b.WriteString(" " + e.Task)
	}
	what := strings.TrimPrefix(string(e.Type), kind+".")
	b.WriteString(": " + strings.ToUpper(what[:1]) + strings.ReplaceAll(what[1:], "_", " "))
	if why := e.Why(); why != "" {
		b.WriteString(" - " + why)
	}
	return b.String()
}

// Why returns the message of the error, or the reason, of an event that has one.
func (e *Event) Why() string {
	if of, ok := e.Data.Get("error"); ok {
		if m, ok := of.(params.Map); ok {
			text, _ := m.StringOr("message", "")
			return text
		}
	}
	text, _ := e.Data.StringOr("reason", "")
	return text
}
