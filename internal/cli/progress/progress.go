// Package progress shows a run while it happens: as a tree on a terminal, as
// plain lines in a pipe, as JSON for programs. It is fed with the events of
// the engine and decides nothing.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
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
	// Failure is set with engine.TasksAdded where these run because the task
	// itself has failed: its error. The task ends when they have.
	Failure params.Map
}

// Queued is the name of what happened where Event.Queued is set.
const Queued = "task_queued"

// Run describes a run that begins.
type Run struct {
	Workflow string
	// Session is the session time, in its zone; zero for a build of products.
	Session time.Time
	Attempt model.AttemptID
	// Resumes says that there is something that earlier runs finished.
	Resumes bool
	// DryRun says that tasks are evaluated, but not run.
	DryRun bool
	// Children says how many tasks each group has, by the group's full name.
	Children map[string]int
	// Reasons say of tasks, by their full names, why they run, where that is known
	// before they do.
	Reasons map[string]string
}

// title says what is run.
func (r *Run) title() string {
	if r.Session.IsZero() {
		return "pipeline " + r.Workflow
	}
	return fmt.Sprintf("workflow %s, session time %s", r.Workflow, r.Session.Format(time.RFC3339))
}

// Summary describes a run that has ended.
type Summary struct {
	State    engine.AttemptState
	Duration time.Duration
	Counts   Counts
	// Failures are the tasks that failed by themselves, and the first items that did.
	Failures []Failure
	// Status is the folder that keeps what was finished; empty when nothing
	// is kept.
	Status string
	// Logs is the folder with all that the tasks printed; empty when it is not
	// kept.
	Logs string
	// Again is the command that runs what is left.
	Again string
	// Rerun is the command that runs everything once more. It is set where
	// nothing ran because earlier runs had finished it all.
	Rerun string
	// Unused says that parameters were given, of which nothing came, where Rerun is set.
	Unused bool
	// Newer is the command that runs the session that is due now, where Rerun
	// is set and that is another one.
	Newer string
	// DryRun says that tasks were evaluated, but not run.
	DryRun bool
}

// Counts says how many actions and items of collections ended how. Replayed are those that did not run
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

// AddItems counts the items of a collection, each as one task.
func (c *Counts) AddItems(i *engine.Items) {
	c.Success += int(i.Done)
	c.Failed += int(i.Failed)
	c.Cancelled += int(i.Cancelled)
	c.NotReached += int(i.Pending() + i.Running)
}

// Failure is a task that failed by itself.
type Failure struct {
	Task string
	// About says more of the task, such as what it makes and where its source is.
	// May be empty.
	About   string
	Message string
	// Tail are the last lines of its output.
	Tail []string
	// Log is the file with all of its output; empty when there is none.
	Log string
}

// told reports whether the message is among the last lines.
func (f *Failure) told() bool {
	return strings.Contains("\n"+strings.TrimRight(strings.Join(f.Tail, "\n"), " \n")+"\n", "\n"+strings.TrimRight(f.Message, " \n")+"\n")
}

// Logs gives what tasks print.
type Logs interface {
	// Follow returns a reader of a try's output from its beginning. At the end
	// of what there is, Read returns io.EOF; later calls return what came since.
	Follow(id model.TryID, task string) io.ReadCloser
	// Last returns the last line that a try printed so far, and whether there
	// are others before it.
	Last(id model.TryID, task string) (line string, more bool)
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
	if e.Failure.Len() > 0 {
		return Reason(e.Failure)
	}
	failure, err := e.Data.MapOr("error", e.Data)
	if err != nil {
		return ""
	}
	return Reason(failure)
}

// waitsFor returns why a task waits, as far as it says.
func waitsFor(e *Event) string {
	reason, err := e.Data.StringOr("reason", "")
	if err != nil {
		return ""
	}
	return bare(reason)
}

// firstLine returns a message on one line: the rest of it is in the summary.
func firstLine(message string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(message), "\n")
	if line = bare(line); rest != "" {
		line += " …"
	}
	return line
}

// Reason returns what the description of a failure says to people: its reason,
// where it has one, else its message.
func Reason(failure params.Map) string {
	for _, key := range []string{"reason", "message"} {
		if text, err := failure.StringOr(key, ""); err == nil && text != "" {
			return text
		}
	}
	return ""
}

// why returns what the products of a task told of it.
func why(e *Event) string {
	reason, err := e.Data.StringOr("reason", "")
	if err != nil {
		return ""
	}
	return bare(reason)
}

// replayed reports whether a task's result was taken over from an earlier run.
func replayed(e *Event) bool {
	is, err := e.Data.BoolOr("replayed", false)
	return err == nil && is
}
