package conductor

import (
	"context"
	"slices"

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

// sightings are what is known of the running tries of attempts that are taken up.
type sightings struct {
	// had are those that the runner had when the attempts were not read yet.
	had tries
	// claims are for slots.
	claims map[model.TryID]store.Claimed
}

// claims returns what the running tries of attempts have claimed.
func (c *Core) claims(ctx context.Context, list []store.Loaded) (map[model.TryID]store.Claimed, error) {
	if c.cfg.Pools == nil {
		return nil, nil
	}
	var ids []model.AttemptID
	for i := range list {
		if s := list[i].Snapshot; list[i].Err == nil && slices.ContainsFunc(s.Tasks, func(r engine.TaskRow) bool { return r.State == model.Running }) {
			ids = append(ids, s.Attempt.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return c.cfg.Store.Claims(ctx, ids)
}

// fates returns what tells what became of the try of a running task. One is to be
// reported yet by the runner, or by what is in the inbox; those count as being with
// the runner. One that was to take slots and was handed none has not begun.
func (c *Core) fates(s *store.Snapshot, seen sightings) func(model.TaskID, int32) engine.Fate {
	posted := make(tries)
	for i := range s.Inbox {
		if p := &s.Inbox[i]; p.Command.Kind != engine.Judge { // after which a try goes on
			posted[model.TryID{Attempt: p.Attempt, Task: p.Command.Task, Try: p.Command.Try}] = true
		}
	}
	d := c.driven[s.Attempt.ID]
	return func(task model.TaskID, try int32) engine.Fate {
		id := model.TryID{Attempt: s.Attempt.ID, Task: task, Try: try}
		pooled := c.cfg.Pools != nil && len(d.attempt.Task(task).Node.Slots) > 0
		claim := seen.claims[id]
		switch {
		case seen.had[id], posted[id]:
			if d.out != nil {
				d.out[task] = try
			}
			if pooled {
				c.slots.using[slotTask{id.Attempt, task}] = try
			}
			return engine.Awaited
		case pooled && !claim.Handed:
			if claim.Since != 0 {
				c.slots.since[id] = claim.Since
			}
			return engine.Unsent
		}
		return engine.Lost
	}
}
