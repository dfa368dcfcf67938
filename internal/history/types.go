// Package history tells what happens to attempts to those who listen: the types
// of events, what each of them looks like, and a reader of the events of many
// attempts that goes on where it was.
//
// It knows the contract of stores and none of them, and neither how events are
// sent nor to whom.
package history

import (
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Type says what happened, in a name that stays: what is stored is of an
// engine.EventKind, which several types may share.
type Type string

// Types of events. What comes before the dot is the group.
const (
	AttemptStarted       Type = "attempt.started"
	AttemptSucceeded     Type = "attempt.succeeded"
	AttemptFailed        Type = "attempt.failed"
	AttemptKilled        Type = "attempt.killed"
	AttemptKillWanted    Type = "attempt.kill_wanted"
	AttemptParamsChanged Type = "attempt.params_changed"

	TaskStarted      Type = "task.started"
	TaskOpened       Type = "task.opened"
	TaskWaiting      Type = "task.waiting"
	TaskRetrying     Type = "task.retrying"
	TaskLost         Type = "task.lost"
	TaskLate         Type = "task.late"
	TaskGrown        Type = "task.grown"
	TaskJudged       Type = "task.judged"
	TaskCancelWanted Type = "task.cancel_wanted"
	TaskSkipWanted   Type = "task.skip_wanted"
	TaskSkippedTo    Type = "task.skipped_to"
	TaskSucceeded    Type = "task.succeeded"
	TaskFailed       Type = "task.failed"
	TaskSkipped      Type = "task.skipped"
	TaskCancelled    Type = "task.cancelled"
	TaskStopped      Type = "task.stopped"
	TaskNotReached   Type = "task.not_reached"

	HookStarted   Type = "hook.started"
	HookSucceeded Type = "hook.succeeded"
	HookFailed    Type = "hook.failed"
	HookSkipped   Type = "hook.skipped"

	SignalKept     Type = "signal.kept"
	SignalBuried   Type = "signal.buried"
	SignalReturned Type = "signal.returned"

	ProductMade       Type = "product.made"
	ExpectationMet    Type = "expectation.met"
	ExpectationBroken Type = "expectation.broken"
)

// Span is a time that a task does not work in, from an event that opens it to the
// next one of the task that closes it.
type Span string

// Spans.
const (
	NoSpan Span = ""
	// Waiting is for a time, a signal or a poll.
	Waiting Span = "waiting"
	// Backoff is between a failure and the next try.
	Backoff Span = "backoff"
)

// Entry describes a type.
type Entry struct {
	Type Type
	// Says is when an event is of the type, and Data what its data may have, by name.
	Says string
	Data []string
	// Opens is the span that begins with the event; Closes says that one that the task
	// had open is over.
	Opens  Span
	Closes bool
}

// Catalogue has all types, in the order of their groups.
var Catalogue = []Entry{
	{Type: AttemptStarted, Says: "the attempt began"},
	{Type: AttemptSucceeded, Says: "the attempt ended well"},
	{Type: AttemptFailed, Says: "the attempt failed"},
	{Type: AttemptKilled, Says: "the attempt ended because it was asked to"},
	{Type: AttemptKillWanted, Says: "the attempt was asked to end", Data: []string{"by"}},
	{Type: AttemptParamsChanged, Says: "parameters were changed while the attempt ran", Data: []string{"params", "before", "by"}},
	{Type: TaskStarted, Says: "a try was handed to a runner", Closes: true},
	{Type: TaskOpened, Says: "a group, or a task with subtasks, has children to wait for", Closes: true},
	{Type: TaskWaiting, Says: "the task waits for a time, a signal, or what it polls", Data: []string{"reason"}, Opens: Waiting},
	{Type: TaskRetrying, Says: "the task failed and will be tried again", Data: []string{"retry", "error"}, Opens: Backoff},
	{Type: TaskLost, Says: "the process that ran the try is gone; another try follows"},
	{Type: TaskLate, Says: "the time limit of the task passed"},
	{Type: TaskGrown, Says: "tasks were added below it", Data: []string{"first", "count"}},
	{Type: TaskJudged, Says: "its products told whether there was anything to do", Data: []string{"skip", "reason"}},
	{Type: TaskCancelWanted, Says: "the task was asked to end", Data: []string{"by"}},
	{Type: TaskSkipWanted, Says: "the task is to be passed over", Data: []string{"by"}},
	{Type: TaskSkippedTo, Says: "somebody jumped to the task", Data: []string{"by"}},
	{Type: TaskSucceeded, Says: "the task ended well", Data: []string{"replayed"}, Closes: true},
	{Type: TaskFailed, Says: "the task failed for good", Data: []string{"error"}, Closes: true},
	{Type: TaskSkipped, Says: "the task was passed over", Closes: true},
	{Type: TaskCancelled, Says: "the task was called off", Closes: true},
	{Type: TaskStopped, Says: "the task ended well, and nothing after it runs", Closes: true},
	{Type: TaskNotReached, Says: "the task can't run any more, as what it comes after did not end so that it could", Closes: true},
	{Type: HookStarted, Says: "a hook began", Closes: true},
	{Type: HookSucceeded, Says: "a hook ended well", Closes: true},
	{Type: HookFailed, Says: "a hook failed, which changes nothing else", Data: []string{"error"}, Closes: true},
	{Type: HookSkipped, Says: "a hook was passed over, or called off", Closes: true},
	{Type: SignalKept, Says: "a message came for the task", Data: []string{"topic", "source"}},
	{Type: SignalBuried, Says: "a message of the task is a dead letter", Data: []string{"topic", "source", "reason"}},
	{Type: SignalReturned, Says: "a message that the task did not begin with is others'", Data: []string{"topic", "source", "reason"}},
	{Type: ProductMade, Says: "the task told that it has made a product", Data: []string{"product", "partition", "metadata", "tags", "failed"}},
	{Type: ExpectationMet, Says: "the task told that what it expects holds", Data: []string{"expectation", "ok", "severity", "metadata", "tags", "failed"}},
	{Type: ExpectationBroken, Says: "the task told that what it expects does not hold", Data: []string{"expectation", "ok", "severity", "metadata", "tags", "failed"}},
}

// entries are those of the Catalogue by type.
var entries = sync.OnceValue(func() map[Type]Entry {
	m := make(map[Type]Entry, len(Catalogue))
	for _, e := range Catalogue {
		m[e.Type] = e
	}
	return m
})

// ended are the types of tasks by the state that they end in.
var ended = map[model.State]Type{
	model.Success: TaskSucceeded, model.Failed: TaskFailed, model.Skipped: TaskSkipped,
	model.Cancelled: TaskCancelled, model.Stopped: TaskStopped, model.NotReached: TaskNotReached,
}

// hooks are the types of hooks by those of tasks.
var hooks = map[Type]Type{
	TaskStarted: HookStarted, TaskOpened: HookStarted, TaskSucceeded: HookSucceeded, TaskStopped: HookSucceeded, TaskFailed: HookFailed,
	TaskSkipped: HookSkipped, TaskCancelled: HookSkipped, TaskNotReached: HookSkipped,
}

// hookNames are what the names of hooks end in.
var hookNames = []string{"^error", "^failure-alert", workflow.SuccessHook, "^on_success", "^sla", "^on_render", "^on_finish", "^on_failure"}

// of are the types of what is one whatever the state.
var of = map[engine.EventKind]Type{
	engine.AttemptStarted: AttemptStarted, engine.ParamsEdited: AttemptParamsChanged,
	engine.TaskStarted: TaskStarted, engine.TaskOpened: TaskOpened, engine.TaskWaits: TaskWaiting, engine.TaskRetries: TaskRetrying,
	engine.TryLost: TaskLost, engine.LimitPassed: TaskLate, engine.TasksAdded: TaskGrown, engine.TaskJudged: TaskJudged,
	engine.SkipWanted: TaskSkipWanted, engine.SkippedTo: TaskSkippedTo, engine.ProductMade: ProductMade,
	engine.SignalKept: SignalKept, engine.SignalBuried: SignalBuried, engine.SignalReturned: SignalReturned,
}

// Of returns the type of an event.
func Of(e *engine.Event) Type {
	t, ok := of[e.Kind]
	switch {
	case ok:
	case e.Kind == engine.Expected:
		if held, _ := e.Data.Get("ok"); held == true {
			return ExpectationMet
		}
		return ExpectationBroken
	case e.Kind == engine.AttemptEnded:
		return attemptEnded(e)
	case e.Kind == engine.CancelWanted && e.Task == 0:
		return AttemptKillWanted
	case e.Kind == engine.CancelWanted:
		return TaskCancelWanted
	default:
		t = ended[e.State]
	}
	if h, ok := hooks[t]; ok && isHook(e.Name) {
		return h
	}
	return t
}

func attemptEnded(e *engine.Event) Type {
	killed, _ := e.Data.Get(engine.EndedKilled)
	switch {
	case killed == true, e.State == model.Cancelled:
		return AttemptKilled
	case e.State == model.Failed, e.State == model.NotReached:
		return AttemptFailed
	}
	return AttemptSucceeded
}

// isHook reports whether a task is a hook as a whole, and not a part of one.
func isHook(name string) bool {
	return slices.ContainsFunc(hookNames, func(hook string) bool { return strings.HasSuffix(name, hook) })
}

// Group returns what stands before the dot.
func (t Type) Group() string {
	group, _, _ := strings.Cut(string(t), ".")
	return group
}

// Failure stands for the types that tell of what did not end well.
const Failure = "failure"

var failures = []Type{AttemptFailed, AttemptKilled, TaskFailed, HookFailed}

// Types are those that are asked for: all, where there are none.
type Types []Type

// ParseTypes reads names of types, of groups, and Failure.
func ParseTypes(names []string) (Types, error) {
	var list Types
	for _, name := range names {
		before := len(list)
		if name == Failure {
			list = append(list, failures...)
		}
		for _, e := range Catalogue {
			if name == string(e.Type) || name == e.Type.Group() {
				list = append(list, e.Type)
			}
		}
		if len(list) == before {
			e := model.Errorf(model.Invalid, "there are no events of the type %q", name)
			if hint := document.DidYouMean(name, TypeNames()); hint != "" {
				return nil, e.WithHint("%s", hint)
			}
			return nil, e.WithHint("types are such as %s; a group such as attempt has several, and %s what did not end well", AttemptFailed, Failure)
		}
	}
	return list, nil
}

// TypeNames are what ParseTypes reads, in order.
func TypeNames() []string {
	names := []string{Failure}
	for _, e := range Catalogue {
		if g := e.Type.Group(); !slices.Contains(names, g) {
			names = append(names, g)
		}
		names = append(names, string(e.Type))
	}
	slices.Sort(names)
	return names
}

// Has reports whether a type is asked for.
func (l Types) Has(t Type) bool { return len(l) == 0 || slices.Contains(l, t) }
