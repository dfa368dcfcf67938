package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// TaskRow is the stored state of one task. A task that is still blocked has
// no row, unless it listens already: it follows from the definition. A row in
// a final state never changes.
type TaskRow struct {
	Attempt model.AttemptID
	ID      model.TaskID
	Parent  model.TaskID
	// Name is the full name.
	Name  string
	State model.State
	Flags Flags
	// Try counts the tries handed to a runner, Retries those of them (and
	// those rounds of children) that a retry policy asked for.
	Try, Retries int32
	// Started is when the first try began, Ended when the state became final.
	Started, Ended model.Instant
	// Wake is when a waiting task wakes; zero when no time wakes it.
	Wake model.Instant
	// Deadline is when the task's time limit passes; zero when it has none.
	Deadline model.Instant
	// Detail is what few tasks have. It is nil for most and shared with the
	// engine: whoever reads it must not change it.
	Detail *Detail
}

// OfItem reports whether the task is, or is below, a page of items of a collection.
// Its row is deleted when the page is over.
func (r *TaskRow) OfItem() bool { return r.ID >= firstPaged }

// Detail is the part of a task's state that most tasks do without.
type Detail struct {
	// Export, Store and Reset are what the action gave: parameters for the
	// tasks below it, parameters for the tasks after it, and the dotted paths
	// of parameters to remove before Store is merged.
	Export, Store params.Map
	Reset         []string
	// Outputs are the names that the action emitted.
	Outputs []string
	// Subtasks is the configuration of the tasks that the action generated.
	Subtasks params.Map
	// Error says why the task failed.
	Error params.Map
	// State is what the operator keeps from one try to the next.
	State params.Map
	// Keys are the signals that a task listens to that has not ended.
	Keys []Key
	// Inbox are the messages that wait for the task, in order.
	Inbox []Message
	// Hearing is what a task keeps that listens; nil for others.
	Hearing *Hearing
	// Items are the counters of a collection whose items are rows.
	Items *Items
	// Former is the list of Items that a collection had before it began anew.
	Former int32
	// Version is that of what the action gave; empty is none.
	Version string
	// Followers are who is told of the end of the attempt, at its root: see Follow.
	Followers []string
}

// Hearing is what outlives a message that a task handles.
type Hearing struct {
	// Since is when the task began to listen.
	Since model.Instant
	// Forgiven counts the retries that earlier messages had: each message has
	// those of the task's policy.
	Forgiven int32
	// Due is when the task would have run without a message, and Kept the State
	// with which it took the message, for when that is to be buried.
	Due  model.Instant
	Kept params.Map
}

// Flags are marks on a task that outlive a change of its state.
type Flags uint16

// Flags of a task.
const (
	// CancelAsked means that the task ends as cancelled, whatever it does.
	CancelAsked Flags = 1 << iota
	// SkipAsked means that it ends as skipped.
	SkipAsked
	// TimedOut means that its time limit passed; it ends as the limit says.
	TimedOut
	// Broken means that it ends as failed once its children have ended.
	Broken
	// Alerted means that what is run on failure was added, or what is run when the
	// attempt is asked to end.
	Alerted
	// LimitSeen means that the time limit was acted on.
	LimitSeen
	// Replayed means that an earlier attempt's result was taken over.
	Replayed
	// Won means that the task ended a group that its first winner ends.
	Won
	// Closed means that a child's failure keeps the group from starting more.
	Closed
	// Handling means that the running try handles the first of the inbox.
	Handling
	// Checking means that the action's check was added.
	Checking
	// StopAsked means that nothing after the task runs.
	StopAsked
	// RoundAsked means that the task waits for another round of its children.
	RoundAsked
	// Late means that the round was opened for a message that came after the one
	// before it had ended. It holds back nothing that comes after the task.
	Late
	// Onward means that when the round ends well, what comes after it runs again.
	Onward
	// Judged means that it is told already what the running try has found about
	// the task's products.
	Judged
)

// Growth records that tasks were added to an attempt after it began.
// Restoring builds the same tasks, with the same ids, from it.
type Growth struct {
	Attempt model.AttemptID
	// First is the id of the first new task; the rest follow depth first.
	First model.TaskID
	// Parent is the task that they belong to.
	Parent model.TaskID
	Kind   GrowthKind
	// Node is the new tree, where the definition does not have it.
	Node *workflow.Node
	// Export is added to the new tree's own export.
	Export params.Map
	// Items are those of a collection.
	Items []params.Value
	// Listed are those of GrowPage, and List is the list that they are of.
	Listed []Item
	List   int32
	// Replaces is the task that GrowAgain retires.
	Replaces model.TaskID
}

// GrowthKind says which tasks were added.
type GrowthKind uint8

// Kinds of growth.
const (
	// GrowSub adds Node, as an action or a command generated it.
	GrowSub GrowthKind = iota
	// GrowCheck adds the node's check.
	GrowCheck
	// GrowFailure adds what the node runs on failure.
	GrowFailure
	// GrowLimit adds the hook of the node's time limit.
	GrowLimit
	// GrowRound adds a group's children once more and retires the old ones.
	GrowRound
	// GrowItems adds a collection's body once for each of Items, all at once. Who lists
	// items into a store (Result.Listed) has GrowPage instead, below which the bodies are
	// of this kind as well; an executor without such a place has this one alone.
	GrowItems
	// GrowDrop adds nothing: it retires an action's children, because its
	// next try makes new ones.
	GrowDrop
	// GrowAgain adds the node of the task Replaces once more, in its place.
	GrowAgain
	// GrowStop adds what the node runs when the attempt is asked to end.
	GrowStop
	// GrowPage adds a task that stands for the items Listed, and below it the
	// collection's body once for each.
	GrowPage
)

// AttemptRow is the stored state of an attempt as a whole.
type AttemptRow struct {
	ID    model.AttemptID
	State AttemptState
	// CancelAsked is set from the moment that a kill was accepted.
	CancelAsked bool
	// Params are the parameters that the attempt began with.
	Params params.Map
	// Edits are what commands changed since, in force over everything.
	Edits params.Map
	// Shared is the one map of a workflow with shared scope. Until the attempt
	// begins, it holds only what was edited.
	Shared params.Map
	// Tasks is the number of tasks, those that never ran included.
	Tasks int32
	// Started and Ended are zero until then.
	Started, Ended model.Instant
}

// CurrentIn returns the parameters of an attempt as they stand, given the scope of its
// workflow: those that it began with, and what was changed since for all its tasks.
// What tasks give to those after them is not among them, unless all share their
// parameters.
func (r *AttemptRow) CurrentIn(of workflow.Scope) params.Map {
	switch {
	case of == workflow.Tree:
		return r.Params.Merge(r.Edits)
	case r.Started == 0:
		return r.Params.Merge(r.Shared)
	}
	return r.Shared
}

// AttemptState is where an attempt stands.
type AttemptState uint8

// States of an attempt. All but AttemptRunning are final.
const (
	AttemptRunning AttemptState = iota
	AttemptSuccess
	AttemptFailed
	AttemptKilled
)

var attemptStateNames = [...]string{"running", "success", "error", "killed"}

// String returns the name of s as it stands in stores and output.
func (s AttemptState) String() string { return attemptStateNames[s] }

// Done reports whether s is final.
func (s AttemptState) Done() bool { return s != AttemptRunning }

// Event is one thing that happened to an attempt. Events are history: the
// engine never reads them.
type Event struct {
	Attempt model.AttemptID
	// Seq counts the events of an attempt from 1.
	Seq  int64
	At   model.Instant
	Kind EventKind
	// Task and Name are the task that it happened to.
	Task model.TaskID
	Name string
	Try  int32
	// State is the task's state after the event.
	State model.State
	// Data says more, by kind: an error, a wake-up time, a reason.
	Data params.Map
}

// EventKind says what happened.
type EventKind uint8

// Kinds of events.
const (
	AttemptStarted EventKind = iota
	AttemptEnded
	TaskStarted  // a try was handed to a runner
	TaskEnded    // the task reached the final state in State
	TaskWaits    // it waits for a time or signals
	TaskRetries  // it failed and will be tried again
	TaskOpened   // it has children to wait for
	TasksAdded   // tasks were added below it
	SignalKept   // a message was put into its inbox
	TryLost      // its runner was lost
	LimitPassed  // its time limit passed
	CancelWanted // it was asked to end
	ParamsEdited // a command changed parameters to "params", which were "before"
	SkippedTo    // a command jumped to it
	TaskJudged   // its products told whether there was anything to do
	SignalBuried // a message was put among the dead letters
	// SignalReturned: a message that the task did not begin with is others'.
	SignalReturned
	SkipWanted  // it was asked to be passed over
	ProductMade // a try told that it has made a product
	Expected    // a try told whether what it expects holds

	numEventKinds
)

// EventKinds is how many kinds of events there are: all numbers below it are one.
const EventKinds = numEventKinds

// EndedKilled is true in the data of an AttemptEnded that counts as killed, where the
// state of its root does not say so.
const EndedKilled = "killed"

var eventNames = [numEventKinds]string{
	"attempt_started", "attempt_ended", "task_started", "task_ended", "task_waits",
	"task_retries", "task_opened", "tasks_added", "signal_kept", "try_lost",
	"limit_passed", "cancel_wanted", "params_edited", "skipped_to",
	"task_judged", "signal_buried", "signal_returned", "skip_wanted",
	"product_made", "expected",
}

// String returns the name of k as it stands in stores and output.
func (k EventKind) String() string { return eventNames[k] }
