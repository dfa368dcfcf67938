package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Claim takes over up to n attempts that nobody drives, of those given or,
// with none given, of all, and drives them on.
func (c *Core) Claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	ids, err := c.claim(ctx, n, only...)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if err := c.takeUp(ctx, id); err != nil {
			c.strays = true
			return ids[:i], model.Errorf(model.CodeOf(err), "restore attempt %d: %w", id, err)
		}
	}
	return ids, nil
}

// claim asks the store for attempts that nobody drives.
func (c *Core) claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	ids, err := c.cfg.Store.Claim(ctx, c.cfg.Owner, c.epoch, c.now(), n, only...)
	c.strays = c.strays || unanswered(err)
	return ids, err
}

// takeUp drives on an attempt that the store has just given to this conductor,
// or had before.
func (c *Core) takeUp(ctx context.Context, id model.AttemptID) error {
	s, err := c.load(ctx, id)
	if err != nil {
		return err
	}
	return c.Restore(s)
}

// load reads an attempt that the store gave to this conductor. It is a Conflict
// when the lease ran out since and the attempt is not this conductor's any more.
func (c *Core) load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	s, err := c.cfg.Store.Load(ctx, id)
	if err == nil && (s.Attempt.Owner != c.cfg.Owner || s.Attempt.Epoch != c.epoch) {
		err = model.Errorf(model.Conflict, "attempt %d is not owned by %s in epoch %d any more", id, c.cfg.Owner, c.epoch)
	}
	return s, err
}

// takeUpStrays drives on what the store counts as this conductor's without its
// knowing. Nobody else could: its lease stands. What can't be read now is
// tried again with the next renewal.
func (c *Core) takeUpStrays(ctx context.Context) {
	if !c.strays {
		return
	}
	c.strays = false
	f := store.Filter{Owner: c.cfg.Owner, Running: true}
	for page := (store.Page{}); ; {
		list, cursor, err := c.cfg.Store.ListAttempts(ctx, f, page)
		c.strays = c.strays || err != nil
		for i := range list {
			if _, ok := c.driven[list[i].ID]; !ok {
				err := c.takeUp(ctx, list[i].ID)
				c.strays = c.strays || err != nil
			}
		}
		if cursor == "" {
			return
		}
		page.Cursor = cursor
	}
}

// Abandon takes over an attempt that nobody drives and ends it as killed,
// without running anything of it again.
func (c *Core) Abandon(ctx context.Context, id model.AttemptID) error {
	ids, err := c.claim(ctx, 1, id)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return model.Errorf(model.Conflict, "attempt %d is driven elsewhere or done", id)
	}
	s, err := c.load(ctx, id)
	if err != nil {
		c.strays = true
		return err
	}
	c.takeOver(s)
	row := s.Attempt.AttemptRow
	row.State, row.CancelAsked, row.Ended = engine.AttemptKilled, true, c.now()
	c.step.Attempts = append(c.step.Attempts, row)
	c.step.Events = append(c.step.Events, engine.Event{
		Attempt: id, Seq: s.Seq + 1, At: row.Ended, Kind: engine.AttemptEnded, Name: s.Definition.Root.Name,
	})
	return nil
}
