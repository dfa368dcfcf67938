// Package workflow is the model of a definition: a tree of tasks, with the
// edges, joins, policies, waits and products that every front end compiles
// to and that the engine runs. It holds no state of a run and does no I/O.
package workflow

import (
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// Workflow is one definition. It is immutable once Finish has returned nil.
type Workflow struct {
	// Name is unique within a project, such as "daily" or "etl/load".
	Name string
	// Dialect names the front end that compiled the definition and that
	// compiles what its tasks generate, such as "dig".
	Dialect string
	// Zone is the time zone that dates are read and written in: an IANA name
	// or an offset. Empty means UTC.
	Zone string
	// Scope says how parameters flow between tasks.
	Scope Scope
	// Schedule, SLA and Sensor are the definition's own sections, as written.
	Schedule, SLA, Sensor params.Map
	// Inputs is the shape of the parameters that a start may give, in the words of
	// package shape. Empty takes any.
	Inputs params.Map
	// Turn says how its attempts stand in the run queue.
	Turn Turn
	// Root is the tree. Its name is that of the whole.
	Root *Node
}

// Program is the dialect of workflows whose tasks are functions of a program:
// nobody else can run them.
const Program = "go"

// Scope says which parameters a task sees.
type Scope uint8

const (
	// Tree gives a task what its ancestors export and store, and what the
	// tasks that it comes after store, in definition order.
	Tree Scope = iota
	// Shared gives every task one map, changed in the order of commands.
	Shared
)

// Node is a task of a definition: an action when Operator is set, else a
// group of Children.
type Node struct {
	// Name is unique among siblings and starts with '+' (or '^' when it is
	// generated). A full name is the names from the root, one after the other.
	Name string
	// After lists the earlier siblings that this node comes after.
	After []Edge

	// Operator names what performs the action; empty for a group.
	Operator string
	// Config is the action's own configuration, not evaluated.
	Config params.Map
	// Export is given to the node and all below it, not evaluated.
	Export params.Map

	// Children are a group's tasks, in definition order.
	Children []*Node
	// Join says when a group is done.
	Join Join
	// Each makes a group a collection: Children[0] is run once for each item.
	Each *Each

	// Failure says what a failure of this node means for its siblings.
	Failure Failure
	// Retry opens another round after the node's children failed, or another
	// try after the action itself did.
	Retry Retry
	// Limit ends the node when it takes too long.
	Limit Limit
	// Wait holds the action back until a time or a signal.
	Wait *Wait
	// Past is the Wait that the node had before it was over with: an attempt that goes
	// on after another waits no more, and one that does all again does. It is nil for a
	// node with a Wait.
	Past *Wait
	// Check is run after the action succeeded; its failure is the action's.
	Check *Node
	// OnFailure are run, side by side, once the node has failed for good.
	// They see the error and never change the outcome.
	OnFailure []*Node
	// OnStop are run, side by side, once the node has ended because the whole was
	// asked to, if it had started. They never change the outcome.
	OnStop []*Node

	// Products are the persistent things that the action makes.
	Products []Product
	// Resources say where the action runs and what it takes; nil says nothing.
	Resources *Resources
	// Slots are what each try of the action takes of pools, which it waits for.
	Slots []Slots
	// Again has the node run once more after a listener that it comes after has
	// taken a late message and reaches on: see AgainDownstream.
	Again bool
	// Redrive says what becomes of a try whose runner was lost.
	Redrive Redrive
	// Skip has the node end as skipped when it is reached: it was passed over before
	// the attempt began.
	Skip bool

	// Pos is where the node was written.
	Pos Pos

	next [][]Link // for each child, what waits for it; set by Finish
	page *Node    // of a collection; set by Finish
}

// Generated is the name of the task that holds what an action made.
const Generated = "^sub"

// IsGroup reports whether n is a group of tasks rather than an action.
func (n *Node) IsGroup() bool { return n.Operator == "" }

// Edge makes a node come after an earlier sibling.
type Edge struct {
	// From is the index of the earlier sibling.
	From int
	// On says when the edge opens.
	On On
	// Output is the name that opens an OnOutput edge.
	Output string
}

// On says which end of a node opens an edge.
type On uint8

const (
	// OnSuccess opens when the earlier node succeeded or was skipped.
	OnSuccess On = iota
	// OnDone opens however the earlier node ended.
	OnDone
	// OnOutput opens when the earlier node emitted the named output. A node
	// with such edges, none of whose outputs was emitted, is skipped.
	OnOutput
)

// Join says when a group is done and what becomes of the rest.
type Join struct {
	// Any ends the group with the first child that wins; else all must end.
	Any bool
	// FirstDone lets the first child that ends win, however it ended; else
	// the first that succeeds wins.
	FirstDone bool
	// LeaveLosers lets the others run on after one has won: the attempt waits
	// for them, the result stands. Else they are cancelled.
	LeaveLosers bool
}

// Failure says how far a node's failure reaches among its siblings and what
// it does to them.
type Failure struct {
	Scope  FailureScope
	Effect FailureEffect
}

// FailureScope says which siblings a failure reaches.
type FailureScope uint8

const (
	// Descendants are the siblings that come after the failed one, directly
	// or not.
	Descendants FailureScope = iota
	// WholeGroup is all siblings.
	WholeGroup
)

// FailureEffect says what a failure does to the siblings that it reaches.
type FailureEffect uint8

const (
	// FinishOthers lets those that run end by themselves; those that have not
	// started are not reached, unless an edge opens on the failure. The group fails.
	FinishOthers FailureEffect = iota
	// CancelOthers also cancels those that run. The group fails.
	CancelOthers
	// Isolate is FinishOthers, but the group does not fail for it.
	Isolate
)

// Retry says how often and when to try again. The zero value never does.
type Retry struct {
	// Limit is the number of further tries.
	Limit int
	// Interval is the wait before the first of them.
	Interval time.Duration
	// Exponential doubles the wait each time.
	Exponential bool
	// Max caps an exponential wait; 0 means no cap.
	Max time.Duration
}

// Delay returns how long to wait before the next try when count further tries
// were made already, and whether there is a next one.
func (r Retry) Delay(count int) (time.Duration, bool) {
	if count >= r.Limit {
		return 0, false
	}
	d := r.Interval
	if !r.Exponential {
		return d, true
	}
	limit := r.Max
	if limit <= 0 {
		limit = maxDelay
	}
	for ; count > 0 && d < limit; count-- {
		d *= 2
	}
	return min(d, limit), true
}

// maxDelay keeps a doubled wait from overflowing.
const maxDelay = 365 * 24 * time.Hour

// Limit is a time limit, counted from the first start of the node or given by
// a parameter.
type Limit struct {
	// After is the time allowed; 0 means no limit.
	After time.Duration
	// Until gives the instant at which the limit passes, as Wait.Until does,
	// read when the node starts. A parameter without a value, or with zero or the
	// zero time of Go, sets no limit; of two limits the earlier counts.
	Until string
	// Then says how the node ends when it is over.
	Then LimitEffect
	// Hook is run beside the node when the limit passes; may be nil.
	Hook *Node
}

// LimitEffect says what a passed time limit does.
type LimitEffect uint8

const (
	// LimitFails ends the node as failed.
	LimitFails LimitEffect = iota
	// LimitSkips ends the node as skipped.
	LimitSkips
	// LimitNotifies only runs the hook.
	LimitNotifies
)

// Product is a persistent thing that an action makes.
type Product struct {
	// Type names the kind of product, such as "file".
	Type string
	// Config says which one, not evaluated.
	Config params.Map
}

// Redrive says what becomes of a try whose runner was lost.
type Redrive uint8

const (
	// Rerun runs the task again as a new try.
	Rerun Redrive = iota
	// FailLost ends the task as failed, with its retries.
	FailLost
	// HoldLost has the task wait until it is told to run again.
	HoldLost
)

// Pos is a place in a definition file. The zero Pos is nowhere.
type Pos struct {
	File         string
	Line, Column int // from 1
}
