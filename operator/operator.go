// Package operator is the contract between pawl and what performs a task.
//
// An operator gets a Task, whose parameters are evaluated, and returns a
// Result or an error. It keeps nothing between calls: what must survive a
// crash or a wait goes into the state that it returns. Operators are run
// concurrently and at least once; Task.ID is an idempotency key.
package operator

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Value is a JSON value: nil, bool, int64, float64, string, json.Number (an
// integer beyond int64), []Value, or Map.
type Value = params.Value

// Map is an immutable ordered map of JSON values.
type Map = params.Map

// TryID identifies one run of one task.
type TryID = model.TryID

// Operator performs tasks of one type. Run is called concurrently. It ends
// soon after ctx is done and then returns context.Cause(ctx). An error of
// type *Error is a deliberate failure; any other error is one as well, and is
// shown with its text. A panic is caught and becomes a failure.
type Operator interface {
	Run(ctx context.Context, t *Task) (Result, error)
}

// Func is a function as an operator.
type Func func(ctx context.Context, t *Task) (Result, error)

// Run calls f.
func (f Func) Run(ctx context.Context, t *Task) (Result, error) { return f(ctx, t) }

// Spec describes an operator to the engine.
type Spec struct {
	// Name is the type that tasks name, such as "sh".
	Name string
	// Operator performs the tasks.
	Operator Operator
	// Defaults names the parameter whose map gives defaults for the task's
	// own keys, such as "http". Empty means none.
	Defaults string
	// IgnoresRetry is set when `_retry` does not apply to the operator's own
	// failure, only to that of tasks below it.
	IgnoresRetry bool
	// Keys are the parameters that the operator reads, besides its command: it
	// may find no others. A task's other keys are reported as unused. Nil
	// means that it may read any.
	Keys []string
	// Check, when set, notes what is wrong with a task as far as it shows before
	// anything runs. It is called concurrently and starts nothing.
	Check func(d *Draft)
	// Needs, when set, returns what a task needs where it runs, as far as that shows.
	// It is called concurrently and starts nothing. Secrets that texts of the task refer
	// to are found without it.
	Needs func(d *Draft) []Need
	// Light operators only compute: they start no program, wait for nothing
	// and return at once, so a runner may run many in a row.
	Light bool
	// Served is set when the operator works only where a server drives the
	// attempt.
	Served bool
	// Holds names a parameter that makes a Light operator like others, such as
	// one that has it wait, unless it is false. Empty means that there is none.
	Holds string
}

// Task is one try of a task, as its operator sees it.
type Task struct {
	// ID identifies the try among those of Session, which is the session's
	// unique id. Together they are the same for no other try anywhere.
	ID      TryID
	Session string
	// Name is the task's full name, such as "+daily+load".
	Name string
	// Type is the operator's name.
	Type string
	// Params are all parameters in force, evaluated, the task's own keys and
	// the operator's defaults included. "_command" is what follows the type.
	Params Map
	// Local are the task's own keys, evaluated.
	Local Map
	// Scope are the parameters that the task sees as they stand: not evaluated,
	// and without what pawl adds and the task's own keys.
	Scope Map
	// State is what the operator returned with its last wait or failure.
	State Map
	// Version is that of the outputs that the task keeps; empty where they have none.
	Version string
	// Retries counts the tries that a retry policy asked for.
	Retries int
	// Message is the one that this try handles; nil when it handles none.
	Message *Message
	// Zone is the time zone of the workflow.
	Zone *time.Location
	// Project is the folder with the project's files, Workdir the one to work
	// in: Project or a folder below it. Both are absolute.
	Project, Workdir string
	// Scratch returns an absolute folder for files that a program gets or leaves
	// for the task to read: whoever writes one there removes it. Nil means that
	// there is none but in the project.
	Scratch func() (string, error)
	// Image is the container that the task runs in, where its runner has put it into
	// one of an image that was asked for; empty elsewhere.
	Image string
	// Env is the environment that a program started by the task inherits.
	Env []string
	// Output receives what the task prints. Programs that are given it print their
	// standard error to a stream of its own.
	Output io.Writer
	// LogLevel is the least level of messages that are kept of what the task prints;
	// empty where nobody looks for levels. See LogVariable.
	LogLevel string
	// Facts takes what the task tells of its work; nil where nobody listens.
	Facts Facts
	// Now tells the time.
	Now func() time.Time
	// Secrets gives the secrets that the task may read.
	Secrets Secrets
	// Services are what the engine offers besides.
	Services Services
}

// Message is a message that woke a waiting task.
type Message struct {
	Topic  string
	Source string
	Body   Value
}

// Secrets looks secrets up. A secret's value never goes to Output or into
// a result.
type Secrets interface {
	// Secret returns the value, or ErrNoSecret.
	Secret(ctx context.Context, key string) (string, error)
}

// Result is what a successful try gives, or, with Wait set, what makes it
// run again later.
type Result struct {
	// Export are parameters for the tasks below this one.
	Export Map
	// Store are parameters for the tasks that come after it. Reset are dotted
	// paths that are removed before Store is merged.
	Store Map
	Reset []string
	// Subtasks describes tasks to be run below this one, in the language of
	// the workflow. Empty means none.
	Subtasks Map
	// Items are those of a collection that the operator lists.
	Items []Value
	// Each yields them instead, where they are more than fit in memory. It is called
	// once, within the try, and its first error fails the try.
	Each iter.Seq2[Item, error]
	// Outputs are names that open the edges waiting for them.
	Outputs []string
	// Stop ends the task well and keeps what depends on it from running.
	Stop bool
	// Skip, if not empty, ends the task as skipped and says why, on one line. Of
	// the rest, nothing is looked at then.
	Skip string
	// Records are sent once the result is durable: at least once, in this order,
	// and not at all if the result no longer counts.
	Records []Record
	// Wait, when set, runs the task again later. Only it and Records are looked
	// at then.
	Wait *Wait
}

// Item is one item of a collection. Key tells it apart for people; it may be empty.
type Item struct {
	Key   string
	Value Value
}

// Record is what a task sends to a topic.
type Record struct {
	Topic string
	// Key is what the topic is ordered by; it may be empty.
	Key     string
	Value   Value
	Headers Map
}

// Wait asks for another run of the same task.
type Wait struct {
	// Until is when; the zero time means when a signal comes.
	Until time.Time
	// Keys are the signals that end the wait early.
	Keys []Key
	// State is given to the next run.
	State Map
	// Reason tells people what the task waits for, on one line; it may be empty.
	Reason string
	// Store and Reset are as those of Result and count at once. They are for
	// workflows all tasks of which share their parameters: elsewhere they fail
	// the task.
	Store Map
	Reset []string
	// Postpone says that the try could do nothing, and is made again at Until with
	// the same state and the same message. Only Until and Reason count then.
	Postpone bool
}

// Key is a signal to wait for: a message on Topic with that key.
type Key struct {
	// Param names the key. Value is its text as JSON: "17" and 17 differ.
	Topic, Param, Value string
	// One lets only the longest-waiting match have a message.
	One bool
	// Fresh leaves to others what came before the task waits. It counts for all keys
	// of a wait if one of them has it.
	Fresh bool
}

// Error is a deliberate failure.
type Error struct {
	// Message says what went wrong.
	Message string
	// Kind is shown in brackets behind the message, such as "runtime" or
	// "config"; empty for none.
	Kind string
	// Props are further keys of the `error` parameter.
	Props Map
	// State is given to the next try, where a policy makes one.
	State Map
	// Final keeps every retry policy from trying again.
	Final bool
	// Again, when set, is the policy for this failure, unless it is Final.
	Again *Again
	// Bury puts the message that the try was given among the dead letters, and the
	// task waits on: the fault is the message's. It is Final, too. Without a message
	// the task fails.
	Bury bool
}

func (e *Error) Error() string {
	if e.Kind == "" {
		return e.Message
	}
	return e.Message + " (" + e.Kind + ")"
}
