package cli

import (
	"context"
	"os"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
)

// tailLines is how much of a failed task's output is shown.
const tailLines = 20

// summary tells how the tasks of a finished attempt ended.
func (o *runOptions) summary(ctx context.Context, in *instance.Instance, id model.AttemptID, logs taskLogs) (progress.Summary, error) {
	a, err := in.Look(ctx, id)
	if err != nil {
		return progress.Summary{}, err
	}
	s := progress.Summary{State: a.Row().State}
	for v := range a.Tasks() {
		if v.Retired || v.Node.IsGroup() || v.State == model.Success && executor.IsHook(v.Name) {
			continue
		}
		s.Counts.Add(v)
		if f, ok := failure(v); ok {
			try := model.TryID{Attempt: id, Task: v.ID, Try: v.Try}
			// A log that can't be read leaves the message, which says the most.
			f.Tail, _ = logs.dir.Tail(try, v.Name, tailLines)
			if !o.noSave && !o.dryRun || o.taskLog != "" {
				f.Log = o.logFileOf(logs.dir.Path(try, v.Name))
			}
			s.Failures = append(s.Failures, f)
		}
	}
	return s, nil
}

// failure describes a task that failed by itself.
func failure(v engine.View) (progress.Failure, bool) {
	if v.State != model.Failed || v.Detail == nil || v.Detail.Error.Len() == 0 {
		return progress.Failure{}, false
	}
	text, err := v.Detail.Error.StringOr("message", "")
	if err != nil || text == "" {
		text = "failed"
	}
	return progress.Failure{Task: v.Name, Message: text}, true
}

// logFileOf is a file of a task's output as people want to see it; empty where
// the task has printed nothing.
func (o *runOptions) logFileOf(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return o.shown(path)
}
