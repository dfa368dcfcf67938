package workflow

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/runner"
)

// QueueKey is the parameter that names the queue of a task.
const QueueKey = "_queue"

// Queue reads the value of QueueKey as it is written: a text that
// runner.CheckQueue allows. Anything else is Invalid, also an expression, as
// the queue of a try is decided before it runs.
func Queue(v params.Value) (string, error) {
	name, ok := v.(string)
	if !ok {
		return "", model.Errorf(model.Invalid, "%s must be a text, not %s", QueueKey, params.AppendJSON(nil, v))
	}
	if params.TemplatedValue(v) {
		return "", model.Errorf(model.Invalid, "%s is read before expressions are evaluated, so it can't be %q", QueueKey, name)
	}
	if err := runner.CheckQueue(name); err != nil {
		return "", model.Errorf(model.Invalid, "%s: %w", QueueKey, err)
	}
	return name, nil
}
