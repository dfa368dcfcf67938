package conductor

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// announce adds to the step that attempts have ended which tasks of others have
// called, or follow. What was announced when a commit failed is not announced again.
func (c *Core) announce() {
	for ; c.announced < len(c.step.Attempts); c.announced++ {
		row := &c.step.Attempts[c.announced]
		d, ok := c.driven[row.ID]
		if !ok {
			continue // it was announced when it was ended
		}
		if told, ok := calls.Ended(d.info.Name, row, d.attempt.Followers()); ok {
			c.step.Buried = append(c.step.Buried, told)
		}
	}
}

// followers are who is to be told of the end of an attempt that does not go on.
func followers(s *store.Snapshot) (list []string) {
	if len(s.Tasks) > 0 && s.Tasks[0].ID == 0 && s.Tasks[0].Detail != nil {
		list = slices.Clone(s.Tasks[0].Detail.Followers)
	}
	for i := range s.Inbox {
		if c := &s.Inbox[i].Command; c.Kind == engine.Follow && !slices.Contains(list, c.By) {
			list = append(list, c.By)
		}
	}
	return list
}

// callOff has those end which tasks have called that end before them. That is asked
// for before the step is written: what ends a task is done again after a crash in
// between, so that nothing is left, and asking twice is harmless.
func (c *Core) callOff(ctx context.Context) error {
	for ; c.calledOff < len(c.step.Tasks); c.calledOff++ {
		row := &c.step.Tasks[c.calledOff]
		if !row.State.Final() || row.Detail == nil {
			continue
		}
		called, ok := calls.CalledIn(row.Detail.State)
		if !ok || called.Leave {
			continue
		}
		if err := c.kill(ctx, row, called); err != nil {
			return err
		}
	}
	return nil
}

// kill ends what a task has called, unless others have, or it is over.
func (c *Core) kill(ctx context.Context, by *engine.TaskRow, called calls.Called) error {
	s, err := c.cfg.Store.FindSession(ctx, called.Project, called.Workflow, called.Key)
	switch {
	case err != nil && model.CodeOf(err) == model.NotFound:
		return nil // it was not begun
	case err != nil:
		return err
	case s.Last.State.Done():
		return nil
	}
	if id, _ := calls.Of(s.Last.Name); id.Attempt != by.Attempt || id.Task != by.ID {
		return nil
	}
	err = c.cfg.Store.Post(ctx, []store.Post{{Attempt: s.Last.ID, Command: engine.Command{Kind: engine.Kill}}})
	if err != nil && model.CodeOf(err) == model.Conflict {
		return nil // it is over
	}
	return err
}
