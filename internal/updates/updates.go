// Package updates turns what happens to attempts into records for topics, so that
// others can follow them. It is pure: the same event of the same attempt gives the
// same records. Who calls it stores them together with the event, so that nothing
// is told that did not happen, and nothing that did is left out.
//
// It knows neither who stores records nor who sends them.
package updates

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Options say what is told, and where.
type Options struct {
	// Topics get a record for each update. Without any, nothing is told.
	Topics []string
	// Projects are those whose attempts are told of, by name; none means all.
	Projects []string
	// Tasks tells of tasks, too; else it is of attempts alone.
	Tasks bool
	// Params tells the parameters of the attempt with each update.
	Params bool
}

// Subject is an attempt that is told of.
type Subject struct {
	store.Attempt
	// Scope is that of its parameters.
	Scope workflow.Scope
	// Project is the name of its project, and Revision that of what it runs of it;
	// Version is that of a process in Go. Each may be empty.
	Project, Revision, Version string
	// Key orders the records of the attempt; they share it with those of other
	// attempts of its session, and may with others.
	Key string
	// Path, if not nil, returns what a task is told as by its full name.
	Path func(task string) string
}

// Names of headers of updates.
const (
	HeaderProject  = "pawl-project"
	HeaderWorkflow = "pawl-workflow"
	HeaderAttempt  = "pawl-attempt"
	HeaderUpdate   = "pawl-update"
)

// Bounds of what one update may hold, in bytes of JSON, so that its record fits
// wherever it is sent: of an error beyond it, the beginning of the message is told,
// and parameters beyond it are left out.
const (
	maxError   = 64 << 10
	maxMessage = 8 << 10
	maxParams  = 512 << 10
)

// Teller returns what makes records of the events of an attempt, or nil where
// nobody is to be told of it. What it returns appends to dst the records of one
// event, given the row of the attempt as it is stored with it. It keeps no
// reference to the row or the event, and may be called concurrently.
func (o Options) Teller(s Subject) func(dst []engine.Record, row *engine.AttemptRow, e *engine.Event) []engine.Record {
	if len(o.Topics) == 0 || len(o.Projects) > 0 && !slices.Contains(o.Projects, s.Project) {
		return nil
	}
	t := teller{o, s, params.Of(
		HeaderProject, s.Project, HeaderWorkflow, s.Session.Workflow, HeaderAttempt, strconv.FormatInt(int64(s.ID), 10),
	)}
	return t.tell
}

type teller struct {
	Options
	of      Subject
	headers params.Map
}

// told are the events that are updates, and whether they are about a task.
var told = [...]struct{ told, task bool }{
	engine.AttemptStarted: {told: true},
	engine.AttemptEnded:   {told: true},
	engine.TaskOpened:     {told: true, task: true},
	engine.TaskStarted:    {told: true, task: true},
	engine.TaskWaits:      {told: true, task: true},
	engine.TaskRetries:    {told: true, task: true},
	engine.TaskEnded:      {told: true, task: true},
}

func (t *teller) tell(dst []engine.Record, row *engine.AttemptRow, e *engine.Event) []engine.Record {
	if int(e.Kind) >= len(told) || !told[e.Kind].told || told[e.Kind].task && !t.Tasks {
		return dst
	}
	r := engine.Record{
		Attempt: t.of.ID, Task: model.NoTask, Index: int32(e.Seq), Key: t.of.Key, At: e.At,
		Value: t.body(row, e), Headers: t.headers.Set(HeaderUpdate, strconv.FormatInt(e.Seq, 10)),
	}
	for i, topic := range t.Topics {
		r.Topic, r.Try = topic, int32(i)
		dst = append(dst, r)
	}
	return dst
}

// body returns what an update says. What is empty is left out, but not what all
// updates have.
func (t *teller) body(row *engine.AttemptRow, e *engine.Event) params.Map {
	s := &t.of
	m := params.Of(
		"update", e.Seq, "time", moment(e.At), "event", e.Kind.String(),
		"project", s.Project, "workflow", s.Session.Workflow,
	)
	m = withText(m, "revision", s.Revision)
	m = withText(m, "version", s.Version)
	m = m.Set("session", s.Session.Key).Set("sessionUuid", s.Session.UUID)
	if s.Session.Time != 0 {
		m = m.Set("sessionTime", moment(s.Session.Time))
	}
	m = m.Set("attempt", strconv.FormatInt(int64(s.ID), 10)).Set("attemptIndex", int64(s.Index))
	m = withText(m, "attemptName", s.Name)
	if told[e.Kind].task {
		m = t.task(m, e)
	} else {
		m = m.Set("state", attemptState(row, e))
	}
	for key, v := range e.Data.All() {
		if key == "error" {
			v = bounded(v)
		}
		m = m.Set(key, v)
	}
	if t.Params {
		m = withParams(m, row.CurrentIn(t.of.Scope))
	}
	return m
}

func withText(m params.Map, key, value string) params.Map {
	if value == "" {
		return m
	}
	return m.Set(key, value)
}

// attemptState returns the state of an attempt after an event of it: the row may
// be of a later moment.
func attemptState(row *engine.AttemptRow, e *engine.Event) string {
	if e.Kind == engine.AttemptStarted {
		return engine.AttemptRunning.String()
	}
	return row.State.String()
}

func (t *teller) task(m params.Map, e *engine.Event) params.Map {
	name := e.Name
	if t.of.Path != nil {
		name = t.of.Path(name)
	}
	return m.Set("task", name).Set("state", e.State.String()).Set("try", int64(e.Try))
}

// bounded returns an error that is not too long.
func bounded(v params.Value) params.Value {
	of, ok := v.(params.Map)
	if !ok || len(params.AppendJSON(nil, of)) <= maxError {
		return v
	}
	message, _ := of.StringOr("message", "")
	if len(message) > maxMessage {
		message = message[:maxMessage]
	}
	return params.Of("message", strings.ToValidUTF8(message, ""), "cut", true)
}

func withParams(m, p params.Map) params.Map {
	if len(params.AppendJSON(nil, p)) > maxParams {
		return m.Set("paramsLeftOut", true)
	}
	return m.Set("params", p)
}

func moment(i model.Instant) string { return i.Time().Format(time.RFC3339Nano) }
