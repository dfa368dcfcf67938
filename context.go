package pawl

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/operator"
)

// taskKey finds the task in a context of a step's function.
type taskKey struct{}

func withTask(ctx context.Context, t *operator.Task) context.Context {
	return context.WithValue(ctx, taskKey{}, t)
}

// taskOf returns nil outside of a step's function.
func taskOf(ctx context.Context) *operator.Task {
	t, _ := ctx.Value(taskKey{}).(*operator.Task)
	return t
}

// ID returns what identifies the work that a step's function is called for. It is
// the same whenever that is repeated: by its Retry and by Run.Retry after a
// failure, and after the loss of a program. It is the same for nothing else: hand it
// to services as an idempotency key. What is done once more after it has ended well
// (in a group that is tried again, by Rerun or by Run.RetryFrom) has another, as
// each message of a listener has. Outside of a step it is empty.
func ID(ctx context.Context) string {
	t := taskOf(ctx)
	if t == nil {
		return ""
	}
	attempt, task := host.Begun(ctx)
	id := fmt.Sprintf("%s/%d/%d", t.Session, attempt, task)
	if t.Message != nil {
		id += "/" + t.Message.Source
	}
	return id
}

// Key returns the key of the run that a step belongs to. Outside of a step it is
// empty.
func Key(ctx context.Context) string { return host.Key(ctx) }

// Retries returns how often the step was tried before and failed, as far as its
// Retry counts.
func Retries(ctx context.Context) int {
	if t := taskOf(ctx); t != nil {
		return t.Retries
	}
	return 0
}

// Failure returns, in what runs on failure, why the step has failed; else it is
// empty.
func Failure(ctx context.Context) string {
	t := taskOf(ctx)
	if t == nil || !host.IsOnFailure(t.Name) {
		return ""
	}
	why, err := t.Scope.MapAt(errorKey)
	if err != nil {
		return ""
	}
	message, _ := why.StringOr("message", "")
	return message
}
