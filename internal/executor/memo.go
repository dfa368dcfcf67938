package executor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Memo knows what tasks gave, by what they were given. It is called concurrently.
type Memo interface {
	// Recall says what is known of a task that is about to be run, as m asks, whose
	// operator reads the parameters of those names; nil is any.
	Recall(ctx context.Context, t *operator.Task, reads []string, m workflow.Memo) (Recalled, error)
}

// Recalled is what a Memo knows of a task.
type Recalled struct {
	// Version is that of what the task gives; empty where it can't be known. Outputs
	// is that of the outputs that it keeps.
	Version, Outputs string
	// Reason says why the task is run, or what is taken over.
	Reason string
	// Result, if not nil, is taken over, and the task is not run.
	Result *engine.Result
}

// recall finds out whether the results of the task are to be taken over. It returns
// nil where it is to be run.
func (r *run) recall(ctx context.Context, reads []string) (*engine.Result, error) {
	t := &r.task
	if !t.Local.Has(workflow.MemoKey) {
		return nil, nil
	}
	said, _ := t.Local.Get(workflow.MemoKey)
	m, err := workflow.MemoOf(said)
	if err != nil || !m.On {
		return nil, err
	}
	if len(r.try.Node.Products) > 0 {
		return nil, model.Errorf(model.Invalid, "%s is not for tasks with products, which are up to date or not by themselves", workflow.MemoKey)
	}
	if why := r.unrepeatable(); why != "" {
		r.verdict = &engine.Verdict{Reason: "not memoised: " + why}
		return nil, nil
	}
	known, err := r.try.Attempt.info.Memo.Recall(ctx, t, reads, m)
	if err != nil {
		return nil, err
	}
	v := r.spoken(engine.Verdict{Skip: known.Result != nil, Reason: known.Reason})
	r.verdict = &v
	if known.Result != nil {
		taken := *known.Result
		taken.Replayed, taken.Version = true, known.Version
		return &taken, nil
	}
	r.version, t.Version = known.Version, known.Outputs
	return nil, nil
}

// unrepeatable says why nobody can know what the try gives, if that is so.
func (r *run) unrepeatable() string {
	switch {
	case r.try.Attempt.info.Memo == nil:
		return "nothing is remembered here"
	case r.try.Message != nil || r.listens():
		return "it gets messages"
	case r.try.Node.IsGroup():
		return "it has items"
	}
	return ""
}

// remember gives a result its version, if others can take it over.
func (r *run) remember(result *engine.Result) *engine.Result {
	if r.version == "" {
		return result
	}
	if result == nil {
		result = &engine.Result{}
	}
	switch {
	case result.Stop:
		r.verdict = &engine.Verdict{Reason: "not memoised: it has nothing run after it"}
	case result.Subtasks.Len() > 0 || len(result.Items) > 0:
		r.verdict = &engine.Verdict{Reason: "not memoised: it makes tasks, each of which may be"}
	case len(result.Records) > 0:
		r.verdict = &engine.Verdict{Reason: "not memoised: it sends to a topic"}
	default:
		result.Version = r.version
	}
	return result
}
