package conductor

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Claim takes over up to n attempts that nobody drives, of those given or,
// with none given, of all, and drives them on. It returns those that it
// drives, and the first error about another.
func (c *Core) Claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	for _, id := range only {
		delete(c.doomed, id)
	}
	ids, err := c.claim(ctx, n, only...)
	if err != nil {
		return nil, err
	}
	var taken []model.AttemptID
	for _, id := range ids {
		failed := c.takeUp(ctx, id)
		switch {
		case failed == nil:
			taken = append(taken, id)
		case err == nil:
			err = model.Errorf(model.CodeOf(failed), "restore attempt %d: %w", id, failed)
		}
		if failed != nil && !unreadable(failed) {
			break
		}
	}
	return taken, err
}

// claim asks the store for attempts that nobody drives.
func (c *Core) claim(ctx context.Context, n int, only ...model.AttemptID) ([]model.AttemptID, error) {
	ids, err := c.cfg.Store.Claim(ctx, c.cfg.Owner, c.epoch, c.now(), n, only...)
	c.strays = c.strays || unanswered(err)
	return ids, err
}

// takeUp drives on, or ends, an attempt that the store has just given to this
// conductor, or had before. After an error it is tried again, now and then.
func (c *Core) takeUp(ctx context.Context, id model.AttemptID) error {
	ended, doomed := c.doomed[id]
	if ended {
		return nil
	}
	had, err := c.had(ctx, id)
	if err != nil {
		c.strays = true
		return err
	}
	s, err := c.load(ctx, id)
	switch {
	case err != nil:
	case doomed:
		c.finish(s)
	default:
		err = c.Restore(s, had)
	}
	if unreadable(err) {
		c.setAside(id, err)
		return err
	}
	delete(c.unread, id)
	c.strays = c.strays || err != nil
	return err
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

// unreadable reports whether an error of reading an attempt is about what is
// stored, and not about the store or about who owns it.
func unreadable(err error) bool {
	if err == nil {
		return false
	}
	code := model.CodeOf(err)
	return code != model.Unavailable && code != model.Conflict
}

// An attempt that can't be read is tried again seldom, as nothing but another
// version of this program or a repair of the database will help, and a few at
// a time.
const (
	rereadEvery = time.Minute
	rereadMost  = 10
)

// setAside leaves alone for a while what can't be read, and tells so once.
func (c *Core) setAside(id model.AttemptID, err error) {
	if _, known := c.unread[id]; !known && c.cfg.Unreadable != nil {
		c.cfg.Unreadable(id, err)
	}
	c.unread[id] = c.now().Add(rereadEvery)
}

// readAgain tries to take up what could not be read.
func (c *Core) readAgain(ctx context.Context, now model.Instant) {
	tried := 0
	for _, id := range slices.Sorted(maps.Keys(c.unread)) {
		if tried == rereadMost {
			return
		}
		if due(now, c.unread[id], rereadEvery) {
			tried++
			_ = c.takeUp(ctx, id) // which keeps what it can't
		}
	}
}

// takeUpStrays drives on what the store counts as this conductor's without its
// knowing. Nobody else could: its lease stands. What the store does not give
// now is tried again with the next renewal.
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
			if id := list[i].ID; !c.knows(id) {
				_ = c.takeUp(ctx, id) // which keeps what it can't
			}
		}
		if cursor == "" {
			break
		}
		page.Cursor = cursor
	}
	if !c.strays { // who is not among them was never given
		maps.DeleteFunc(c.doomed, func(id model.AttemptID, ended bool) bool { return !ended && c.unread[id] == 0 })
	}
}

// knows reports whether an attempt is no stray: it is driven, or was set aside.
func (c *Core) knows(id model.AttemptID) bool {
	_, here := c.driven[id]
	_, aside := c.unread[id]
	return here || aside
}

// Abandon takes over an attempt that nobody drives and ends it as killed,
// without running anything of it again. That it was to end is remembered until
// it is known whether the attempt was given: it may be one that must not begin.
func (c *Core) Abandon(ctx context.Context, id model.AttemptID) error {
	ids, err := c.claim(ctx, 1, id)
	if err != nil && !unanswered(err) {
		return err
	}
	if _, asked := c.doomed[id]; !asked {
		if err == nil && len(ids) == 0 {
			return model.Errorf(model.Conflict, "attempt %d is driven elsewhere or done", id)
		}
		c.doomed[id] = false
	}
	if err != nil {
		return err
	}
	return c.takeUp(ctx, id)
}

// finish ends an attempt that is doomed.
func (c *Core) finish(s *store.Snapshot) {
	c.takeOver(s)
	row := s.Attempt.AttemptRow
	row.State, row.CancelAsked, row.Ended = engine.AttemptKilled, true, c.now()
	c.step.Attempts = append(c.step.Attempts, row)
	c.step.Events = append(c.step.Events, engine.Event{
		Attempt: row.ID, Seq: s.Seq + 1, At: row.Ended, Kind: engine.AttemptEnded, Name: s.Definition.Root.Name,
	})
	c.doomed[row.ID] = true
}
