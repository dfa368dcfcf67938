package host

import (
	"strings"

	"github.com/pawlhq/pawl/internal/workflow"
)

// Names of tasks that stand for no step of their own: what chooses among the
// steps of a group, what runs when one has failed, when a time limit has passed,
// and when the whole was stopped.
const (
	Decider    = "^decide"
	OnFailure  = "^error"
	OnDeadline = "^deadline"
	OnStop     = "^stop"
	OnSuccess  = workflow.SuccessHook // ends a name
	Page       = "^page"              // some items of a collection
)

// Words for some of them in paths.
const (
	OnFailureWord  = "on failure"
	OnDeadlineWord = "on deadline"
	OnStopWord     = "on stop"
	OnSuccessWord  = "on success"
)

// Path returns the path of the step that a task stands for, by its full name:
// "payment/charge" for "+orders+payment+charge". The root has none.
func Path(task string) string {
	if strings.Contains(task, "^") {
		task = strings.ReplaceAll(task, Decider, "")
		task = strings.ReplaceAll(task, OnFailure, "+"+OnFailureWord)
		task = strings.ReplaceAll(task, OnDeadline, "+"+OnDeadlineWord)
		task = strings.ReplaceAll(task, OnStop, "+"+OnStopWord)
		task = strings.ReplaceAll(task, OnSuccess, "+"+OnSuccessWord)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(task, "+"), "+")
	return strings.ReplaceAll(path, "+", "/")
}

// Workflow returns the name of the workflow that a task is of, by its full name.
func Workflow(task string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(task, "+"), "+")
	return name
}

// Task returns the full name of the task that stands for the step with a path in
// a workflow.
func Task(workflow, path string) string {
	name := "+" + workflow
	for _, word := range strings.Split(path, "/") {
		switch word {
		case OnFailureWord:
			name += OnFailure
		case OnDeadlineWord:
			name += OnDeadline
		case OnStopWord:
			name += OnStop
		case OnSuccessWord:
			name += OnSuccess
		default:
			name += "+" + word
		}
	}
	return name
}

// IsOnFailure reports whether a task is, or is below, what runs when another has
// failed.
func IsOnFailure(task string) bool { return strings.Contains(task, OnFailure) }
