// Package progress shows a run while it happens: as a tree on a terminal, as
// plain lines in a pipe, as JSON for programs. It is fed with the events of
// the engine and decides nothing.
package progress

import (
	"io"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Printer shows one run. Its methods are called from one goroutine: Begin,
// then Events, Tick and Note in any order, then End.
type Printer interface {
	// Begin says what is run.
	Begin(Run)
	// Events says what happened, in order.
	Events([]Event)
	// Tick gives the printer the time to show what changes by itself, such as
	// elapsed times and the output of running tasks.
	Tick(now time.Time)
	// Note tells people something between two events, on one line.
	Note(text string)
	// End says how it went.
	End(Summary)
}

// Event is an event of the engine as it is shown.
type Event struct {
	engine.Event
	// Queued tells of an engine.TaskStarted that the task only waits for its
	// turn. Without it, the event is the real start, at that time. A task that
	// does not have to run is queued, and ends.
	Queued bool
	// Children says, with engine.TasksAdded, how many tasks each new group
	// has, by the group's full name.
	Children map[string]int
}

// Queued is the name of what happened where Event.Queued is set.
const Queued = "task_queued"

// Run describes a run that begins.
type Run struct {
	Workflow string
	// Session is the session time, in its zone.
	Session time.Time
	Attempt model.AttemptID
	// Resumes says that there is something that earlier runs finished.
	Resumes bool
	// DryRun says that tasks are evaluated, but not run.
	DryRun bool
	// Children says how many tasks each group has, by the group's full name.
	Children map[string]int
}

// Summary describes a run that has ended.
type Summary struct {
	State    engine.AttemptState
	Duration time.Duration
	Counts   Counts
	// Failures are the tasks that failed by themselves.
	Failures []Failure
	// Status is the folder that keeps what was finished; empty when nothing
	// is kept.
	Status string
	// Again is the command that runs what is left.
	Again string
	// Rerun is the command that runs everything once more. It is set where
	// nothing ran because earlier runs had finished it all.
	Rerun string
	// DryRun says that tasks were evaluated, but not run.
	DryRun bool
}

// Counts says how many actions ended how. Replayed are those that did not run
// because an earlier run finished them, or because they were not selected.
type Counts struct {
	Success, Replayed, Skipped, Failed, Cancelled, NotReached int
}

// Add counts one task.
func (c *Counts) Add(v engine.View) {
	switch {
	case v.State == model.Success && v.Flags&engine.Replayed != 0:
		c.Replayed++
	case v.State == model.Success, v.State == model.Stopped:
		c.Success++
	case v.State == model.Skipped:
		c.Skipped++
	case v.State == model.Failed:
		c.Failed++
	case v.State == model.Cancelled:
		c.Cancelled++
	default:
		c.NotReached++
	}
}

// Failure is a task that failed by itself.
type Failure struct {
	Task    string
	Message string
	// Tail are the last lines of its output.
	Tail []string
	// Log is the file with all of its output; empty when there is none.
	Log string
}

// told reports whether the last lines end with the message.
func (f *Failure) told() bool {
	return strings.HasSuffix("\n"+strings.TrimRight(strings.Join(f.Tail, "\n"), " \n"), "\n"+strings.TrimRight(f.Message, " \n"))
}

// Logs gives what tasks print.
type Logs interface {
	// Follow returns a reader of a try's output from its beginning. At the end
	// of what there is, Read returns io.EOF; later calls return what came since.
	Follow(id model.TryID, task string) io.ReadCloser
	// Last returns the last line that a try printed so far.
	Last(id model.TryID, task string) string
}

// failureAlert ends the name of the task that tells others of a failed
// attempt. It is of interest to people only when it fails itself.
const failureAlert = "^failure-alert"

func boring(e *Event) bool {
	return strings.HasSuffix(e.Name, failureAlert) && e.State != model.Failed
}

func tryOf(e *Event) model.TryID {
	return model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try}
}

// duration is how long something took, for people.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// message returns the text of a failed task's error.
func message(e *Event) string {
	failure, err := e.Data.MapOr("error", e.Data)
	if err != nil {
		return ""
	}
	text, err := failure.StringOr("message", "")
	if err != nil {
		return ""
	}
	return text
}

// replayed reports whether a task's result was taken over from an earlier run.
func replayed(e *Event) bool {
	is, err := e.Data.BoolOr("replayed", false)
	return err == nil && is
}
