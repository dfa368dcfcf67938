package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// tries is a set of them.
type tries map[model.TryID]bool

// had returns the tries of attempts that the runner has although this conductor
// has not submitted them. It is asked before the attempts are read: what the
// runner has no more by then is known to the store.
func (c *Core) had(ctx context.Context, attempts []model.AttemptID) (tries, error) {
	r, ok := c.cfg.Runner.(runner.Adopter)
	if !ok {
		return nil, nil
	}
	list, err := r.Adopt(ctx, attempts...)
	if err != nil {
		return nil, err
	}
	set := make(tries, len(list))
	for _, id := range list {
		set[id] = true
	}
	return set, nil
}

// awaited returns what tells of a running task whether its try is reported yet:
// by the runner, or by what is in the inbox. Those that are count as being with
// the runner.
func (c *Core) awaited(s *store.Snapshot, had tries) func(model.TaskID, int32) bool {
	posted := make(tries)
	for i := range s.Inbox {
		if p := &s.Inbox[i]; p.Command.Kind != engine.Judge { // after which a try goes on
			posted[model.TryID{Attempt: p.Attempt, Task: p.Command.Task, Try: p.Command.Try}] = true
		}
	}
	out := c.driven[s.Attempt.ID].out
	return func(task model.TaskID, try int32) bool {
		id := model.TryID{Attempt: s.Attempt.ID, Task: task, Try: try}
		kept := had[id] || posted[id]
		if kept && out != nil {
			out[task] = try
		}
		return kept
	}
}
