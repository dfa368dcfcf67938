package engine

import (
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Command is one stimulus of an attempt: something that happened outside and
// that the engine answers. Commands of one attempt are applied one at a time.
// A command that does not fit the state, such as a second report of one try,
// changes nothing.
type Command struct {
	Kind CommandKind
	// Task and Try say what it is about, where it is about a task.
	Task model.TaskID
	Try  int32
	// Result is that of Succeed.
	Result *Result
	// Verdict is that of Succeed, Fail and Judge: what was found about the
	// task's products. Nil where nobody looked.
	Verdict *Verdict
	// Facts are what a try has told, of Succeed, Fail, WaitFor and TryCancelled.
	Facts []Fact
	// Failure is that of Fail.
	Failure *Failure
	// Wait is that of Wait.
	Wait *Wait
	// Message is that of Signal.
	Message *Message
	// Node is that of Append.
	Node *workflow.Node
	// Params are those of Edit.
	Params params.Map
	// Item is that of RerunItem.
	Item int64
	// Supplied is that of Supply.
	Supplied *Supplied
	// Waited is that of Extend, which is never posted.
	Waited time.Duration
	// By is who asked for it, for the history, or empty.
	By string
}

// CommandKind says what a command is.
type CommandKind uint8

// Kinds of commands.
const (
	// Begin starts the attempt.
	Begin CommandKind = iota
	// Succeed reports that a try ended well.
	Succeed
	// Fail reports that a try ended badly.
	Fail
	// WaitFor reports that a try wants to be run again later.
	WaitFor
	// Cancelled reports that a try ended because it was asked to.
	TryCancelled
	// Lose reports that the runner of a try is gone.
	Lose
	// Wake says that an instant has come that the task waits for.
	Wake
	// Expire says that the task's time limit has passed.
	Expire
	// Deliver gives a message to a task that listens. It is a Conflict where
	// the task does not: then the message is the sender's to take care of.
	Deliver
	// Append adds Node below the task.
	Append
	// Again opens a new round of a task that has ended in an attempt that
	// still runs, or runs one that is held because its runner was lost.
	Again
	// Cancel asks one task and all below it to end.
	Cancel
	// Kill asks the whole attempt to end.
	Kill
	// Edit merges Params over the parameters of every later try.
	Edit
	// SkipTo makes a task that is not reached yet start at once and passes
	// over what it would have come after.
	SkipTo
	// Judge tells why a try works, while it does. Its report may tell it, too;
	// what comes first counts.
	Judge
	// Skip passes over a task, with all below it: one that has not ended ends as
	// skipped, and so does a new round of one that has failed, so that what comes
	// after it begins.
	Skip
	// Supply gives a page of items to a collection that has asked for it (FetchItems).
	Supply
	// RerunItem runs one item of a collection again that has ended. It is a Conflict
	// where the collection starts no more items.
	RerunItem
	// Extend moves the time limit of a running task by Waited: what its try waited for
	// was not its own work. A limit that is an instant stays.
	Extend
	// Follow notes that By is to be told when the attempt ends. It is a Conflict where
	// its root has ended, and others run on.
	Follow
)

// Result is what a try gives when it ends well.
type Result struct {
	Export, Store params.Map
	Reset         []string
	Outputs       []string
	// Subtasks is the configuration that Node was compiled from.
	Subtasks params.Map
	Node     *workflow.Node
	// Items are those of a collection's source, all of which become tasks. A source
	// whose items are rows has Listed instead.
	Items  []params.Value
	Listed *Listed
	// Stop asks that nothing after the task runs.
	Stop bool
	// Replayed marks the result as taken over from an earlier attempt.
	Replayed bool
	// Records are what the try sends. What names them is given by the engine.
	Records []Record
	// Version is that of what the try gave, under which others may take it over, or
	// that under which it was taken over; empty is none.
	Version string
}

// Verdict says whether a try had anything to do, as its products tell.
type Verdict struct {
	// Skip says that they were up to date, so that nothing was run. A task that
	// succeeds with it ends as skipped, unless it has a check, which is run, or its
	// result is Replayed, which counts.
	Skip bool
	// Reason says why, on one line.
	Reason string
}

// Failure is what a try gives when it ends badly.
type Failure struct {
	// Error is an object with at least "message".
	Error params.Map
	// Retry is the policy for another try.
	Retry workflow.Retry
	// State is what the operator keeps for that try.
	State params.Map
	// Bury puts the message that the try was given among the dead letters; the task
	// waits on.
	Bury bool
}

// Wait is what a try gives when it wants to be run again later.
type Wait struct {
	// Until is when; zero means no time.
	Until model.Instant
	// Keys are the signals that end the wait.
	Keys []Key
	// State is what the operator keeps for the next try.
	State params.Map
	// Reason tells people what the task waits for; it may be empty.
	Reason string
	// Records are as those of Result.
	Records []Record
	// Store and Reset are as those of Result and count at once. Only where all
	// tasks share their parameters can a task change them while it waits.
	Store params.Map
	Reset []string
	// Postpone says that the try could do nothing: the next one, at Until, has the
	// same state and handles the same message. Only Until and Reason count then.
	Postpone bool
}

// Key is a subscription: a message on Topic whose keys include Value matches.
type Key struct {
	Topic, Param string
	// Value is the key's canonical text.
	Value string
	One   bool
	// Fresh has a task that waits for some keys get nothing that came before it
	// began to, under any of them.
	Fresh bool
}

// Message is one message of a task's inbox.
type Message struct {
	// Source identifies the message where it came from; one source is taken
	// once by each task.
	Source string
	Topic  string
	Body   params.Value
	// Trace is the trace context that it came with, in the form of a W3C
	// traceparent, or empty.
	Trace string
	// Share is set on a message that the task got in the stead of others, until
	// it is given to a try: if the task ends before that, they get it. What is
	// buried with it is to be returned.
	Share *Share
}

// Share says how to give a message to others. The engine only carries it.
type Share struct {
	// Keys are those under which nobody else has got the message.
	Keys []MessageKey
	// Whole is set when nobody at all has got it: then those without One get it,
	// too.
	Whole bool
	// Early says how it is kept if nobody waits for it.
	Early Early
}

// MessageKey is what a message is about: keys of tasks with the same param and
// value, of its topic, match.
type MessageKey struct {
	Param string
	// Value is the key's canonical text.
	Value string
	// Drop has the message not be kept early under this key.
	Drop bool
}

// Early says how a message is kept that nobody waits for yet.
type Early struct {
	// Expires is when it becomes a dead letter. At zero it is dropped instead of
	// kept.
	Expires model.Instant
	// Most is how many there may be under each of its keys; one more is a dead
	// letter. 0 is for the default of the store.
	Most int
}

// Effect is something to be carried out after the changes are stored. An
// effect that is lost in a crash is made again by Restore.
type Effect struct {
	Kind EffectKind
	Task model.TaskID
	Try  int32
	// Retries are the task's counted tries.
	Retries int32
	// Name is the task's full name.
	Name string
	// Node is what Dispatch runs.
	Node *workflow.Node
	// Scope are the parameters that the task sees, not evaluated, without the
	// attempt's built-ins and its own configuration.
	Scope params.Map
	// State is what the operator kept.
	State params.Map
	// Message is the one that Dispatch handles; nil when it handles none.
	Message *Message
	// At is when Arm and ArmLimit fire.
	At model.Instant
	// Fetch is that of FetchItems.
	Fetch Fetch
}

// EffectKind says what is to be carried out.
type EffectKind uint8

// Kinds of effects.
const (
	// Dispatch hands a try to a runner.
	Dispatch EffectKind = iota
	// Interrupt asks the runner of a try to end it.
	Interrupt
	// Arm has Wake sent at an instant.
	Arm
	// ArmLimit has Expire sent at an instant.
	ArmLimit
	// Finished says that the attempt is done.
	Finished
	// FetchItems asks for a Supply of items.
	FetchItems
)

// Step is what commands led to. Its slices are appended to, so that one Step
// gathers what many commands of many attempts change.
type Step struct {
	Attempts []AttemptRow
	Tasks    []TaskRow
	Grown    []Growth
	Events   []Event
	// Listening are the tasks whose keys have changed.
	Listening []Listening
	// Records are what tasks send.
	Records []Record
	// Buried are the messages that their tasks could not handle, or did not begin
	// with before they ended: others get those that have a Share.
	Buried []Buried
	// Items are the rows of items that have changed.
	Items []ItemRow
	// Dropped are tasks to be forgotten, after all else is written.
	Dropped []Dropped
	// Versions are what tasks gave that have ended well with a version.
	Versions []Versioned
	Effects  []Owned
}

// Listening says which messages a task gets from now on: those with one of
// the keys. Without keys it gets none any more.
type Listening struct {
	Attempt model.AttemptID
	Task    model.TaskID
	// Since is when the task began to listen.
	Since model.Instant
	Keys  []Key
	// Fresh is set where the task gets nothing that came before it began to
	// listen: it is left to others.
	Fresh bool
}

// Record is what a task sends to a topic, once the step is stored.
type Record struct {
	Attempt model.AttemptID
	Task    model.TaskID
	// Try is the one that ended well, and Index the place among its records:
	// together they name the record.
	Try, Index int32
	Topic      string
	// Key is what the topic is ordered by; it may be empty.
	Key     string
	Value   params.Value
	Headers params.Map
	// At is when the try ended.
	At model.Instant
}

// Buried is a message that its task could not handle. With a Share it is none
// yet: it is returned, to whoever waits for it.
type Buried struct {
	Attempt model.AttemptID
	Task    model.TaskID
	Message Message
	// Reason is the error of the last try, on one line. A message that is returned
	// without one was none before, and is dropped if nobody waits for it.
	Reason string
	At     model.Instant
}

// Owned is an effect with the attempt that it belongs to.
type Owned struct {
	Attempt model.AttemptID
	Effect
}

// Reset empties the step and keeps its memory.
func (s *Step) Reset() {
	clear(s.Attempts)
	clear(s.Tasks)
	clear(s.Grown)
	clear(s.Events)
	clear(s.Listening)
	clear(s.Records)
	clear(s.Buried)
	clear(s.Items)
	clear(s.Versions)
	clear(s.Effects)
	s.Attempts, s.Tasks, s.Grown = s.Attempts[:0], s.Tasks[:0], s.Grown[:0]
	s.Events, s.Effects = s.Events[:0], s.Effects[:0]
	s.Listening, s.Records, s.Buried = s.Listening[:0], s.Records[:0], s.Buried[:0]
	s.Items, s.Dropped, s.Versions = s.Items[:0], s.Dropped[:0], s.Versions[:0]
}
