package progress

import (
	"io"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// JSON writes one object a line. Field names never change their meaning.
type JSON struct{ to io.Writer }

// NewJSON returns a printer that writes to w.
func NewJSON(w io.Writer) *JSON { return &JSON{to: w} }

func (j *JSON) line(m params.Map) {
	// A reader that has gone away must not end the run.
	_, _ = j.to.Write(append(params.AppendJSON(nil, m), '\n'))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Begin writes an object of type "run".
func (j *JSON) Begin(r Run) {
	m := params.Of("type", "run", "workflow", r.Workflow)
	if !r.Session.IsZero() {
		m = m.Set("session_time", r.Session.Format(time.RFC3339))
	}
	m = m.Set("attempt", int64(r.Attempt)).Set("resumes", r.Resumes)
	if r.DryRun {
		m = m.Set("dry_run", true)
	}
	j.line(m)
}

// Events writes an object of type "event" for each.
func (j *JSON) Events(events []Event) {
	for i := range events {
		e := &events[i]
		kind, state := e.Kind.String(), e.State.String()
		if e.Queued {
			kind, state = Queued, "queued"
		}
		m := params.Of(
			"type", "event", "time", stamp(e.At.Time()), "seq", e.Seq,
			"event", kind, "task", e.Name, "task_id", int64(e.Task),
			"try", int64(e.Try), "state", state,
		)
		data := e.Data
		if e.Failure.Len() > 0 {
			data = data.Set("error", e.Failure)
		}
		if data.Len() > 0 {
			m = m.Set("data", data)
		}
		j.line(m)
	}
}

// Tick writes nothing.
func (j *JSON) Tick(time.Time) {}

// Note writes nothing: it is for people.
func (j *JSON) Note(string) {}

// End writes an object of type "summary".
func (j *JSON) End(s Summary) {
	failures := make([]any, len(s.Failures))
	for i, f := range s.Failures {
		tail := make([]any, len(f.Tail))
		for k, line := range f.Tail {
			tail[k] = line
		}
		m := params.Of("task", f.Task, "message", f.Message, "tail", tail, "log", f.Log)
		if f.About != "" {
			m = m.Set("about", f.About)
		}
		failures[i] = m
	}
	j.line(params.Of(
		"type", "summary", "state", s.State.String(), "seconds", s.Duration.Seconds(),
		"success", s.Counts.Success, "replayed", s.Counts.Replayed, "skipped", s.Counts.Skipped,
		"failed", s.Counts.Failed, "cancelled", s.Counts.Cancelled, "not_reached", s.Counts.NotReached,
		"failures", failures, "status", s.Status, "again", s.Again,
	))
}

var _ Printer = (*JSON)(nil)
