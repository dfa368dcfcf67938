package product

// Action is what is to be done with a task.
type Action uint8

// Actions, of which Skip is the zero value.
const (
	// Skip means that nothing is to be done: the products are up to date, or
	// the task is not asked for.
	Skip Action = iota
	// Run means that the task is outdated and all that it needs is there.
	Run
	// Later means that the task is outdated and runs after tasks that it needs.
	Later
	// Fetch means that a remote storage has products that are up to date.
	Fetch
	// Broken means that nothing can be said, because a record of the task or of
	// one that it needs is damaged. A build must not begin.
	Broken
)

// String returns the action in one word.
func (a Action) String() string {
	return [...]string{"skip", "run", "later", "fetch", "broken"}[a]
}

// Verdict is what was decided about a task.
type Verdict struct {
	Action Action
	// Code and Upstream tell what is outdated: the source or the parameters;
	// the products of tasks that this one needs. They say what a status table
	// shows and do not depend on IgnoreCode. A forced task has neither.
	Code, Upstream bool
	// Reason says why, for people: "up to date", or the first cause for
	// everything else.
	Reason string
}
