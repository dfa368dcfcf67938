package local

import (
	"context"
	"os"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/flow"
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
		switch c := itemsOf(v); {
		case !counted(v) || v.State == model.Success && executor.IsHook(v.Name):
		case c != nil:
			s.Counts.AddItems(c)
		default:
			s.Counts.Add(v)
		}
	}
	if o.keepsLogs() {
		s.Logs = o.shownLogs(logs, id)
	}
	s.Failures, err = o.failures(ctx, in, a, logs, make(map[model.AttemptID]bool))
	return s, err
}

// keepsLogs reports whether what the tasks print is there after the run.
func (o *runOptions) keepsLogs() bool { return !o.noSave && !o.dryRun || o.taskLog != "" }

// failures describes the tasks of an attempt that failed by themselves. Where
// that is because another attempt has failed, the tasks of that one come first.
func (o *runOptions) failures(ctx context.Context, in *instance.Instance, a *engine.Attempt, logs taskLogs, seen map[model.AttemptID]bool) ([]progress.Failure, error) {
	seen[a.ID()] = true
	var list []progress.Failure
	for v := range a.Tasks() {
		f, ok := failure(v)
		if !ok || !counted(v) {
			continue
		}
		if c := itemsOf(v); c != nil && len(c.First) > 0 {
			list = append(list, failedItems(v, c)...)
			continue
		}
		if id := toBlame(v); id != 0 && !seen[id] {
			other, err := in.Look(ctx, id)
			if err != nil {
				return nil, err
			}
			causes, err := o.failures(ctx, in, other, logs, seen)
			if err != nil {
				return nil, err
			}
			list = append(list, causes...)
		}
		try := model.TryID{Attempt: a.ID(), Task: v.ID, Try: v.Try}
		// A log that can't be read leaves the message, which says the most.
		f.Tail, _ = logs.tail(try, v.Name, tailLines)
		if o.keepsLogs() && logs.dir != nil {
			f.Log = o.logFileOf(logs.dir.Path(try, v.Name))
		}
		f.About = o.about[v.Name]
		list = append(list, f)
	}
	return list, nil
}

// toBlame returns the attempt because of which a task failed that required it,
// or 0.
func toBlame(v engine.View) model.AttemptID {
	if v.Node.Operator != "require" {
		return 0
	}
	id, err := v.Detail.Error.IntOr(flow.AttemptKey, 0)
	if err != nil {
		return 0
	}
	return model.AttemptID(id)
}

// failure describes a task that failed by itself.
func failure(v engine.View) (progress.Failure, bool) {
	if v.State != model.Failed || v.Detail == nil || v.Detail.Error.Len() == 0 {
		return progress.Failure{}, false
	}
	text := progress.Reason(v.Detail.Error)
	if trace, err := v.Detail.Error.StringOr("traceback", ""); err == nil && trace != "" {
		text = trace
	}
	if text == "" {
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
